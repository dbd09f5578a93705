/* Links: the settings of each direction of each link.
 *
 * A `[link]` group sets some keys for some links. Groups are ranked: a group that names both
 * ends comes before one with a `*`, and that before one with two. If there is one `*`, the
 * client's name comes before the service's. Then one direction comes before both, and a single
 * member of a group of clients before the group. Each key is taken from the highest group that
 * sets it, else from [network]. Two groups of one rank never cover the same link, since their
 * headers would be equal. */
#include "scenario-private.h"

#include <string.h>

#include "scenario/names.h"

/* ---- reading ---- */

/* Sets the values of a preset that the group does not set itself. Also sets `given`. */
static void
resolve_preset(SrReader *reader, const SrGroup *group, const SrGiven *given,
               SrLinkSettings *settings, const char **values)
{
    unsigned preset = sr_group_index(group->kind, "preset");
    const unsigned indices[] = { sr_group_index(group->kind, "latency"),
                                 sr_group_index(group->kind, "loss") };
    int word = given->value[preset].at == NULL
                   ? -1
                   : sr_value_word(reader, given->value[preset], sr_preset_words, NULL);

    settings->given = 0;
    for (unsigned i = 0; i < sr_group_info(group->kind)->n; i++)
        if (given->value[i].at != NULL)
            settings->given |= sr_group_key(group->kind, i)->bit;
    values[preset] = NULL;
    if (word < 0)
        return;
    for (unsigned i = 0; i < G_N_ELEMENTS(indices); i++) {
        const SrKey *key = sr_group_key(group->kind, indices[i]);

        if (given->key[indices[i]].at != NULL)
            continue;
        sr_value_set(reader, key, sr_preset_values((unsigned) word)[i], settings,
                     &values[indices[i]]);
        settings->given |= key->bit;
    }
}

static void
refuse_duplicates(SrReader *reader, SrSlice at)
{
    sr_reader_error(reader, at, "write 'ordered = no', or leave 'duplicate' out",
                    "'duplicate' has no meaning on an ordered link");
}

void
sr_network_read(SrReader *reader, const SrGroup *group)
{
    SrLinkSettings *network = &reader->scenario->network;
    const char **values = reader->resolved->single[SR_GROUP_NETWORK];
    SrGiven given;

    sr_group_read(reader, group, network, values, &given);
    resolve_preset(reader, group, &given, network, values);
    if (network->duplicate > 0 && network->ordered)
        refuse_duplicates(reader, given.key[sr_group_index(SR_GROUP_NETWORK, "duplicate")]);
    network->given = 0;
}

/* One end of a link. A `*` stands for no particular node. */
static bool
read_end(SrReader *reader, SrSlice word, SrNodeRange *range)
{
    if (sr_slice_equals(word, "*")) {
        *range = (SrNodeRange){ 0, 0 };
        return true;
    }
    return sr_value_node(reader, word, SR_NAME_CLIENT | SR_NAME_SERVICE, range);
}

static bool
is_service(SrNodeRange range)
{
    return range.n > 0 && range.first < SR_NODE_FIRST_CLIENT;
}

static bool
ends_fit(SrReader *reader, const SrGroup *group, const SrLinkGroup *link)
{
    if (link->a.n == 0 && link->b.n == 0) {
        if (link->directed)
            sr_reader_error(reader, group->header,
                            "write [link * *], or [link * -> server] and so on",
                            "'* -> *' does not say which end is the service");
        return !link->directed;
    }
    if (link->a.n == 0 || link->b.n == 0 || is_service(link->a) != is_service(link->b))
        return true;
    return sr_reader_error(
        reader, group->header,
        "clients are linked to server, token-provider and encryption-provider",
        "there is no link between %s", is_service(link->a) ? "two services" : "two clients");
}

/* ---- the index ---- */

/* The client that a group names, as a number: a `*`, a whole group or a single member. */
#define CLIENT_ANY UINT64_C(0)

static uint64_t
client_code(SrNodeRange client, bool member)
{
    return client.n == 0 ? CLIENT_ANY : ((uint64_t) client.first << 1 | member) + 1;
}

#define SERVICE_ANY 3u

enum { BOTH_WAYS, OUTWARD, INWARD };

static uint64_t
pack(uint64_t client, uint32_t service, unsigned way)
{
    return client << 4 | (uint64_t) service << 2 | way;
}

static uint64_t
link_code(const SrLinkGroup *link, bool member)
{
    bool outward =
        link->a.n == 0 ? is_service(link->b) || link->b.n == 0 : !is_service(link->a);
    SrNodeRange client = outward ? link->a : link->b, service = outward ? link->b : link->a;

    return pack(client_code(client, member), service.n == 0 ? SERVICE_ANY : service.first,
                !link->directed ? BOTH_WAYS
                : outward       ? OUTWARD
                                : INWARD);
}

static bool
names_member(const SrScenario *scenario, const SrGroup *group)
{
    for (unsigned i = 0; i < 2; i++) {
        SrNodeRange range;
        bool member;

        if (sr_node_lookup(scenario, group->words[i].at, sr_slice_length(group->words[i]),
                           &range, &member) &&
            member)
            return true;
    }
    return false;
}

static void
add_link(SrReader *reader, const SrGroup *group, const SrLinkGroup *link, const char **values)
{
    SrResolved *resolved = reader->resolved;
    bool member = names_member(reader->scenario, group);
    gint64 *code = g_new(gint64, 1);

    *code = (gint64) link_code(link, member);
    resolved->link_by_member |= member;
    g_array_append_val(reader->scenario->links, *link);
    sr_group_keep(reader, SR_GROUP_LINK, sr_group_name(group), values);
    g_hash_table_insert(resolved->link_index, code,
                        GUINT_TO_POINTER(reader->scenario->links->len));
}

static void
read_link(SrReader *reader, const SrGroup *group)
{
    SrLinkGroup link = { .directed = group->directed };
    const char **values = sr_values_new(SR_GROUP_LINK);
    SrGiven given;
    bool good = read_end(reader, group->words[0], &link.a);

    good = read_end(reader, group->words[1], &link.b) && good;
    good = good && ends_fit(reader, group, &link);
    sr_group_read(reader, group, &link.settings, values, &given);
    resolve_preset(reader, group, &given, &link.settings, values);
    if (good && !group->duplicate)
        add_link(reader, group, &link, values);
    else
        g_free(values);
}

/* Checks `duplicate` on ordered links, as far as the group itself and [network] decide it. If
 * another group sets `ordered` for the same link, that group is checked. */
static void
check_duplicates(SrReader *reader)
{
    const GArray *links = reader->scenario->links;
    const SrLinkSettings *network = &reader->scenario->network;
    bool others_unordered = false;
    unsigned n = 0;

    for (unsigned i = 0; i < links->len; i++) {
        const SrLinkSettings *settings = &g_array_index(links, SrLinkGroup, i).settings;

        others_unordered |= (settings->given & SR_LINK_ORDERED) != 0 && !settings->ordered;
    }
    for (const SrGroup *group = NULL;
         n < links->len && (group = sr_group_next(reader, SR_GROUP_LINK, group)) != NULL;) {
        if (group->duplicate)
            continue;
        const SrLinkSettings *settings = &g_array_index(links, SrLinkGroup, n++).settings;
        bool own_order = (settings->given & SR_LINK_ORDERED) != 0,
             own = (settings->given & SR_LINK_DUPLICATE) != 0;
        bool ordered = own_order ? settings->ordered : network->ordered && !others_unordered;
        uint32_t duplicate = own ? settings->duplicate : own_order ? network->duplicate : 0;

        if (ordered && duplicate > 0)
            refuse_duplicates(reader, group->header);
    }
}

void
sr_links_read(SrReader *reader)
{
    unsigned errors = reader->n_errors;

    for (const SrGroup *group = NULL;
         (group = sr_group_next(reader, SR_GROUP_LINK, group)) != NULL;)
        read_link(reader, group);
    /* If links were dropped because of errors, the count would be wrong. */
    if (reader->n_errors == errors)
        check_duplicates(reader);
}

/* ---- answering ---- */

static void
take(SrLinkSettings *into, const SrLinkSettings *from)
{
    uint32_t new = from->given & ~into->given;

    if ((new &SR_LINK_LATENCY) != 0)
        into->latency = from->latency;
    if ((new &SR_LINK_ORDERED) != 0)
        into->ordered = from->ordered;
    if ((new &SR_LINK_LOSS) != 0)
        into->loss = from->loss;
    if ((new &SR_LINK_DUPLICATE) != 0)
        into->duplicate = from->duplicate;
    if ((new &SR_LINK_RTO) != 0)
        into->rto = from->rto;
    if ((new &SR_LINK_BANDWIDTH) != 0)
        into->bandwidth_bps = from->bandwidth_bps;
    into->given |= new;
}

/* Returns: how many losses in a row are not cut: more have a probability of at most half of what is
 * cut */
static uint32_t
losses_max(uint32_t loss, uint64_t cut)
{
    uint64_t more = loss; /* the probability of more than n, per 2^32, rounded up */
    uint32_t n = 0;

    if (cut == 0)
        return SR_LINK_LOSSES_MAX;
    for (; n < SR_LINK_LOSSES_MAX && more * (2 * SR_MIXTURE_WHOLE) > (SR_MIXTURE_WHOLE - cut)
                                                                         << 32;
         n++)
        more = (more * loss + UINT32_MAX) >> 32;
    return n;
}

void
sr_scenario_link(const SrScenario *scenario, uint32_t client, uint32_t service, bool outward,
                 SrLinkSettings *settings)
{
    const SrResolved *resolved = sr_resolved(scenario);

    g_assert(client >= SR_NODE_FIRST_CLIENT &&
             client < SR_NODE_FIRST_CLIENT + scenario->n_clients);
    g_assert(service < SR_NODE_FIRST_CLIENT);
    *settings = scenario->network;
    settings->given = 0;
    if (scenario->links->len > 0) {
        const SrClientGroup *group = &g_array_index(scenario->clients, SrClientGroup,
                                                    sr_scenario_group_of(scenario, client));
        uint64_t whole = client_code((SrNodeRange){ group->first_node, group->count }, false),
                 member = client_code((SrNodeRange){ client, 1 }, true);
        unsigned way = outward ? OUTWARD : INWARD;
        /* From the highest rank to the lowest. */
        const uint64_t ranks[] = {
            pack(member, service, way),
            pack(whole, service, way),
            pack(member, service, BOTH_WAYS),
            pack(whole, service, BOTH_WAYS),
            pack(member, SERVICE_ANY, way),
            pack(whole, SERVICE_ANY, way),
            pack(member, SERVICE_ANY, BOTH_WAYS),
            pack(whole, SERVICE_ANY, BOTH_WAYS),
            pack(CLIENT_ANY, service, way),
            pack(CLIENT_ANY, service, BOTH_WAYS),
            pack(CLIENT_ANY, SERVICE_ANY, BOTH_WAYS),
        };

        for (unsigned i = 0; i < G_N_ELEMENTS(ranks); i++) {
            gint64 code = (gint64) ranks[i];
            unsigned index = GPOINTER_TO_UINT(g_hash_table_lookup(resolved->link_index, &code));

            if (index > 0)
                take(settings,
                     &g_array_index(scenario->links, SrLinkGroup, index - 1).settings);
        }
    }
    settings->given = SR_LINK_LATENCY | SR_LINK_ORDERED | SR_LINK_LOSS | SR_LINK_DUPLICATE |
                      SR_LINK_RTO | SR_LINK_BANDWIDTH;
    settings->losses_max =
        settings->ordered ? losses_max(settings->loss, scenario->cut) : SR_LINK_LOSSES_MAX;
}

bool
sr_scenario_link_by_member(const SrScenario *scenario)
{
    return sr_resolved(scenario)->link_by_member;
}
