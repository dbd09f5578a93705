/* Names and nodes: from `alice`, `fan` or `fan-17` to node numbers and back.
 *
 * A table finds groups by name; a member is found by the number at the end of its name. So a
 * name costs one look-up, even in a file with ten thousand groups or a million clients. */
#include "scenario/names.h"

#include <string.h>

#include "scenario-private.h"
#include "session-race/stream.h"

static const char *const services[] = { "server", "token-provider", "encryption-provider" };

const char *
sr_service_name(uint32_t node)
{
    g_assert(node < SR_NODE_FIRST_CLIENT);
    return services[node];
}

uint32_t
sr_service_lookup(const char *name, size_t length)
{
    for (uint32_t i = 0; i < SR_NODE_FIRST_CLIENT; i++)
        if (strlen(services[i]) == length && memcmp(services[i], name, length) == 0)
            return i;
    return SR_NODE_NONE;
}

static guint
hash_name(gconstpointer name)
{
    return (guint) sr_name_hash(name, strlen(name));
}

GHashTable *
sr_name_table_new(void)
{
    return g_hash_table_new(hash_name, g_str_equal);
}

static const SrClientGroup *
find_group(const SrScenario *scenario, const char *name, size_t length)
{
    char text[80];

    if (length == 0 || length >= sizeof text)
        return NULL;
    memcpy(text, name, length);
    text[length] = '\0';
    unsigned index =
        GPOINTER_TO_UINT(g_hash_table_lookup(sr_resolved(scenario)->client_index, text));

    return index == 0 ? NULL : &g_array_index(scenario->clients, SrClientGroup, index - 1);
}

/* Returns: the number of a member at the end of @name, without leading zeros; 0 if there is
 * none. @stem: bytes before `-`. */
static uint32_t
member_number(const char *name, size_t length, size_t *stem)
{
    const char *dash = memrchr(name, '-', length);
    uint64_t number;
    bool overflow;

    if (dash == NULL || dash == name)
        return 0;
    SrSlice digits = { .at = dash + 1, .end = name + length };

    if (sr_slice_empty(digits) || *digits.at == '0' ||
        !sr_slice_number(digits, &number, &overflow) || number > SR_SCENARIO_CLIENTS_MAX)
        return 0;
    *stem = (size_t) (dash - name);
    return (uint32_t) number;
}

bool
sr_node_lookup(const SrScenario *scenario, const char *name, size_t length, SrNodeRange *range,
               bool *member)
{
    const SrClientGroup *group = find_group(scenario, name, length);
    size_t stem;
    uint32_t number;

    *member = false;
    if (group != NULL) {
        *range = (SrNodeRange){ group->first_node, group->count };
        return true;
    }
    number = member_number(name, length, &stem);
    group = number == 0 ? NULL : find_group(scenario, name, stem);
    if (group == NULL || group->count < 2 || number > group->count)
        return false;
    *member = true;
    *range = (SrNodeRange){ group->first_node + number - 1, 1 };
    return true;
}

bool
sr_scenario_node_lookup(const SrScenario *scenario, const char *name, size_t length,
                        SrNodeRange *range)
{
    uint32_t service = sr_service_lookup(name, length);
    bool member;

    if (service == SR_NODE_NONE)
        return sr_node_lookup(scenario, name, length, range, &member);
    *range = (SrNodeRange){ service, 1 };
    return true;
}

/* Appends @number after @length bytes of @out, and a NUL. Returns: the new length. A trace
 * names a client some hundred times; with printf() that took a third of a run. */
static size_t
append_number(char *out, size_t length, uint32_t number)
{
    char digits[10];
    unsigned n = 0;

    do
        digits[n++] = (char) ('0' + number % 10);
    while ((number /= 10) != 0);
    while (n > 0)
        out[length++] = digits[--n];
    out[length] = '\0';
    return length;
}

uint32_t
sr_scenario_group_of(const SrScenario *scenario, uint32_t node)
{
    uint32_t low = 0, high = scenario->clients->len;

    /* Finds the last group that begins at or before @node. */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (g_array_index(scenario->clients, SrClientGroup, middle).first_node <= node)
            low = middle;
        else
            high = middle;
    }
    return low;
}

size_t
sr_scenario_node_name(const SrScenario *scenario, uint32_t node, char name[static 76])
{
    if (node < SR_NODE_FIRST_CLIENT)
        return g_strlcpy(name, services[node], 76);
    g_assert(node < SR_NODE_FIRST_CLIENT + scenario->n_clients);
    const SrClientGroup *group =
        &g_array_index(scenario->clients, SrClientGroup, sr_scenario_group_of(scenario, node));
    size_t length = g_strlcpy(name, group->name, 76);

    if (group->count == 1)
        return length;
    name[length] = '-';
    return append_number(name, length + 1, node - group->first_node + 1);
}

static bool
takes_service(unsigned kinds, uint32_t service)
{
    return (kinds & SR_NAME_SERVICE) != 0 ||
           ((kinds & SR_NAME_SERVER) != 0 && service == SR_NODE_SERVER);
}

static char *
guess_name(SrReader *reader, SrSlice name, unsigned kinds)
{
    SrGuess guess = sr_guess_start(name);

    if (!sr_reader_listing(reader))
        return NULL;
    if ((kinds & SR_NAME_CLIENT) != 0)
        for (unsigned i = 0; i < reader->scenario->clients->len; i++)
            sr_guess_offer(&guess,
                           g_array_index(reader->scenario->clients, SrClientGroup, i).name);
    for (unsigned i = 0; i < G_N_ELEMENTS(services); i++)
        if (takes_service(kinds, i))
            sr_guess_offer(&guess, services[i]);
    return sr_guess_note(&guess);
}

/* By SrNameKind bits. */
static const char *const kinds_text[] = {
    [SR_NAME_CLIENT] = "a client",
    [SR_NAME_SERVER] = "'server'",
    [SR_NAME_SERVICE] = "a service: server, token-provider or encryption-provider",
    [SR_NAME_CLIENT | SR_NAME_SERVER] = "a client or 'server'",
    [SR_NAME_CLIENT | SR_NAME_SERVICE] = "a client or a service",
};

bool
sr_value_node(SrReader *reader, SrSlice name, unsigned kinds, SrNodeRange *range)
{
    size_t length = sr_slice_length(name);
    uint32_t service = sr_service_lookup(name.at, length);
    bool member;

    if (service != SR_NODE_NONE) {
        *range = (SrNodeRange){ service, 1 };
        return takes_service(kinds, service) ||
               sr_reader_refuse(reader, name, NULL, "is not %s", kinds_text[kinds]);
    }
    if (sr_node_lookup(reader->scenario, name.at, length, range, &member)) {
        return (kinds & SR_NAME_CLIENT) != 0 ||
               sr_reader_refuse(reader, name, NULL, "is a client, not %s", kinds_text[kinds]);
    }
    /* The client may be below a header that could not be read. */
    if (reader->broken_headers)
        return false;
    g_autofree char *note = guess_name(reader, name, kinds);

    if ((kinds & SR_NAME_CLIENT) == 0)
        return sr_reader_refuse(reader, name, note, "is not %s", kinds_text[kinds]);
    return sr_reader_error(reader, name, note, "there is no client '%s'",
                           sr_quote(reader, name));
}
