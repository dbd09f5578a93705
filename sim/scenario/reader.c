/* The reader: from the bytes of a file to a checked scenario, with all errors in one pass.
 *
 * Groups are read in the order of their dependencies, whatever their order in the file: the
 * run's limit before the timeline, the cut before all distributions, documents before clients, clients before everything that
 * names them. At the end the errors are sorted by line. */
#include "session-race/scenario.h"

#include <string.h>

#include "scenario-private.h"

/* ---- the scenario ---- */

static void
empirical_free(gpointer data)
{
    SrEmpiricalFile *file = data;

    g_free(file->samples);
    g_free(file);
}

static void
named_group_free(gpointer data)
{
    SrNamedGroup *group = data;

    g_free(group->values);
    g_free(group);
}

SrScenario *
sr_scenario_new(const char *path)
{
    SrScenario *scenario = g_new0(SrScenario, 1);
    SrResolved *resolved = g_new0(SrResolved, 1);

    resolved->texts = g_string_chunk_new(4096);
    for (unsigned kind = 0; kind < SR_GROUP_N; kind++) {
        resolved->single[kind] = sr_values_new(kind);
        resolved->named[kind] = g_ptr_array_new_with_free_func(named_group_free);
    }
    resolved->empiricals = g_ptr_array_new_with_free_func(empirical_free);
    resolved->mixtures = g_ptr_array_new_with_free_func(g_free);
    resolved->cuts = g_ptr_array_new_with_free_func(g_free);
    resolved->client_index = sr_name_table_new();
    resolved->link_index = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

    scenario->resolved = resolved;
    scenario->path = g_strdup(path);
    scenario->title = scenario->description = g_string_chunk_insert(resolved->texts, "");
    scenario->links = g_array_new(FALSE, FALSE, sizeof(SrLinkGroup));
    scenario->documents = g_array_new(FALSE, FALSE, sizeof(SrDocumentSettings));
    scenario->clients = g_array_new(FALSE, FALSE, sizeof(SrClientGroup));
    scenario->timeline = g_array_new(FALSE, FALSE, sizeof(SrTimelineEntry));
    scenario->expect_clients = g_array_new(FALSE, FALSE, sizeof(SrExpectClient));
    scenario->expect.names = g_array_new(FALSE, FALSE, sizeof(SrNodeRange));
    scenario->expect.winner = SR_NODE_NONE;
    scenario->expect.within = SR_TIME_NEVER;
    scenario->draws = g_array_new(FALSE, FALSE, sizeof(SrDraw));
    sr_study_init(&scenario->study);
    return scenario;
}

void
sr_scenario_free(SrScenario *scenario)
{
    if (scenario == NULL)
        return;
    SrResolved *resolved = scenario->resolved;

    for (unsigned kind = 0; kind < SR_GROUP_N; kind++) {
        g_free(resolved->single[kind]);
        g_ptr_array_unref(resolved->named[kind]);
    }
    g_ptr_array_unref(resolved->empiricals);
    g_ptr_array_unref(resolved->mixtures);
    g_ptr_array_unref(resolved->cuts);
    g_hash_table_unref(resolved->client_index);
    g_hash_table_unref(resolved->link_index);
    g_string_chunk_free(resolved->texts);
    g_free(resolved);
    g_array_unref(scenario->links);
    g_array_unref(scenario->documents);
    g_array_unref(scenario->clients);
    g_array_unref(scenario->timeline);
    g_array_unref(scenario->expect_clients);
    g_array_unref(scenario->expect.names);
    g_array_unref(scenario->draws);
    sr_study_clear(&scenario->study);
    g_free(scenario->path);
    g_free(scenario);
}

/* ---- groups that there is one of ---- */

/* Returns: (nullable): the group of that kind in the file, the first of several */
static const SrGroup *
single_group(const SrReader *reader, SrGroupKind kind)
{
    return sr_group_next(reader, kind, NULL);
}

/* @out: its struct within the scenario. */
static void
read_single(SrReader *reader, SrGroupKind kind, void *out, SrGiven *given)
{
    const SrGroup *group = single_group(reader, kind);

    memset(given, 0, sizeof *given);
    sr_group_defaults(reader, kind, out, reader->resolved->single[kind]);
    if (group != NULL)
        sr_group_read(reader, group, out, reader->resolved->single[kind], given);
}

static uint32_t
line_of(SrReader *reader, SrGroupKind kind)
{
    const SrGroup *group = single_group(reader, kind);

    return group == NULL ? 0 : sr_group_line(group);
}

/* If the limit could not be read, or may be below a header that could not be read, instants
 * cannot be compared with it. */
static void
read_scenario(SrReader *reader)
{
    unsigned limit = sr_group_index(SR_GROUP_SCENARIO, "limit");
    SrGiven given;

    read_single(reader, SR_GROUP_SCENARIO, reader->scenario, &given);
    if ((given.key[limit].at != NULL && given.value[limit].at == NULL) ||
        (reader->broken_headers && single_group(reader, SR_GROUP_SCENARIO) == NULL))
        reader->scenario->limit = SR_SPAN_MAX;
}

/* ---- providers ---- */

/* Keys of `[encryption-provider]` that describe the store of the built-in kinds. */
static const char *const store_keys[] = { "hint",     "on-collision", "retention",     "reuse",
                                          "atomic",   "replicas",     "replication",
                                          "rotate-master", "keep-masters" };

/* Keys of `[token-provider]` that describe the signer of ours. */
static const char *const signer_keys[] = { "algorithm", "lifetime", "iat", "not-before",
                                           "cache" };

/* A key that says nothing about the kind of this scenario: an error where it is given, and no
 * part of the resolved form. */
static void
exclude_key(SrReader *reader, SrGroupKind group, const SrGiven *given, const char *name,
            const char *note, const char *which)
{
    unsigned index = sr_group_index(group, name);

    if (given->key[index].at != NULL)
        sr_reader_error(reader, given->key[index], note, "'%s' is %s 'kind = exec'", name,
                        which);
    reader->resolved->single[group][index] = NULL;
}

/* Without `kind = exec` the resolved form is that of a scenario which knows nothing of it.
 * @server: what `[server]` gives */
static void
read_token_provider(SrReader *reader, const SrGiven *server)
{
    SrGiven given;

    read_single(reader, SR_GROUP_TOKEN_PROVIDER, &reader->scenario->token_provider, &given);
    if (reader->scenario->token_provider.kind == SR_TOKENS_EXEC) {
        for (unsigned i = 0; i < G_N_ELEMENTS(signer_keys); i++)
            exclude_key(reader, SR_GROUP_TOKEN_PROVIDER, &given, signer_keys[i],
                        "the program of --signer decides that: leave the key out", "not for");
        return;
    }
    exclude_key(reader, SR_GROUP_TOKEN_PROVIDER, &given, "io",
                "the signer of ours makes no calls", "for");
    exclude_key(reader, SR_GROUP_SERVER, server, "accept",
                "tokens of ours are verified by their 'algorithm'; write 'kind = exec' in "
                "[token-provider] to judge those of a signer of your own",
                "for");
    reader->resolved
        ->single[SR_GROUP_TOKEN_PROVIDER][sr_group_index(SR_GROUP_TOKEN_PROVIDER, "kind")] =
        NULL;
}

/* Each client that names a copy of the store names one that there is. */
static void
check_pins(SrReader *reader, const SrGiven *given)
{
    const SrEncryptionProviderSettings *provider = &reader->scenario->encryption_provider;
    unsigned index = sr_group_index(SR_GROUP_ENCRYPTION_PROVIDER, "replicas");
    g_autofree char *note = g_strdup_printf("the copies are 1 to %u", provider->replicas);

    /* Without a valid number of copies nothing can be said. */
    if (given->key[index].at != NULL && given->value[index].at == NULL)
        return;
    for (unsigned i = 0; i < reader->pins->len; i++) {
        const SrPin *pin = &g_array_index(reader->pins, SrPin, i);

        if (provider->kind == SR_KEYS_EXEC)
            sr_reader_error(reader, pin->value, "the program of --provider decides that",
                            "'replica' is not for 'kind = exec'");
        else if (pin->replica == SR_REPLICA_ANY)
            continue;
        else if (provider->replicas == 1)
            sr_reader_error(reader, pin->value,
                            "set 'replicas' in [encryption-provider] above 1, or leave 'replica' out",
                            "there is one copy of the store");
        else if (pin->replica > provider->replicas)
            sr_reader_refuse(reader, pin->value, note, "is no copy of the store");
    }
}

static void
read_encryption_provider(SrReader *reader)
{
    SrGiven given;

    read_single(reader, SR_GROUP_ENCRYPTION_PROVIDER, &reader->scenario->encryption_provider,
                &given);
    check_pins(reader, &given);
    if (reader->scenario->encryption_provider.kind != SR_KEYS_EXEC) {
        exclude_key(reader, SR_GROUP_ENCRYPTION_PROVIDER, &given, "io",
                    "the built-in kinds make no calls", "for");
        return;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(store_keys); i++)
        exclude_key(reader, SR_GROUP_ENCRYPTION_PROVIDER, &given, store_keys[i],
                    "the program of --provider decides that", "not for");
}

/* ---- documents ---- */

static void
add_document(SrReader *reader, SrDocumentSettings *document, const char *name,
             const char **values)
{
    document->name = sr_group_keep(reader, SR_GROUP_DOCUMENT, name, values);
    g_array_append_val(reader->scenario->documents, *document);
    g_hash_table_insert(reader->document_index, document->name,
                        GUINT_TO_POINTER(reader->scenario->documents->len));
}

static void
read_documents(SrReader *reader)
{
    for (const SrGroup *group = NULL;
         (group = sr_group_next(reader, SR_GROUP_DOCUMENT, group)) != NULL;) {
        SrDocumentSettings document = { 0 };
        SrGiven given;
        const char **values = sr_values_new(SR_GROUP_DOCUMENT);

        sr_group_defaults(reader, SR_GROUP_DOCUMENT, &document, values);
        sr_group_read(reader, group, &document, values, &given);
        if (group->duplicate)
            g_free(values);
        else
            add_document(reader, &document, sr_group_name(group), values);
    }
    if (reader->scenario->documents->len == 0) {
        SrDocumentSettings document = { 0 };
        const char **values = sr_values_new(SR_GROUP_DOCUMENT);

        sr_group_defaults(reader, SR_GROUP_DOCUMENT, &document, values);
        add_document(reader, &document, "document", values);
    }
}

static bool
parse_document(SrReader *reader, const SrKey *key, SrSlice value, void *group,
               GString *canonical)
{
    SrClientGroup *client = group;
    g_autofree char *name = g_strndup(value.at, sr_slice_length(value));
    unsigned index = GPOINTER_TO_UINT(g_hash_table_lookup(reader->document_index, name));

    (void) key;
    if (index > 0) {
        client->document = index - 1;
        g_string_append(canonical, name);
        return true;
    }
    if (reader->broken_headers)
        return false;
    SrGuess guess = sr_guess_start(value);

    for (unsigned i = 0; i < reader->scenario->documents->len && sr_reader_listing(reader); i++)
        sr_guess_offer(&guess,
                       g_array_index(reader->scenario->documents, SrDocumentSettings, i).name);
    g_autofree char *note = sr_guess_note(&guess);

    return sr_reader_error(reader, value, note, "there is no document '%s'",
                           sr_quote(reader, value));
}

const SrValueType sr_type_document = { "document", "", .parse = parse_document };

/* ---- clients ---- */

/* A client's defaults, parsed once for all groups. */
typedef struct {
    SrClientGroup group;
    const char **values;
} ClientDefaults;

static bool
client_name_good(SrReader *reader, const SrGroup *group)
{
    SrSlice name = group->words[0];

    if (sr_service_lookup(name.at, sr_slice_length(name)) == SR_NODE_NONE)
        return true;
    return sr_reader_refuse(reader, name, NULL, "is the name of a service");
}

/* The document of a client that names none. */
static void
only_document(SrReader *reader, const SrGroup *group, SrClientGroup *client,
              const char **values, unsigned document)
{
    const GArray *documents = reader->scenario->documents;

    if (documents->len > 1) {
        sr_reader_error(reader, group->header, "the file has several documents",
                        "[%s] must say which 'document'", group->canonical);
        return;
    }
    client->document = 0;
    values[document] = g_array_index(documents, SrDocumentSettings, 0).name;
}

static void
check_start(SrReader *reader, const SrClientGroup *client, const SrGiven *given)
{
    unsigned start = sr_group_index(SR_GROUP_CLIENT, "start");
    char text[SR_SPAN_TEXT_MAX];

    if (given->value[start].at == NULL || sr_distribution_least(&client->start) <= reader->scenario->limit)
        return;
    sr_span_format(reader->scenario->limit, text);
    sr_reader_error(reader, given->key[start], "raise [scenario] limit",
                    "'start' is later than the run's end at %s", text);
}

static void
note_pin(SrReader *reader, const SrClientGroup *client, const SrGiven *given)
{
    SrPin pin = { given->value[sr_group_index(SR_GROUP_CLIENT, "replica")], client->replica };

    if (pin.value.at != NULL)
        g_array_append_val(reader->pins, pin);
}

static void
read_client(SrReader *reader, const SrGroup *group, const ClientDefaults *defaults,
            uint64_t *n_clients)
{
    SrClientGroup client = defaults->group;
    const char **values = sr_values_new(SR_GROUP_CLIENT);
    unsigned document = sr_group_index(SR_GROUP_CLIENT, "document"),
             count = sr_group_index(SR_GROUP_CLIENT, "count");
    bool good = client_name_good(reader, group);
    SrGiven given;

    memcpy(values, defaults->values, sr_group_info(SR_GROUP_CLIENT)->n * sizeof *values);
    sr_group_read(reader, group, &client, values, &given);
    check_start(reader, &client, &given);
    note_pin(reader, &client, &given);
    /* Without a valid count the members are unknown. */
    reader->broken_headers |= given.key[count].at != NULL && given.value[count].at == NULL;
    if (given.key[document].at == NULL)
        only_document(reader, group, &client, values, document);
    if (!good || group->duplicate) {
        g_free(values);
        return;
    }
    if (*n_clients <= SR_SCENARIO_CLIENTS_MAX &&
        *n_clients + client.count > SR_SCENARIO_CLIENTS_MAX) {
        SrSlice at = given.value[count].at == NULL ? group->header : given.value[count];

        sr_reader_error(reader, at, NULL, "more than %u clients in all",
                        SR_SCENARIO_CLIENTS_MAX);
    }
    client.name = sr_group_keep(reader, SR_GROUP_CLIENT, sr_group_name(group), values);
    client.first_node = (uint32_t) MIN(SR_NODE_FIRST_CLIENT + *n_clients, SR_NODE_NONE - 1);
    /* Ten thousand groups of a million clients cannot overflow. */
    *n_clients += client.count;
    g_array_append_val(reader->scenario->clients, client);
    g_hash_table_insert(reader->resolved->client_index, client.name,
                        GUINT_TO_POINTER(reader->scenario->clients->len));
}

/* Reports a client that has the name of a member of a group of clients. */
static void
check_members(SrReader *reader)
{
    for (const SrGroup *group = NULL;
         (group = sr_group_next(reader, SR_GROUP_CLIENT, group)) != NULL;) {
        const SrClientGroup *other;
        SrSlice name = group->words[0], number;
        unsigned index;
        uint64_t n;
        bool overflow;

        const char *dash = memrchr(name.at, '-', sr_slice_length(name));

        if (dash == NULL || dash + 1 == name.end || dash[1] == '0')
            continue;
        number = sr_slice_from(name, dash + 1);
        if (!sr_slice_number(number, &n, &overflow))
            continue;
        g_autofree char *stem = g_strndup(name.at, (size_t) (dash - name.at));

        index = GPOINTER_TO_UINT(g_hash_table_lookup(reader->resolved->client_index, stem));
        other = index == 0
                    ? NULL
                    : &g_array_index(reader->scenario->clients, SrClientGroup, index - 1);
        if (other != NULL && other->count > 1 && n <= other->count)
            sr_reader_refuse(reader, name, NULL,
                             "is already a member of [client %s], which has %u", other->name,
                             other->count);
    }
}

static void
read_clients(SrReader *reader)
{
    ClientDefaults defaults = { .values = sr_values_new(SR_GROUP_CLIENT) };
    uint64_t n_clients = 0;

    sr_group_defaults(reader, SR_GROUP_CLIENT, &defaults.group, defaults.values);
    for (const SrGroup *group = NULL;
         (group = sr_group_next(reader, SR_GROUP_CLIENT, group)) != NULL;)
        read_client(reader, group, &defaults, &n_clients);
    g_free(defaults.values);
    reader->scenario->n_clients = (uint32_t) MIN(n_clients, SR_SCENARIO_CLIENTS_MAX);
    check_members(reader);
    /* If a file has no group at all, the error about its first line is enough. */
    if (single_group(reader, SR_GROUP_CLIENT) == NULL && !reader->broken_headers &&
        (reader->groups->len > 0 || reader->n_errors == 0))
        sr_reader_error(reader, (SrSlice){ 0 }, "add a group such as [client alice]",
                        "the scenario has no clients");
}

/* ---- chaos ---- */

static uint64_t
expected_faults(SrSpan mean, SrTime until)
{
    return mean == SR_TIME_NEVER ? 0 : until / mean;
}

/* Memory for them is allocated before a run. */
static void
check_chaos(SrReader *reader, const SrGroup *group)
{
    const SrChaosSettings *chaos = &reader->scenario->chaos;
    SrTime limit = reader->scenario->limit,
           until = chaos->until == SR_TIME_NEVER ? limit / 2 : MIN(chaos->until, limit);
    uint64_t n =
        expected_faults(chaos->crash, until) + expected_faults(chaos->disconnect, until) +
        expected_faults(chaos->outage, until) + expected_faults(chaos->clock_step, until);
    char text[SR_SPAN_TEXT_MAX];

    if (MIN(n, chaos->budget) <= SR_CHAOS_FAULTS_MAX)
        return;
    sr_span_format(until, text);
    sr_reader_error(reader, group->header, "lower the rates or 'until', or set 'budget'",
                    "about %" G_GUINT64_FORMAT
                    " faults until %s, and at most %" G_GUINT64_FORMAT " can be drawn",
                    n, text, SR_CHAOS_FAULTS_MAX);
}

static void
read_chaos(SrReader *reader)
{
    const SrGroup *group = single_group(reader, SR_GROUP_CHAOS);
    unsigned errors = reader->n_errors;
    SrGiven given;

    read_single(reader, SR_GROUP_CHAOS, &reader->scenario->chaos, &given);
    reader->scenario->chaos.line = line_of(reader, SR_GROUP_CHAOS);
    if (group != NULL && reader->n_errors == errors)
        check_chaos(reader, group);
}

/* ---- groups whose header is wrong ---- */

/* Checks the keys of an unknown group as those of the kind that was probably meant. Conflicts
 * between its keys, and the names it refers to, are not checked. */
static void
read_meant(SrReader *reader, const SrGroup *group)
{
    SrAnyGroup scratch;
    const char **values;
    SrGiven given;

    if (group->kind == SR_GROUP_TIMELINE) {
        sr_timeline_read(reader, group);
        return;
    }
    if (group->kind == SR_GROUP_DRAWS) {
        sr_draws_read(reader, group);
        return;
    }
    if (group->kind == SR_GROUP_STUDY) {
        /* What the right [study] varies does not matter for this one. */
        SrStudy study = reader->scenario->study;

        sr_study_init(&reader->scenario->study);
        sr_study_read(reader, group);
        sr_study_clear(&reader->scenario->study);
        reader->scenario->study = study;
        return;
    }
    memset(&scratch, 0, sizeof scratch);
    values = sr_values_new(group->kind);
    sr_group_read(reader, group, &scratch, values, &given);
    g_free(values);
}

/* ---- a reading ---- */

static void
read_groups(SrReader *reader)
{
    SrScenario *scenario = reader->scenario;
    const char **const *single = (const char **const *) reader->resolved->single;
    const SrGroup *group;
    SrGiven given;

    read_scenario(reader);
    sr_group_defaults(reader, SR_GROUP_NETWORK, &scenario->network, single[SR_GROUP_NETWORK]);
    if ((group = single_group(reader, SR_GROUP_NETWORK)) != NULL)
        sr_network_read(reader, group);
    read_documents(reader);
    read_clients(reader);
    read_single(reader, SR_GROUP_SERVER, &scenario->server, &given);
    read_token_provider(reader, &given);
    read_encryption_provider(reader);
    sr_links_read(reader);
    if ((group = single_group(reader, SR_GROUP_TIMELINE)) != NULL)
        sr_timeline_read(reader, group);
    sr_group_defaults(reader, SR_GROUP_EXPECT, &scenario->expect, single[SR_GROUP_EXPECT]);
    sr_expect_read(reader, single_group(reader, SR_GROUP_EXPECT));
    sr_expect_clients_read(reader);
    read_chaos(reader);
    read_single(reader, SR_GROUP_EXPLORE, &scenario->explore, &given);
    scenario->explore.line = line_of(reader, SR_GROUP_EXPLORE);
    scenario->explore.verdict_given =
        given.key[sr_group_index(SR_GROUP_EXPLORE, "verdict")].at != NULL;
    if ((group = single_group(reader, SR_GROUP_DRAWS)) != NULL)
        sr_draws_read(reader, group);
    sr_group_defaults(reader, SR_GROUP_STUDY, &scenario->study, single[SR_GROUP_STUDY]);
    if (!reader->of_point && (group = single_group(reader, SR_GROUP_STUDY)) != NULL) {
        scenario->study.line = sr_group_line(group);
        sr_study_read(reader, group);
    }
    for (unsigned i = 0; i < reader->groups->len; i++) {
        group = &g_array_index(reader->groups, SrGroup, i);
        if (group->meant && !group->known)
            read_meant(reader, group);
    }
}

static void
reader_start(SrReader *reader, const char *path, const char *text, size_t length,
             SrDiagnostics *diagnostics)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t skip = length >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;

    *reader =
        (SrReader){ .diagnostics = diagnostics, .first_diagnostic = diagnostics->list->len };
    reader->source = (SrSource){ path, text + skip, text + length, true };
    reader->scenario = sr_scenario_new(path);
    reader->resolved = reader->scenario->resolved;
    reader->groups = g_array_new(FALSE, FALSE, sizeof(SrGroup));
    g_array_set_clear_func(reader->groups, (GDestroyNotify) sr_group_clear);
    reader->group_index = sr_name_table_new();
    reader->overrides = g_array_new(FALSE, FALSE, sizeof(SrOverrideEntry));
    reader->document_index = sr_name_table_new();
    reader->pins = g_array_new(FALSE, FALSE, sizeof(SrPin));
    reader->canonical = g_string_new(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(reader->quotes); i++)
        reader->quotes[i] = g_string_new(NULL);
}

static void
reader_stop(SrReader *reader)
{
    sr_scenario_free(reader->scenario);
    g_hash_table_unref(reader->group_index);
    g_hash_table_unref(reader->document_index);
    g_array_unref(reader->groups);
    g_array_unref(reader->overrides);
    g_array_unref(reader->pins);
    g_free(reader->override_sources);
    g_string_free(reader->canonical, TRUE);
    for (unsigned i = 0; i < G_N_ELEMENTS(reader->quotes); i++)
        g_string_free(reader->quotes[i], TRUE);
}

static SrScenario *
parse(const char *path, const char *text, size_t length, const SrOverride *overrides,
      size_t n_overrides, bool of_point, SrDiagnostics *diagnostics)
{
    SrReader reader;
    SrScenario *scenario = NULL;

    if (length > SR_SCENARIO_BYTES_MAX) {
        sr_diagnostics_add(diagnostics, path, "is larger than 16 MiB");
        return NULL;
    }
    /* An empty text may have no address. */
    reader_start(&reader, path, length == 0 ? "" : text, length, diagnostics);
    reader.of_point = of_point;
    if (sr_groups_find(&reader)) {
        sr_groups_override(&reader, overrides, n_overrides);
        read_groups(&reader);
    }
    sr_diagnostics_sort(diagnostics, reader.first_diagnostic);
    if (reader.n_errors == 0)
        scenario = g_steal_pointer(&reader.scenario);
    reader_stop(&reader);
    return scenario;
}

SrScenario *
sr_scenario_parse(const char *path, const char *text, size_t length,
                  const SrOverride *overrides, size_t n_overrides, SrDiagnostics *diagnostics)
{
    return parse(path, text, length, overrides, n_overrides, false, diagnostics);
}

SrScenario *
sr_scenario_parse_point(const char *path, const char *text, size_t length,
                        const SrOverride *overrides, size_t n_overrides,
                        SrDiagnostics *diagnostics)
{
    return parse(path, text, length, overrides, n_overrides, true, diagnostics);
}
