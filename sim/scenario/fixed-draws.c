/* Fixed draws: `PURPOSE CLIENT NUMBER = VALUE`. The purposes are those of draws.def, which a run
 * draws by. */
#include "scenario/fixed-draws.h"
#include "scenario/names.h"

#include <string.h>

#include "scenario-private.h"

/* ---- names ---- */

static bool
find_purpose(SrReader *reader, SrSlice word, SrDrawId *id)
{
    SrGuess guess = sr_guess_start(word);

    for (unsigned i = 0; i < SR_DRAW_N; i++) {
        const SrDrawInfo *info = sr_draw_info((SrDrawId) i);

        if (info->value == SR_DRAW_IS_NOTHING) {
            if (sr_slice_equals(word, info->word))
                return sr_reader_refuse(reader, word, NULL, "cannot be fixed: it is %s",
                                        info->meaning);
            continue;
        }
        if (sr_slice_equals(word, info->word)) {
            *id = (SrDrawId) i;
            return true;
        }
        sr_guess_offer(&guess, info->word);
    }
    g_autofree char *note = sr_guess_note(&guess);

    return sr_reader_refuse(
        reader, word, note != NULL ? note : "'session-race keys draws' lists what is drawn",
        "is no purpose of a draw");
}

static bool
read_copy(SrReader *reader, SrSlice word, uint32_t *subject)
{
    uint32_t n = reader->scenario->encryption_provider.replicas;
    uint64_t number;
    bool overflow;

    if (sr_slice_number(word, &number, &overflow) && number > 0 && number < n) {
        *subject = (uint32_t) number;
        return true;
    }
    return sr_reader_refuse(reader, word,
                            n > 1 ? "copy 0 is the one that is written first"
                                  : "'replicas' in [encryption-provider] is 1",
                            "is not the number of a copy of the store, from 1");
}

/* Whether @word is the provider that makes the calls of @info: the first part of its word. */
static bool
is_caller(const SrDrawInfo *info, SrSlice word, uint32_t *subject)
{
    size_t n = strcspn(info->word, "/");
    bool keys = info->word[0] == 'e';

    if (info->subject != SR_DRAW_OF_CALLER || sr_slice_length(word) != n ||
        memcmp(word.at, info->word, n) != 0)
        return false;
    *subject = keys ? SR_NODE_ENCRYPTION_PROVIDER : SR_NODE_TOKEN_PROVIDER;
    return true;
}

static bool
read_subject(SrReader *reader, const SrDrawInfo *info, SrSlice word, uint32_t *subject)
{
    SrNodeRange range;

    if (info->subject == SR_DRAW_OF_COPY)
        return read_copy(reader, word, subject);
    if (is_caller(info, word, subject))
        return true;
    if (!sr_value_node(reader, word,
                       info->subject == SR_DRAW_OF_NODE ? SR_NAME_CLIENT | SR_NAME_SERVICE
                                                        : SR_NAME_CLIENT,
                       &range))
        return false;
    if (range.n != 1) {
        g_autofree char *note =
            g_strdup_printf("name one of them, such as %s-1", sr_quote(reader, word));

        return sr_reader_refuse(reader, word, note, "is %u clients", range.n);
    }
    *subject = range.first;
    return true;
}

/* Whether @word is a whole number of 32 bits. */
static bool
is_number(SrSlice word, uint32_t *number)
{
    uint64_t value;
    bool overflow;

    if (!sr_slice_number(word, &value, &overflow) || value > UINT32_MAX)
        return false;
    *number = (uint32_t) value;
    return true;
}

static bool
read_number(SrReader *reader, const SrDrawInfo *info, SrSlice word, uint64_t *number)
{
    const char *dot = memchr(word.at, '.', sr_slice_length(word));
    uint32_t first, second;

    if (!info->pair) {
        if (!is_number(word, &first))
            return sr_reader_refuse(reader, word, NULL, "is not the number of a draw");
        *number = first;
        return true;
    }
    if (dot == NULL || !is_number(sr_slice_to(word, dot), &first) ||
        !is_number(sr_slice_from(word, dot + 1), &second))
        return sr_reader_refuse(reader, word, info->meaning,
                                "is not the number of a draw, which is two here, such as 0.1");
    *number = SR_DRAW_PAIR(first, second);
    return true;
}

/* ---- draws that there are ---- */

static SrLinkSettings
link_of(const SrReader *reader, const SrDraw *draw, SrDrawId first)
{
    unsigned direction = (unsigned) draw->id - (unsigned) first;
    SrLinkSettings link;

    sr_scenario_link(reader->scenario, draw->subject, direction / 2, direction % 2 == 0, &link);
    return link;
}

static bool
has_ntp(const SrScenario *scenario, uint32_t node)
{
    const SrClockSettings *clock = node == SR_NODE_SERVER ? &scenario->server.clock
                                   : node == SR_NODE_TOKEN_PROVIDER
                                       ? &scenario->token_provider.clock
                                   : node == SR_NODE_ENCRYPTION_PROVIDER
                                       ? &scenario->encryption_provider.clock
                                       : &g_array_index(scenario->clients, SrClientGroup,
                                                        sr_scenario_group_of(scenario, node))
                                              .clock;

    return clock->ntp_interval != 0;
}

/* Whether line @line of the timeline slows @service down. */
static bool
is_slow(const SrScenario *scenario, uint32_t line, uint32_t service)
{
    const SrTimelineEntry *entry;

    if (line >= scenario->timeline->len)
        return false;
    entry = &g_array_index(scenario->timeline, SrTimelineEntry, line);
    return entry->action == SR_FAULT_SLOW && entry->target.first == service;
}

static bool
is_pinned(const SrScenario *scenario, uint32_t client)
{
    uint32_t group = sr_scenario_group_of(scenario, client);

    return g_array_index(scenario->clients, SrClientGroup, group).replica != SR_REPLICA_ANY;
}

/* Returns: (nullable): why no run of the scenario makes @draw */
static const char *
why_never(const SrReader *reader, const SrDraw *draw)
{
    const SrScenario *scenario = reader->scenario;

    if (draw->id >= SR_DRAW_DUPLICATE && draw->id <= SR_DRAW_DUPLICATE_5 &&
        link_of(reader, draw, SR_DRAW_DUPLICATE).ordered)
        return "that link is ordered";
    if (draw->id >= SR_DRAW_SLOW && draw->id <= SR_DRAW_SLOW_2 &&
        !is_slow(scenario, (uint32_t) draw->number, draw->id - SR_DRAW_SLOW))
        return "that line of [timeline] does not make that service slow";
    if (draw->id == SR_DRAW_NTP && !has_ntp(scenario, draw->subject))
        return "its 'ntp-interval' is none";
    if (draw->id == SR_DRAW_REPLICA && scenario->encryption_provider.replicas == 1)
        return "'replicas' in [encryption-provider] is 1";
    if (draw->id == SR_DRAW_REPLICA && is_pinned(scenario, draw->subject))
        return "its 'replica' says which copy of the store answers it";
    if ((draw->id == SR_DRAW_IO && scenario->encryption_provider.kind != SR_KEYS_EXEC) ||
        (draw->id == SR_DRAW_SIGNER_IO && scenario->token_provider.kind != SR_TOKENS_EXEC))
        return "only 'kind = exec' makes calls";
    if (draw->id == SR_DRAW_START && draw->number > 0)
        return "a client starts once: its number is 0";
    return NULL;
}

bool
sr_draw_read_name(SrReader *reader, SrSlice name, SrDraw *draw)
{
    static const char form[] = "write PURPOSE CLIENT NUMBER, such as client/start alice 0";
    SrSlice rest = name, purpose = sr_slice_word(&rest), subject = sr_slice_word(&rest),
            number = sr_slice_word(&rest);
    const SrDrawInfo *info;
    const char *never;

    *draw = (SrDraw){ 0 };
    if (!find_purpose(reader, purpose, &draw->id))
        return false;
    info = sr_draw_info(draw->id);
    if (sr_slice_empty(number))
        return sr_reader_refuse(reader, name, form, "names no draw");
    if (!sr_slice_empty(rest))
        return sr_reader_refuse(reader, rest, form, "is too much");
    if (!read_subject(reader, info, subject, &draw->subject) ||
        !read_number(reader, info, number, &draw->number))
        return false;
    never = why_never(reader, draw);
    return never == NULL || sr_reader_refuse(reader, name, never, "is never drawn");
}

/* ---- values ---- */

static bool
read_count(SrReader *reader, SrSlice value, SrDraw *draw)
{
    uint64_t most = draw->id == SR_DRAW_REPLICA
                        ? reader->scenario->encryption_provider.replicas - 1
                        : SR_LINK_LOSSES_MAX,
             number;
    bool overflow;

    if (!sr_slice_number(value, &number, &overflow) || number > most)
        return sr_reader_refuse(reader, value, NULL,
                                "is not a whole number from 0 to %" G_GUINT64_FORMAT, most);
    draw->value = (int64_t) number;
    return true;
}

bool
sr_draw_read_value(SrReader *reader, SrSlice value, SrDraw *draw)
{
    SrSpan span;

    switch (sr_draw_info(draw->id)->value) {
    case SR_DRAW_IS_SIGNED:
        return sr_value_signed_span(reader, value, &draw->value);
    case SR_DRAW_IS_COUNT:
        return read_count(reader, value, draw);
    case SR_DRAW_IS_MAYBE:
        draw->value = SR_DRAW_NO;
        if (sr_slice_equals(value, "no"))
            return true;
        break;
    case SR_DRAW_IS_SPAN:
        break;
    case SR_DRAW_IS_NOTHING:
        g_assert_not_reached();
    }
    if (!sr_value_span(reader, value, &span))
        return false;
    draw->value = (int64_t) span;
    return true;
}

/* sr_draws_read() reads these values. */
const SrValueType sr_type_draw = { "duration, number or no", "ns, us, ms, s, min, h, d",
                                   .parse = NULL };

/* ---- the group ---- */

/* A draw and where it is said. */
typedef struct {
    SrDraw draw; /* first, for sr_draw_compare() */
    SrSlice name;
    bool overriding;
} Entry;

static int
compare_draws(const void *a, const void *b, void *data)
{
    (void) data;
    return sr_draw_compare(a, b);
}

static void
sort_draws(GArray *draws)
{
    g_qsort_with_data(draws->data, (int) draws->len, g_array_get_element_size(draws),
                      compare_draws, NULL);
}

/* Keeps the entries in their order; of one draw the last one that the command line gives. */
static void
keep_entries(SrReader *reader, GArray *entries)
{
    GArray *draws = reader->scenario->draws;

    sort_draws(entries);
    for (unsigned i = 0; i < entries->len; i++) {
        const Entry *entry = &g_array_index(entries, Entry, i);
        const Entry *before = i > 0 ? entry - 1 : NULL;

        if (before == NULL || sr_draw_compare(&before->draw, &entry->draw) != 0)
            g_array_append_val(draws, entry->draw);
        else if (entry->overriding)
            g_array_index(draws, SrDraw, draws->len - 1) = entry->draw;
        else
            sr_reader_refuse(reader, entry->name, NULL,
                             "comes twice in [draws]: first on line %u", before->name.line);
    }
}

void
sr_draws_read(SrReader *reader, const SrGroup *group)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(Entry));
    SrEntries entries = sr_entries(reader, group);
    Entry entry;
    SrSlice value;

    while (sr_entries_next(&entries, &entry.name, &value)) {
        entry.overriding = entries.overriding;
        if (!sr_draw_read_name(reader, entry.name, &entry.draw))
            continue;
        if (sr_slice_empty(value))
            sr_reader_error(reader, value, NULL, "'%s' has no value",
                            sr_quote(reader, entry.name));
        else if (sr_draw_read_value(reader, value, &entry.draw))
            g_array_append_val(list, entry);
    }
    if (!group->duplicate)
        keep_entries(reader, list);
}

/* ---- as text ---- */

char *
sr_draw_name(const SrScenario *scenario, const SrDraw *draw)
{
    const SrDrawInfo *info = sr_draw_info(draw->id);
    char subject[76];

    if (info->subject == SR_DRAW_OF_COPY)
        g_snprintf(subject, sizeof subject, "%u", draw->subject);
    else
        sr_scenario_node_name(scenario, draw->subject, subject);
    if (info->pair)
        return g_strdup_printf("%s %s %u.%u", info->word, subject,
                               (uint32_t) (draw->number >> 32), (uint32_t) draw->number);
    return g_strdup_printf("%s %s %" G_GUINT64_FORMAT, info->word, subject, draw->number);
}

char *
sr_draw_value(const SrDraw *draw)
{
    g_autoptr(GString) text = g_string_new(NULL);

    switch (sr_draw_info(draw->id)->value) {
    case SR_DRAW_IS_SIGNED:
        sr_append_signed_span(text, draw->value);
        break;
    case SR_DRAW_IS_COUNT:
        g_string_append_printf(text, "%" G_GINT64_FORMAT, draw->value);
        break;
    case SR_DRAW_IS_SPAN:
    case SR_DRAW_IS_MAYBE:
        if (draw->value == SR_DRAW_NO)
            g_string_append(text, "no");
        else
            sr_append_span(text, (SrSpan) draw->value);
        break;
    case SR_DRAW_IS_NOTHING:
        g_assert_not_reached();
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

char *
sr_draws_text(const SrScenario *scenario, GArray *draws)
{
    GString *text = g_string_new("[draws]\n");

    sort_draws(draws);
    for (guint i = 0; i < draws->len; i++) {
        const SrDraw *draw = &g_array_index(draws, SrDraw, i);
        g_autofree char *name = NULL, *value = NULL;

        if (i > 0 && sr_draw_compare(draw - 1, draw) == 0)
            continue;
        name = sr_draw_name(scenario, draw);
        value = sr_draw_value(draw);
        g_string_append_printf(text, "%s = %s\n", name, value);
    }
    return g_string_free(text, FALSE);
}

void
sr_draws_purposes(GString *out, bool markdown)
{
    if (markdown)
        g_string_append(out, "| purpose | what is drawn |\n| --- | --- |\n");
    for (unsigned i = 0; i < SR_DRAW_N; i++) {
        const SrDrawInfo *info = sr_draw_info((SrDrawId) i);

        if (info->value != SR_DRAW_IS_NOTHING)
            g_string_append_printf(out, markdown ? "| `%s` | %s |\n" : "  %s\n      %s\n",
                                   info->word, info->meaning);
    }
}
