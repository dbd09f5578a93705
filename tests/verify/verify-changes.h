/* Changes of traces and of logs, which a fixed seed chooses. */
#pragma once

#include "effort.h"
#include "verify/verify-answers.h"

#include "session-race/stream.h"

#define LINES_MAX 700     /* of a trace that is changed */
#define LOG_LINES_MAX 200 /* of a log that is changed */

/* Either one line is removed, doubled, tripled, swapped with the line before it of the same node, or
 * changed in a member. Or all lines of one message are removed, or changed alike. Or the first or
 * the last line is changed. */
typedef enum { REMOVE, DOUBLE, TRIPLE, SWAP, CHANGE, REMOVE_ALL, CHANGE_ALL, FIRST, LAST } Kind;
#define KIND_N (LAST + 1)
static const char *const kind_names[KIND_N] = { "removed",     "doubled", "tripled",
                                                "swapped",     "changed", "removed-all",
                                                "changed-all", "first",   "last" };

/* How often each trace is changed in each way. */
static const unsigned n_each[KIND_N] = { 12, 8, 4, 8, 40, 8, 16, 3, 4 };

/* Returns: how often a trace or a log is changed in the way of @kind where the answers are golden: at
 * least @least times, half of n_each at most. */
static inline unsigned
n_golden(Kind kind, unsigned least)
{
    unsigned usual = (n_each[kind] + 1) / 2;

    return (unsigned) CLAMP(effort_cases(usual), MIN(least, usual), usual);
}

/* ---- changes ---- */

typedef struct {
    const GPtrArray *lines;
    GHashTable *values; /* member → GPtrArray of values met */
    SrStream stream;
    const char *member; /* changed */
    char *line;         /* the line that was changed, as it was */
    guint at;           /* where it stands */
    Said *answers;      /* of the traces that were made to fit */
} Changer;

static const char *const members[] = {
    "t",     "node",  "event", "msg",    "to",     "from",   "id",     "conn",   "hint",
    "key",   "iat",   "exp",   "nbf",    "now",    "leeway", "reason", "result", "client",
    "nonce", "bytes", "ok",    "action", "target", "offset", "check",  "detail", "document",
};

static inline unsigned
draw(Changer *changer, unsigned n)
{
    return (unsigned) sr_stream_below(&changer->stream, n);
}

static inline void
meet_values(Changer *changer)
{
    for (guint i = 1; i + 1 < changer->lines->len; i++)
        for (size_t k = 0; k < G_N_ELEMENTS(members); k++) {
            size_t length = 0;
            const char *at =
                fixture_member(g_ptr_array_index(changer->lines, i), members[k], &length);
            GPtrArray *values;

            if (at == NULL || *at != '"')
                continue;
            values = g_hash_table_lookup(changer->values, members[k]);
            if (values == NULL) {
                values = g_ptr_array_new_with_free_func(g_free);
                g_hash_table_insert(changer->values, (gpointer) (uintptr_t) members[k], values);
            }
            g_autofree char *value = g_strndup(at, length);
            if (!g_ptr_array_find_with_equal_func(values, value, g_str_equal, NULL))
                g_ptr_array_add(values, g_steal_pointer(&value));
        }
}

/* Returns: (transfer full) (nullable): @line with another value of @member */
static inline char *
change_member(Changer *changer, const char *line, const char *member)
{
    static const int64_t steps[] = { 1, -1, 2, 1000000 };
    size_t length = 0;
    const char *at = fixture_member(line, member, &length);
    g_autofree char *value = NULL, *anew = NULL;

    if (at == NULL)
        return NULL;
    value = g_strndup(at, length);
    if (*value == '"') {
        GPtrArray *values = g_hash_table_lookup(changer->values, member);

        if (values == NULL) /* of the first or the last line */
            anew = g_strdup(strcmp(member, "seed") == 0 ? "\"7777777\""
                            : strcmp(member, "source") == 0
                                ? "\"1234567890abcdef1234567890abcdef\""
                            : strcmp(value, "\"pass\"") == 0 ? "\"fail\""
                                                             : "\"pass\"");
        else
            anew = g_strdup(g_ptr_array_index(values, draw(changer, values->len)));
    } else if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0) {
        anew = g_strdup(*value == 't' ? "false" : "true");
    } else {
        int64_t number = g_ascii_strtoll(value, NULL, 10) +
                         steps[draw(changer, (unsigned) G_N_ELEMENTS(steps))];

        if (number < 0 && strcmp(member, "offset") != 0)
            return NULL;
        anew = g_strdup_printf("%" PRId64, number);
    }
    return strcmp(anew, value) == 0 ? NULL : fixture_with_member(line, member, anew);
}

/* Changes @member of line @at, if that has it. Returns: whether it did */
static inline bool
change_line(Changer *changer, GPtrArray *lines, guint at, const char *member)
{
    g_autofree char *anew = NULL;

    changer->member = member;
    anew = change_member(changer, g_ptr_array_index(lines, at), member);
    if (anew == NULL)
        return false;
    g_free(lines->pdata[at]);
    lines->pdata[at] = g_steal_pointer(&anew);
    return true;
}

/* Swaps line @at with the one before it of the same node. Returns: whether they differ */
static inline bool
swap_lines(GPtrArray *lines, guint at)
{
    g_autofree char *node = fixture_word(g_ptr_array_index(lines, at), "node");
    char *moved = g_ptr_array_index(lines, at);

    for (guint other = at - 1; other >= 1; other--) {
        g_autofree char *its = fixture_word(g_ptr_array_index(lines, other), "node");

        if (strcmp(its, node) != 0)
            continue;
        lines->pdata[at] = lines->pdata[other];
        lines->pdata[other] = moved;
        return strcmp(moved, g_ptr_array_index(lines, at)) != 0;
    }
    return false;
}

/* Removes all lines of the message of line @at, or gives a member of them all another value.
 * Returns: whether it did */
static inline bool
change_message(Changer *changer, GPtrArray *lines, guint at, bool removes)
{
    static const char *const carried[] = {
        "msg", "conn", "hint", "key", "iat", "exp", "reason"
    };
    g_autofree char *id = fixture_word(g_ptr_array_index(lines, at), "id");
    g_autofree char *value = NULL;
    const char *member = carried[draw(changer, (unsigned) G_N_ELEMENTS(carried))];

    if (strcmp(id, "-") == 0)
        return false;
    if (!removes) {
        size_t length = 0;
        const char *word;

        if (!change_line(changer, lines, at, member))
            return false;
        word = fixture_member(g_ptr_array_index(lines, at), member, &length);
        value = g_strndup(word, length);
    }
    for (guint i = lines->len - 2; i >= 1; i--) {
        g_autofree char *its = fixture_word(g_ptr_array_index(lines, i), "id");

        if (strcmp(its, id) != 0)
            continue;
        if (removes)
            g_ptr_array_remove_index(lines, i);
        else
            fixture_set(lines, i, member, value);
    }
    if (removes)
        fixture_renumber_messages(lines);
    return true;
}

/* Changes @lines in the way of @kind. Returns: whether it did */
static inline bool
change(Changer *changer, Kind kind, GPtrArray *lines)
{
    static const char *const of_first[] = { "source", "seed" };
    static const char *const of_last[] = { "t", "verdict" };
    guint at = 1 + draw(changer, lines->len - 2);

    if (kind == FIRST || kind == LAST)
        at = kind == FIRST ? 0 : lines->len - 1;
    g_free(changer->line);
    changer->at = at;
    changer->line = g_strdup(g_ptr_array_index(lines, at));
    changer->member = "-";
    switch (kind) {
    case REMOVE:
        g_ptr_array_remove_index(lines, at);
        return true;
    case TRIPLE:
        g_ptr_array_insert(lines, (gint) at, g_strdup(changer->line));
        G_GNUC_FALLTHROUGH;
    case DOUBLE:
        g_ptr_array_insert(lines, (gint) at, g_strdup(changer->line));
        return true;
    case SWAP:
        return swap_lines(lines, at);
    case CHANGE:
        return change_line(changer, lines, at,
                           members[draw(changer, (unsigned) G_N_ELEMENTS(members))]);
    case REMOVE_ALL:
    case CHANGE_ALL:
        return change_message(changer, lines, at, kind == REMOVE_ALL);
    case FIRST:
        return change_line(changer, lines, at, of_first[draw(changer, 2)]);
    case LAST:
        return change_line(changer, lines, at, of_last[draw(changer, 2)]);
    }
    return false;
}

/* Returns: whether the trace of @lines is read, explained with @options, and of the scenario in
 * @options, if there is one; @answers: (nullable): gets what was said */
static inline bool
passes(const GPtrArray *lines, const SrVerifyOptions *options, Said *answers)
{
    g_autoptr(GString) text = fixture_join(lines);
    SrTraceFault fault;
    g_autoptr(SrTrace) trace = sr_trace_parse("trace", text->str, text->len, &fault);

    if (trace == NULL) {
        sr_trace_fault_clear(&fault);
        return false;
    }
    g_autoptr(SrVerified) found = sr_verify(trace, options);
    if (answers != NULL)
        answers_add(answers, trace, found);
    for (guint i = 0; i < found->notes->len; i++)
        if (g_str_has_prefix(g_ptr_array_index(found->notes, i), "the trace is not of this"))
            return false;
    assert_int_equal(found->n_nodes_not_judged, 0);
    return found->explained;
}

/* ---- logs ---- */

/* A log has no digest and no numbers of lines: each change reaches what judges it. */
static inline void
try_log(Changer *changer, Kind kind, const SrVerifyOptions *options)
{
    g_autoptr(GPtrArray) lines = fixture_copy(changer->lines);
    SrTraceFault fault;

    if (!change(changer, kind, lines))
        return;
    g_autoptr(GString) text = fixture_join(lines);
    g_autoptr(SrTrace) trace = sr_trace_parse_log("log", text->str, text->len, &fault);
    if (trace == NULL) {
        sr_trace_fault_clear(&fault);
        return;
    }
    g_autoptr(SrVerified) found = sr_verify(trace, options);
    answers_add(changer->answers, trace, found);
}

/* Leaves out every line of @event: some systems do not note it. */
static inline void
leave_out(GPtrArray *lines, const char *event)
{
    for (guint i = lines->len - 1; i > 0; i--) {
        g_autofree char *its = fixture_word(g_ptr_array_index(lines, i), "event");

        if (strcmp(its, event) == 0)
            g_ptr_array_remove_index(lines, i);
    }
}

static inline void
change_lines(GPtrArray *lines, SrStream stream, Said *answers)
{
    Changer changer = {
        .lines = lines,
        .values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                        (GDestroyNotify) g_ptr_array_unref),
        .stream = stream,
        .answers = answers,
    };

    meet_values(&changer);
    for (unsigned kind = 0; kind < FIRST; kind++)
        for (unsigned i = 0; i < n_golden((Kind) kind, 4); i++) {
            const SrVerifyOptions options = { .partial = i % 2,
                                              .unordered = i / 2 % 2,
                                              .tries = 20000 };

            try_log(&changer, (Kind) kind, &options);
        }
    g_free(changer.line);
    g_hash_table_unref(changer.values);
}

/* Of the run of @scenario, the @n-th one, three logs: of messages alone, with notes, and with all notes but one; of two in three the
 * last has no numbers of connections, or no keys. */
static inline void
change_logs(const SrScenario *scenario, unsigned n, Said *answers)
{
    static const char *const unnoted[] = {
        "key-made",      "key-found",         "key-missing",      "key-settled",
        "key-discarded", "established",       "token-judged",     "token-signed",
        "released",      "connection-opened", "connection-closed"
    };
    static const char *const left_members[] = { "^\n", ",\"conn\":[0-9]+",
                                                ",\"key\":\"[^\"]*\"" };
    g_autoptr(GString) text = fixture_trace(scenario, scenario->seed);

    for (unsigned which = 0; which < 3; which++) {
        SrStream stream = sr_stream_at(11, n);
        g_autoptr(GString) log = fixture_log(text, which > 0, &stream);
        g_autofree char *bare =
            said_replace(log->str, left_members[which == 2 ? n % 3 : 0], "");
        g_autoptr(GString) left = g_string_new(bare);
        g_autoptr(GPtrArray) lines = fixture_lines(left);

        if (which == 2)
            leave_out(lines, unnoted[n % G_N_ELEMENTS(unnoted)]);
        if (lines->len > 2 && lines->len <= LOG_LINES_MAX)
            change_lines(lines, stream, answers);
    }
}

/* ---- whole traces ---- */

/* Changes @text, a whole trace, in each way, made to fit. */
static inline void
change_trace(const GString *text, SrStream stream, Said *answers)
{
    const SrVerifyOptions alone = { 0 };
    g_autoptr(GPtrArray) lines = fixture_lines(text);
    Changer changer = {
        .lines = lines,
        .values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                        (GDestroyNotify) g_ptr_array_unref),
        .stream = stream,
    };

    if (lines->len > 2 && lines->len <= LINES_MAX) {
        meet_values(&changer);
        for (unsigned kind = 0; kind < FIRST; kind++)
            for (unsigned i = 0; i < n_golden((Kind) kind, 1); i++) {
                g_autoptr(GPtrArray) changed = fixture_copy(lines);

                if (!change(&changer, (Kind) kind, changed))
                    continue;
                fixture_repair(changed);
                passes(changed, &alone, answers);
            }
    }
    g_free(changer.line);
    g_hash_table_unref(changer.values);
}
