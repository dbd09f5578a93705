/* The timeline: `INSTANT = ACTION`. A table has one row for each action and its arguments.
 *
 * The same table prints the reference of `keys`. Instants may be repeated and in any order;
 * entries at one instant happen in the order of the file. */
#include "scenario-private.h"

#include <string.h>

enum { NO_TARGET = 0 };

/* clang-format off */
static const struct action {
    const char *word;
    SrFaultAction action;
    const char *form;
    const char *meaning;
    unsigned targets;                 /* SrNameKind bits; NO_TARGET: none */
    bool peer, by_distribution, by_span, may_last, must_last;
} actions[] = {
    { "crash", SR_FAULT_CRASH, "crash CLIENT|server [for D]",
      "It is gone with all it holds; after D it starts afresh.", .targets = SR_NAME_CLIENT | SR_NAME_SERVER, .may_last = true },
    { "restart", SR_FAULT_RESTART, "restart CLIENT|server",
      "Ends a crash without `for`.", .targets = SR_NAME_CLIENT | SR_NAME_SERVER },
    { "disconnect", SR_FAULT_DISCONNECT, "disconnect CLIENT [for D]",
      "Its connection to the server closes; for D none can be opened.", .targets = SR_NAME_CLIENT, .may_last = true },
    { "close", SR_FAULT_CLOSE, "close CLIENT",
      "The user closes the editor.", .targets = SR_NAME_CLIENT },
    { "partition", SR_FAULT_PARTITION, "partition CLIENT NODE for D",
      "Nothing passes between the client and the service.", .targets = SR_NAME_CLIENT, .peer = true, .may_last = true, .must_last = true },
    { "outage", SR_FAULT_OUTAGE, "outage NODE for D",
      "The service takes up no message.", .targets = SR_NAME_SERVICE, .may_last = true, .must_last = true },
    { "slow", SR_FAULT_SLOW, "slow NODE by DIST for D",
      "Each message that the service takes up takes DIST longer.", .targets = SR_NAME_SERVICE, .by_distribution = true, .may_last = true,
      .must_last = true },
    { "step-clock", SR_FAULT_STEP_CLOCK, "step-clock NODE by \xc2\xb1" "D",
      "Its clock jumps by D.", .targets = SR_NAME_CLIENT | SR_NAME_SERVICE, .by_span = true },
    { "sync-clock", SR_FAULT_SYNC_CLOCK, "sync-clock NODE",
      "Its clock is set right.", .targets = SR_NAME_CLIENT | SR_NAME_SERVICE },
    { "upgrade", SR_FAULT_UPGRADE, "upgrade server",
      "The session becomes outdated and every client must update.", .targets = SR_NAME_SERVER },
    { "rotate-master", SR_FAULT_ROTATE_MASTER, "rotate-master",
      "The encryption provider replaces its master secret.", .targets = NO_TARGET },
};
/* clang-format on */
G_STATIC_ASSERT(G_N_ELEMENTS(actions) == SR_FAULT_N);

static const struct action *
find_action(SrReader *reader, SrSlice word)
{
    SrGuess guess = sr_guess_start(word);

    for (unsigned i = 0; i < G_N_ELEMENTS(actions); i++) {
        if (sr_slice_equals(word, actions[i].word))
            return &actions[i];
        sr_guess_offer(&guess, actions[i].word);
    }
    g_autofree char *note = sr_guess_note(&guess);

    if (note == NULL) {
        GString *list = g_string_new("the actions are ");

        for (unsigned i = 0; i < G_N_ELEMENTS(actions); i++)
            g_string_append_printf(list, "%s%s", i == 0 ? "" : ", ", actions[i].word);
        note = g_string_free(list, FALSE);
    }
    sr_reader_error(reader, word, note, "unknown action '%s'", sr_quote(reader, word));
    return NULL;
}

/* Reports that something is missing where @rest begins. */
static bool
incomplete(SrReader *reader, const struct action *action, SrSlice rest, const char *what)
{
    return sr_reader_error(reader, rest, NULL, "%s: write '%s'", what, action->form);
}

/* Takes the word @expected off @rest. */
static bool
take_word(SrSlice *rest, const char *expected)
{
    SrSlice after = *rest, word = sr_slice_word(&after);

    if (!sr_slice_equals(word, expected))
        return false;
    *rest = after;
    return true;
}

/* Returns: the part of @rest before the last word `for`; @rest then begins with that word */
static SrSlice
before_for(SrSlice *rest)
{
    SrSlice walk = *rest, last = sr_slice_from(*rest, rest->end);

    while (!sr_slice_empty(walk)) {
        SrSlice here = walk, word = sr_slice_word(&walk);

        if (sr_slice_equals(word, "for"))
            last = here;
    }
    SrSlice before = sr_slice_trim(sr_slice_to(*rest, last.at));

    *rest = last;
    return before;
}

static bool
read_by(SrReader *reader, const struct action *action, SrSlice *rest, SrTimelineEntry *entry)
{
    SrSlice amount;

    if (!action->by_distribution && !action->by_span)
        return true;
    if (!take_word(rest, "by"))
        return incomplete(reader, action, *rest, "'by' is missing");
    amount = action->by_span ? sr_slice_word(rest) : before_for(rest);
    if (sr_slice_empty(amount))
        return incomplete(reader, action, amount, "'by' needs an amount");
    return action->by_distribution ? sr_value_distribution(reader, amount, &entry->slow)
                                   : sr_value_signed_span(reader, amount, &entry->delta_ns);
}

static bool
read_for(SrReader *reader, const struct action *action, SrSlice *rest, SrTimelineEntry *entry)
{
    SrSlice span;

    entry->duration = SR_TIME_NEVER;
    if (!action->may_last || (sr_slice_empty(*rest) && !action->must_last))
        return true;
    if (!take_word(rest, "for"))
        return !action->must_last && !sr_slice_empty(*rest)
                   ? true
                   : incomplete(reader, action, *rest, "'for D' is missing");
    span = sr_slice_word(rest);
    if (sr_slice_empty(span))
        return incomplete(reader, action, span, "'for' needs a duration");
    return sr_value_span(reader, span, &entry->duration);
}

static bool
read_nodes(SrReader *reader, const struct action *action, SrSlice *rest, SrTimelineEntry *entry)
{
    SrNodeRange peer;
    SrSlice word;

    if (action->targets == NO_TARGET) {
        /* Only the encryption provider can be a target without being named. */
        entry->target = (SrNodeRange){ SR_NODE_ENCRYPTION_PROVIDER, 1 };
        return true;
    }
    word = sr_slice_word(rest);
    if (sr_slice_empty(word))
        return incomplete(reader, action, word, "the target is missing");
    if (!sr_value_node(reader, word, action->targets, &entry->target))
        return false;
    if (!action->peer)
        return true;
    word = sr_slice_word(rest);
    if (sr_slice_empty(word))
        return incomplete(reader, action, word, "the service is missing");
    if (!sr_value_node(reader, word, SR_NAME_SERVICE, &peer))
        return false;
    entry->peer = peer.first;
    return true;
}

static bool
read_action(SrReader *reader, SrSlice value, SrTimelineEntry *entry)
{
    SrSlice rest = value, word = sr_slice_word(&rest);
    const struct action *action = find_action(reader, word);

    *entry = (SrTimelineEntry){ .peer = SR_NODE_NONE };
    if (action == NULL)
        return false;
    entry->action = action->action;
    if (!read_nodes(reader, action, &rest, entry) || !read_by(reader, action, &rest, entry) ||
        !read_for(reader, action, &rest, entry))
        return false;
    if (!sr_slice_empty(rest))
        return incomplete(reader, action, rest, "too much on the line");
    return true;
}

/* sr_timeline_read() reads these values. */
const SrValueType sr_type_action = { "action", "ns, us, ms, s, min, h, d", .parse = NULL };

static bool
read_instant(SrReader *reader, SrSlice key, SrTime *at)
{
    char text[SR_SPAN_TEXT_MAX];

    if (!sr_value_span(reader, key, at))
        return false;
    if (*at <= reader->scenario->limit)
        return true;
    sr_span_format(reader->scenario->limit, text);
    g_autofree char *note = g_strdup_printf("'limit' in [scenario] is %s", text);

    return sr_reader_error(reader, key, note, "at %s the run has already ended",
                           sr_quote(reader, key));
}

/* FALSE when there are too many. */
static bool
read_entry(SrReader *reader, SrSlice key, SrSlice value, bool keep)
{
    SrTimelineEntry entry;
    SrTime at = 0;
    bool good;

    if (reader->scenario->timeline->len == SR_TIMELINE_ACTIONS_MAX)
        return sr_reader_error(reader, key, NULL, "more than %u actions",
                               SR_TIMELINE_ACTIONS_MAX);
    good = read_instant(reader, key, &at);
    if (sr_slice_empty(value)) {
        sr_reader_error(reader, value, NULL, "no action at '%s'", sr_quote(reader, key));
        return true;
    }
    good = read_action(reader, value, &entry) && good;
    if (!good || !keep)
        return true;
    entry.at = at;
    g_array_append_val(reader->scenario->timeline, entry);
    return true;
}

void
sr_timeline_read(SrReader *reader, const SrGroup *group)
{
    SrEntries entries = sr_entries(reader, group);
    SrSlice key, value;

    while (sr_entries_next(&entries, &key, &value))
        if (!read_entry(reader, key, value, !group->duplicate))
            return;
}

/* Returns: the group that begins at the same node and has as many members, else the single node
 */
static void
append_nodes(const SrScenario *scenario, SrNodeRange nodes, GString *out)
{
    char name[76];

    sr_scenario_node_name(scenario, nodes.first, name);
    if (nodes.n > 1) {
        char *dash = strrchr(name, '-');

        g_assert(dash != NULL);
        *dash = '\0';
    }
    g_string_append_printf(out, " %s", name);
}

char *
sr_timeline_entry_text(const SrScenario *scenario, const SrTimelineEntry *entry)
{
    const struct action *action = actions;
    GString *out = g_string_new(NULL);

    while (action->action != entry->action)
        action++;
    g_string_append(out, action->word);
    if (action->targets != NO_TARGET)
        append_nodes(scenario, entry->target, out);
    if (action->peer)
        append_nodes(scenario, (SrNodeRange){ entry->peer, 1 }, out);
    if (action->by_distribution || action->by_span)
        g_string_append(out, " by ");
    if (action->by_distribution)
        sr_append_distribution(out, scenario, &entry->slow);
    if (action->by_span)
        sr_append_signed_span(out, entry->delta_ns);
    if (entry->duration != SR_TIME_NEVER) {
        g_string_append(out, " for ");
        sr_append_span(out, entry->duration);
    }
    return g_string_free(out, FALSE);
}

void
sr_timeline_actions(GString *out, bool markdown)
{
    if (markdown)
        g_string_append(out, "| action | what it does |\n| --- | --- |\n");
    for (unsigned i = 0; i < G_N_ELEMENTS(actions); i++) {
        if (!markdown) {
            g_string_append_printf(out, "  %s\n      %s\n", actions[i].form,
                                   actions[i].meaning);
            continue;
        }
        g_string_append(out, "| `");
        /* A bar would end the table cell. */
        for (const char *p = actions[i].form; *p != '\0'; p++)
            g_string_append_printf(out, *p == '|' ? "\\|" : "%c", *p);
        g_string_append_printf(out, "` | %s |\n", actions[i].meaning);
    }
}
