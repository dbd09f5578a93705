/* The table of keys: each key can be set and is seen in the scenario; the reference and the
 * starter come from the same table. */
#include "scenario/reading.h"

#include "scenario/keys.h"
#include "session-race/record.h"

/* For each key a value that is not its default. `want` is its canonical text where that
 * differs. */
static const struct row {
    const char *group, *key, *value, *want;
} rows[] = {
    /* clang-format off */
    { "scenario", "title", "A title", NULL },
    { "scenario", "description", "More words", NULL },
    { "scenario", "seed", "42", NULL },
    { "scenario", "limit", "90s", NULL },
    { "scenario", "epoch", "2024-01-01T00:00:00Z", NULL },
    { "scenario", "ties", "seeded", NULL },
    { "scenario", "crypto", "names", NULL },
    { "scenario", "max-events", "7", NULL },
    { "scenario", "cut", "99.9%", NULL },
    { "network", "latency", "5ms", NULL },
    { "network", "ordered", "no", NULL },
    { "network", "loss", "1%", NULL },
    { "network", "duplicate", "2%", NULL },
    { "network", "rto", "300ms", NULL },
    { "network", "bandwidth", "1Mbit/s", NULL },
    { "network", "preset", "lan", "lognormal(300us, 1ms)" },
    { "link A B", "latency", "5ms", NULL },
    { "link A B", "ordered", "no", NULL },
    { "link A B", "loss", "1%", NULL },
    { "link A B", "duplicate", "2%", NULL },
    { "link A B", "rto", "300ms", NULL },
    { "link A B", "bandwidth", "1Mbit/s", NULL },
    { "link A B", "preset", "mobile", "lognormal(35ms, 250ms)" },
    { "document NAME", "content", "1MiB", NULL },
    { "document NAME", "previous", "yes", NULL },
    { "client NAME", "count", "3", NULL },
    { "client NAME", "start", "uniform(0ms, 1s)", NULL },
    { "client NAME", "document", "other", NULL },
    { "client NAME", "derive", "30ms", NULL },
    { "client NAME", "early-available", "continue", NULL },
    { "client NAME", "cache-keys", "yes", NULL },
    { "client NAME", "patience", "7s", NULL },
    { "client NAME", "key-retry", "none", NULL },
    { "client NAME", "connect-retry", "2 times from 1s to 4s", NULL },
    { "client NAME", "reconnect", "none", NULL },
    { "client NAME", "request-timeout", "11s", NULL },
    { "client NAME", "token-refresh", "none", NULL },
    { "client NAME", "replica", "2", NULL },
    { "client NAME", "clock-offset", "-3s", NULL },
    { "client NAME", "clock-drift", "-20ppm", NULL },
    { "client NAME", "ntp-interval", "64s", NULL },
    { "client NAME", "ntp-error", "4ms", NULL },
    { "server", "processing", "2ms", NULL },
    { "server", "leeway", "3s", NULL },
    { "server", "check-iat", "no", NULL },
    { "server", "check-token", "upload", NULL },
    { "server", "while-creating", "pending", NULL },
    { "server", "on-owner-lost", "wait", NULL },
    { "server", "establish-timeout", "8s", NULL },
    { "server", "detect-loss", "9s", NULL },
    { "server", "durable", "no", NULL },
    { "server", "accept", "ES256, HS512", NULL },
    { "server", "clock-offset", "1s", NULL },
    { "server", "clock-drift", "78ppm", NULL },
    { "server", "ntp-interval", "32s", NULL },
    { "server", "ntp-error", "5ms", NULL },
    { "token-provider", "enabled", "no", NULL },
    { "token-provider", "kind", "exec", NULL },
    { "token-provider", "processing", "3ms", NULL },
    { "token-provider", "io", "5ms", NULL },
    { "token-provider", "algorithm", "PS512", NULL },
    { "token-provider", "lifetime", "10s", NULL },
    { "token-provider", "iat", "no", NULL },
    { "token-provider", "not-before", "-5s", NULL },
    { "token-provider", "cache", "6s", NULL },
    { "token-provider", "clock-offset", "2s", NULL },
    { "token-provider", "clock-drift", "79ppm", NULL },
    { "token-provider", "ntp-interval", "33s", NULL },
    { "token-provider", "ntp-error", "6ms", NULL },
    { "encryption-provider", "kind", "derived", NULL },
    { "encryption-provider", "generate", "21ms", NULL },
    { "encryption-provider", "lookup", "11ms", NULL },
    { "encryption-provider", "io", "2ms", NULL },
    { "encryption-provider", "processing", "1ms", NULL },
    { "encryption-provider", "hint", "timestamp(1ms)", NULL },
    { "encryption-provider", "on-collision", "keep-first", NULL },
    { "encryption-provider", "retention", "last(4)", NULL },
    { "encryption-provider", "reuse", "1h", NULL },
    { "encryption-provider", "atomic", "no", NULL },
    { "encryption-provider", "replicas", "3", NULL },
    { "encryption-provider", "replication", "50ms", NULL },
    { "encryption-provider", "rotate-master", "1h", NULL },
    { "encryption-provider", "keep-masters", "5", NULL },
    { "encryption-provider", "clock-offset", "3s", NULL },
    { "encryption-provider", "clock-drift", "80ppm", NULL },
    { "encryption-provider", "ntp-interval", "34s", NULL },
    { "encryption-provider", "ntp-error", "7ms", NULL },
    { "timeline", "INSTANT", "close c", NULL },
    { "chaos", "crash", "1/s", NULL },
    { "chaos", "disconnect", "2/s", NULL },
    { "chaos", "outage", "3/s", NULL },
    { "chaos", "clock-step", "4/s", NULL },
    { "chaos", "until", "5s", NULL },
    { "chaos", "budget", "6", NULL },
    { "expect", "verdict", "fail(waits)", NULL },
    { "expect", "winner", "c", NULL },
    { "expect", "collaborating", "1", NULL },
    { "expect", "within", "2s", NULL },
    { "expect client NAME", "outcome", "fails(jwt)", NULL },
    { "expect client NAME", "at", "1s", NULL },
    { "expect client NAME", "before", "2s", NULL },
    { "explore", "clients", "1", NULL },
    { "explore", "crashes", "1", NULL },
    { "explore", "disconnects", "1", NULL },
    { "explore", "outages", "1", NULL },
    { "explore", "expirations", "1", NULL },
    { "explore", "timed", "yes", NULL },
    { "explore", "verdict", "fail(waits)", NULL },
    { "draws", "PURPOSE CLIENT NUMBER", "7ms", NULL },
    { "study", "seeds", "5..6", NULL },
    { "study", "vary GROUP.KEY", "1s", NULL },
    { "study", "zip", "server.leeway, token-provider.lifetime", "\"zip\":[\"server.leeway\",\"token-provider.lifetime\"]" },
    { "study", "require", "rate(waits) < 1%", NULL },
    /* clang-format on */
};

static void
every_key_is_in_the_table_once(void **state)
{
    size_t n;
    const SrScenarioKey *keys = sr_scenario_keys(&n);

    (void) state;
    assert_int_equal(n, G_N_ELEMENTS(rows));
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(keys[i].group, rows[i].group);
        assert_string_equal(keys[i].name, rows[i].key);
        assert_true(*keys[i].type != '\0' && *keys[i].meaning != '\0');
        /* A sentence: a capital or a quoted word at its start, a full stop at its end. */
        assert_true(g_str_has_suffix(keys[i].meaning, "."));
    }
}

/* The group as it is written for @row, and what its key is called there. */
static char *
file_for(const struct row *row)
{
    const char *group = g_str_equal(row->group, "link A B")             ? "link c server"
                        : g_str_equal(row->group, "document NAME")      ? "document other"
                        : g_str_equal(row->group, "client NAME")        ? "client c"
                        : g_str_equal(row->group, "expect client NAME") ? "expect client c"
                                                                        : row->group;
    const char *key = g_str_equal(row->key, "INSTANT")          ? "3s"
                      : g_str_equal(row->group, "draws")        ? "client/start z 0"
                      : g_str_equal(row->key, "vary GROUP.KEY") ? "vary server.leeway"
                                                                : row->key;
    GString *text = g_string_new("[client z]\ndocument = other\n");

    if (!g_str_equal(group, "document other"))
        g_string_append(text, "[document other]\n");
    if (!g_str_equal(group, "client c"))
        g_string_append(text, "[client c]\n");
    g_string_append_printf(text, "[%s]\n%s = %s\n", group, key, row->value);
    if (g_str_equal(row->key, "zip"))
        g_string_append(
            text, "vary server.leeway = 1s | 2s\nvary token-provider.lifetime = 3s | 4s\n");
    if (g_str_equal(row->key, "io"))
        g_string_append(text, "kind = exec\n");
    if (g_str_equal(row->key, "accept"))
        g_string_append(text, "[token-provider]\nkind = exec\n");
    if (g_str_equal(row->key, "duplicate"))
        g_string_append(text, "ordered = no\n");
    if (g_str_equal(row->key, "replica"))
        g_string_append(text, "[encryption-provider]\nreplicas = 3\n");
    return g_string_free(text, FALSE);
}

static void
a_key_can_be_set(void **state)
{
    const struct row *row = *state;
    g_autofree char *text = file_for(row), *json = json_of(text);
    const char *value = row->want == NULL ? row->value : row->want;
    size_t n;
    const SrScenarioKey *key = sr_scenario_keys(&n) + (row - rows);
    g_autofree char *want = *value == '"' ? g_strdup(value) : g_strdup_printf("\"%s\"", value);

    assert_non_null(strstr(json, want));
    assert_string_not_equal(key->default_text, row->value);
}

static void
fields_hold_what_was_set(void **state)
{
    g_autoptr(GString) text = g_string_new("[document other]\n");
    const char *group = "";

    (void) state;
    /* All keys of the groups that a run looks at, in one file. */
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *now = g_str_equal(rows[i].group, "client NAME")     ? "client c"
                          : g_str_equal(rows[i].group, "document NAME") ? "document d"
                                                                        : rows[i].group;

        if (strchr(now, 'N') != NULL || g_str_equal(now, "link A B") ||
            g_str_equal(now, "timeline") || g_str_equal(now, "chaos") ||
            g_str_equal(now, "expect") || g_str_equal(now, "explore") ||
            g_str_equal(now, "study") || g_str_equal(now, "draws") ||
            g_str_equal(rows[i].key, "preset") || g_str_equal(rows[i].key, "io") ||
            g_str_equal(rows[i].key, "accept") || g_str_equal(rows[i].value, "exec"))
            continue;
        if (!g_str_equal(now, group))
            g_string_append_printf(text, "[%s]\n", now);
        group = now;
        g_string_append_printf(text, "%s = %s\n", rows[i].key, rows[i].value);
    }
    g_autoptr(SrScenario) scenario = read_good(text->str);
    const SrClientGroup *client = &g_array_index(scenario->clients, SrClientGroup, 0);
    const SrDocumentSettings *document =
        &g_array_index(scenario->documents, SrDocumentSettings, 1);
    const SrServerSettings *server = &scenario->server;
    const SrTokenProviderSettings *tokens = &scenario->token_provider;
    const SrEncryptionProviderSettings *keys = &scenario->encryption_provider;

    assert_string_equal(scenario->title, "A title");
    assert_string_equal(scenario->description, "More words");
    assert_int_equal(scenario->seed, 42);
    assert_int_equal(scenario->limit, 90 * SR_NS_PER_S);
    assert_true(scenario->epoch_s == 1704067200);
    assert_int_equal(scenario->ties, SR_TIES_SEEDED);
    assert_int_equal(scenario->crypto, SR_CRYPTO_NAMES);
    assert_int_equal(scenario->max_events, 7);
    assert_int_equal(scenario->network.latency.floor, 5 * SR_NS_PER_MS);
    assert_false(scenario->network.ordered);
    assert_int_equal(scenario->network.loss, 42949673);
    assert_int_equal(scenario->network.duplicate, 85899346);
    assert_int_equal(scenario->network.rto, 300 * SR_NS_PER_MS);
    assert_int_equal(scenario->network.bandwidth_bps, 1000000);
    assert_string_equal(document->name, "d");
    assert_int_equal(document->content_bytes, 1 << 20);
    assert_true(document->previous);
    assert_string_equal(client->name, "c");
    assert_int_equal(client->count, 3);
    assert_int_equal(client->first_node, SR_NODE_FIRST_CLIENT);
    assert_int_equal(client->start.terms[0].kind, SR_DISTRIBUTION_UNIFORM);
    assert_int_equal(client->start.terms[0].b, SR_NS_PER_S);
    assert_int_equal(client->document, 0);
    assert_int_equal(client->derive.floor, 30 * SR_NS_PER_MS);
    assert_int_equal(client->early_available, SR_EARLY_CONTINUE);
    assert_true(client->cache_keys);
    assert_int_equal(client->patience, 7 * SR_NS_PER_S);
    assert_int_equal(client->key_retry.n, 0);
    assert_int_equal(client->connect_retry.n, 2);
    assert_int_equal(client->connect_retry.first, SR_NS_PER_S);
    assert_int_equal(client->connect_retry.max, 4 * SR_NS_PER_S);
    assert_int_equal(client->reconnect.n, 0);
    assert_int_equal(client->request_timeout, 11 * SR_NS_PER_S);
    assert_true(client->token_refresh == SR_TIME_NEVER);
    assert_int_equal(client->replica, 2);
    assert_true(client->clock.offset_ns == -3 * (int64_t) SR_NS_PER_S);
    assert_int_equal(client->clock.drift_ppm, -20);
    assert_int_equal(client->clock.ntp_interval, 64 * SR_NS_PER_S);
    assert_int_equal(client->clock.ntp_error, 4 * SR_NS_PER_MS);
    assert_int_equal(server->processing.floor, 2 * SR_NS_PER_MS);
    assert_int_equal(server->leeway_s, 3);
    assert_false(server->check_iat);
    assert_int_equal(server->check_token, SR_CHECK_TOKEN_UPLOAD);
    assert_int_equal(server->while_creating, SR_WHILE_CREATING_PENDING);
    assert_int_equal(server->on_owner_lost, SR_OWNER_LOST_WAIT);
    assert_int_equal(server->establish_timeout, 8 * SR_NS_PER_S);
    assert_int_equal(server->detect_loss, 9 * SR_NS_PER_S);
    assert_false(server->durable);
    assert_true(server->clock.offset_ns == (int64_t) SR_NS_PER_S);
    assert_int_equal(server->clock.drift_ppm, 78);
    assert_false(tokens->enabled);
    assert_int_equal(tokens->processing.floor, 3 * SR_NS_PER_MS);
    assert_int_equal(tokens->algorithm, SR_JWT_PS512);
    assert_int_equal(tokens->lifetime_s, 10);
    assert_false(tokens->iat);
    assert_true(tokens->has_not_before);
    assert_true(tokens->not_before_s == -5);
    assert_int_equal(tokens->cache, 6 * SR_NS_PER_S);
    assert_int_equal(tokens->clock.ntp_interval, 33 * SR_NS_PER_S);
    assert_int_equal(keys->kind, SR_KEYS_DERIVED);
    assert_int_equal(keys->generate.floor, 21 * SR_NS_PER_MS);
    assert_int_equal(keys->lookup.floor, 11 * SR_NS_PER_MS);
    assert_int_equal(keys->processing.floor, SR_NS_PER_MS);
    assert_int_equal(keys->hint, SR_HINT_TIMESTAMP);
    assert_int_equal(keys->hint_resolution, SR_NS_PER_MS);
    assert_int_equal(keys->on_collision, SR_COLLISION_KEEP_FIRST);
    assert_int_equal(keys->retention, SR_RETENTION_LAST);
    assert_int_equal(keys->retention_n, 4);
    assert_int_equal(keys->reuse, 3600 * SR_NS_PER_S);
    assert_false(keys->atomic);
    assert_int_equal(keys->replicas, 3);
    assert_int_equal(keys->replication.floor, 50 * SR_NS_PER_MS);
    assert_int_equal(keys->rotate_master, 3600 * SR_NS_PER_S);
    assert_int_equal(keys->keep_masters, 5);
    assert_int_equal(keys->clock.ntp_error, 7 * SR_NS_PER_MS);
}

static void
fields_hold_the_defaults(void **state)
{
    g_autoptr(SrScenario) scenario = read_good("[client a]\n[client b]\n");
    const SrClientGroup *client = &g_array_index(scenario->clients, SrClientGroup, 1);

    (void) state;
    assert_string_equal(scenario->title, "");
    assert_string_equal(scenario->description, "");
    assert_int_equal(scenario->seed, 1);
    assert_int_equal(scenario->limit, 60 * SR_NS_PER_S);
    assert_int_equal(scenario->max_events, 100000000);
    assert_true(scenario->epoch_s == 1685577600);
    assert_int_equal(scenario->network.latency.terms[0].kind, SR_DISTRIBUTION_LOGNORMAL);
    assert_int_equal(scenario->network.latency.terms[0].a, 20 * SR_NS_PER_MS);
    assert_true(scenario->network.ordered);
    assert_int_equal(scenario->network.bandwidth_bps, 0);
    assert_int_equal(scenario->documents->len, 1);
    assert_string_equal(g_array_index(scenario->documents, SrDocumentSettings, 0).name,
                        "document");
    assert_int_equal(scenario->n_clients, 2);
    assert_int_equal(client->first_node, SR_NODE_FIRST_CLIENT + 1);
    assert_int_equal(client->count, 1);
    assert_true(client->patience == SR_TIME_NEVER);
    assert_int_equal(client->key_retry.n, 5);
    assert_true(client->reconnect.n == SR_RETRY_UNLIMITED);
    assert_int_equal(client->token_refresh, 30 * SR_NS_PER_S);
    assert_true(client->replica == SR_REPLICA_ANY);
    assert_int_equal(client->clock.ntp_interval, 0);
    assert_int_equal(scenario->server.check_token, SR_CHECK_TOKEN_CONNECT |
                                                       SR_CHECK_TOKEN_CREATE_SESSION |
                                                       SR_CHECK_TOKEN_JOIN);
    assert_true(scenario->server.establish_timeout == SR_TIME_NEVER);
    assert_int_equal(scenario->token_provider.lifetime_s, 300);
    assert_false(scenario->token_provider.has_not_before);
    assert_int_equal(scenario->token_provider.cache, 0);
    assert_int_equal(scenario->encryption_provider.retention, SR_RETENTION_FOREVER);
    assert_int_equal(scenario->encryption_provider.reuse, 0);
    assert_true(scenario->encryption_provider.rotate_master == SR_TIME_NEVER);
    assert_int_equal(scenario->encryption_provider.keep_masters, 2);
    assert_int_equal(scenario->timeline->len + scenario->links->len, 0);
    assert_int_equal(scenario->chaos.line + scenario->explore.line + scenario->study.line, 0);
}

static void
the_reference_names_every_key(void **state)
{
    g_autoptr(GString) markdown = g_string_new(NULL), text = g_string_new(NULL);
    size_t n;
    const SrScenarioKey *keys = sr_scenario_keys(&n);

    (void) state;
    sr_scenario_keys_markdown(markdown);
    assert_true(sr_scenario_keys_text(text, NULL));
    for (size_t i = 0; i < n; i++) {
        g_autofree char *row = g_strdup_printf("| `%s` | ", keys[i].name);
        g_autofree char *line = g_strdup_printf("\n  %s = %s", keys[i].name, keys[i].type);
        g_autofree char *heading = g_strdup_printf("### `[%s]`: ", keys[i].group);

        assert_non_null(strstr(markdown->str, row));
        assert_non_null(strstr(markdown->str, heading));
        assert_non_null(strstr(text->str, line));
        assert_non_null(strstr(text->str, keys[i].meaning));
    }
    assert_non_null(strstr(markdown->str, "| `crash CLIENT\\|server [for D]` | "));
    assert_true(g_str_has_suffix(markdown->str, "|\n"));
}

/* Each word of such a key, and nothing else; a key that is one of a few words, or a duration. */
static void
values_are_explained_one_by_one(void **state)
{
    static const char *const explained[] = {
        "early-available", "while-creating", "on-owner-lost", "hint",
        "on-collision",    "retention",      "reuse",
    };
    g_autoptr(GString) text = g_string_new(NULL), markdown = g_string_new(NULL);
    unsigned n_explained = 0;
    size_t n;
    const SrScenarioKey *keys = sr_scenario_keys(&n);

    (void) state;
    assert_true(sr_scenario_keys_text(text, NULL));
    sr_scenario_keys_markdown(markdown);
    for (size_t i = 0; i < n; i++) {
        g_autoptr(GString) type = g_string_new("one of ");

        if (keys[i].values == NULL)
            continue;
        for (const SrScenarioValue *v = keys[i].values; v->value != NULL; v++) {
            g_autofree char *row = g_strdup_printf(" `%s`: %s", v->value, v->meaning);

            g_string_append_printf(type, "%s%s", v == keys[i].values ? "" : ", ", v->value);
            assert_true(g_str_has_suffix(v->meaning, "."));
            assert_non_null(strstr(text->str, v->meaning));
            assert_non_null(strstr(markdown->str, row));
        }
        if (g_str_equal(keys[i].name, "reuse"))
            assert_string_equal(type->str, "one of none, D");
        else
            assert_string_equal(type->str, keys[i].type);
        assert_true(n_explained < G_N_ELEMENTS(explained));
        assert_string_equal(keys[i].name, explained[n_explained++]);
    }
    assert_int_equal(n_explained, G_N_ELEMENTS(explained));
}

static void
the_reference_of_one_key(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL), client = g_string_new(NULL),
                       none = g_string_new(NULL);

    (void) state;
    assert_true(sr_scenario_keys_text(text, "encryption-provider.retention"));
    assert_true(g_str_has_prefix(text->str, "[encryption-provider]  "));
    assert_non_null(strstr(text->str, "\n      last(N)        The newest N keys"));
    assert_null(strstr(text->str, "replicas"));
    assert_true(sr_scenario_keys_text(client, "client.start"));
    assert_non_null(strstr(client->str, "  start = "));
    assert_false(sr_scenario_keys_text(none, "encryption-provider.start"));
    assert_false(sr_scenario_keys_text(none, "clients.start"));
    assert_false(sr_scenario_keys_text(none, "client."));
    assert_string_equal(none->str, "");
}

static void
the_reference_of_one_group(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL), labelled = g_string_new(NULL),
                       none = g_string_new(NULL);

    (void) state;
    assert_true(sr_scenario_keys_text(text, "client"));
    assert_true(g_str_has_prefix(text->str, "[client NAME]  "));
    assert_null(strstr(text->str, "[server]"));
    assert_true(sr_scenario_keys_text(labelled, "client NAME"));
    assert_string_equal(text->str, labelled->str);
    assert_false(sr_scenario_keys_text(none, "clients"));
    assert_string_equal(none->str, "");
}

/* What a user needs to know without looking at the source. */
static void
the_reference_says_what_words_mean(void **state)
{
    static const char *const phrases[] = {
        "`lan`: lognormal(300us, 1ms), 0%.",
        "`satellite`: 280ms + exponential(10ms), 0.5%.",
        "`encryption` (",
        "`jwt` (",
        "`content`",
        "`client-update-required`",
        "`general` (",
        "nothing is left that keeps it going",
        "`exec`, the program that `--provider` names.",
    };
    g_autoptr(GString) text = g_string_new(NULL);

    (void) state;
    assert_true(sr_scenario_keys_text(text, NULL));
    for (unsigned i = 0; i < G_N_ELEMENTS(phrases); i++)
        assert_non_null(strstr(text->str, phrases[i]));
}

static void
the_group_of_a_key(void **state)
{
    (void) state;
    assert_string_equal(sr_scenario_key_group("retention"), "encryption-provider");
    assert_string_equal(sr_scenario_key_group("derive"), "client NAME");
    assert_string_equal(sr_scenario_key_group("latency"), "network");
    assert_null(sr_scenario_key_group("retentoin"));
    assert_null(sr_scenario_key_group("client"));
    assert_null(sr_scenario_key_group(""));
}

static void
the_starter_reads(void **state)
{
    static const struct {
        const char *name, *title;
    } names[] = {
        { "my-race", "my-race" },
        { "a b", "a b" },
        { "# [x]\n\x1b\xff", "[x]\xef\xbf\xbd" },
        { "", "Two editors race for one document" },
        { "#", "Two editors race for one document" },
    };

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *text = sr_scenario_new_text(SR_SCENARIO_START_RACE, names[i].name);
        g_autoptr(SrScenario) scenario = read_good(text);

        assert_string_equal(scenario->title, names[i].title);
        assert_int_equal(scenario->n_clients, 2);
        assert_int_equal(scenario->expect.verdict, SR_VERDICT_PASS);
    }
    g_autofree char *long_name = g_strnfill(100000, 'x'),
                    *text = sr_scenario_new_text(SR_SCENARIO_START_RACE, long_name);
    g_autoptr(SrScenario) scenario = read_good(text);

    assert_int_equal(strlen(scenario->title), 200);
}

static void
every_start_reads(void **state)
{
    (void) state;
    for (unsigned i = 0; i < SR_SCENARIO_START_N; i++) {
        g_autofree char *text = sr_scenario_new_text((SrScenarioStart) i, "mine");
        g_autoptr(SrScenario) scenario = read_good(text);

        assert_string_equal(scenario->title, "mine");
    }
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const struct CMUnitTest more[] = {
        cmocka_unit_test(every_key_is_in_the_table_once),
        cmocka_unit_test(fields_hold_what_was_set),
        cmocka_unit_test(fields_hold_the_defaults),
        cmocka_unit_test(the_reference_names_every_key),
        cmocka_unit_test(values_are_explained_one_by_one),
        cmocka_unit_test(the_reference_of_one_key),
        cmocka_unit_test(the_reference_of_one_group),
        cmocka_unit_test(the_reference_says_what_words_mean),
        cmocka_unit_test(the_group_of_a_key),
        cmocka_unit_test(the_starter_reads),
        cmocka_unit_test(every_start_reads),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *name =
            g_strdup_printf("[%s] %s = %s is seen", rows[i].group, rows[i].key, rows[i].value);

        g_ptr_array_add(names, name);
        tests[i] = (struct CMUnitTest){ .name = name,
                                        .test_func = a_key_can_be_set,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    }
    int failed = cmocka_run_group_tests_name("scenario keys", more, NULL, NULL);

    return (failed + cmocka_run_group_tests_name("scenario keys, each", tests, NULL, NULL)) !=
           0;
}
