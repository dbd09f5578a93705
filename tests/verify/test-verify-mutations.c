/* A property: a trace in which one line is removed, doubled, swapped with the line before it of
 * the same node, or changed in one member, is refused or explained.
 *
 * The traces of all shipped scenarios are changed in many ways, which a fixed seed chooses. The
 * digest, or the numbers of the lines, show each change. So each is tried again with a repaired
 * digest and repaired numbers. The table below lists the changes that verification cannot see
 * then, with the reason: another run, or another setting, does write such a trace. Any other
 * change that is explained fails the test. With the scenario no change is explained. */
#include "verify/verify-answers.h"
#include "verify/verify-fixture.h"

#include <stdio.h>

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

/* ---- what cannot be seen ---- */

/* "kind event message member"; `*` fits anything. */
/* clang-format off */
static struct {
    const char *pattern, *reason;
    unsigned wanted; /* how many of the changes that are tried as usual */
    unsigned n;
} unseen[] = {
    { "removed receive * -", "the message is on its way when the run ends at its limit, or on a link that is not ordered", 8, 0 },
    { "removed lose * -", "likewise", 6, 0 },
    { "removed connection-closed - -", "the server has not noticed it when the run ends", 0, 0 },
    { "removed key-discarded - -", "the store keeps that key, and nobody asks for it again", 0, 0 },
    { "removed fault * -", "what it does takes time, or nothing", 1, 0 },
    { "removed clock - -", "clocks show in nothing but what tokens are judged by", 0, 0 },
    { "removed token-signed - -", "the provider hands out the token that it signed before", 11, 0 },
    { "removed token-judged * -", "the server does not check tokens on that message", 7, 0 },
    { "doubled receive * -", "a link that is not ordered delivers twice", 104, 0 },
    { "doubled lose * -", "likewise, and loses both", 3, 0 },
    { "doubled fault * -", "it happens twice", 1, 0 },
    { "doubled clock - -", "likewise", 0, 0 },
    { "swapped * * -", "both come in one instant, and neither leads to the other", 3, 0 },
    { "changed * * t", "how long anything takes is not known, only that time does not go back", 17, 0 },
    { "changed token-judged * now", "the server's clock may be wrong by any amount", 10, 0 },
    { "changed * * id", "one of two messages that say the same stands for the other", 0, 0 },
    { "changed fault * action", "another fault that takes time, or does nothing", 0, 0 },
    { "changed sealed - bytes", "how large content is, where it is sealed once", 1, 0 },
    { "tripled fault * -", "it happens three times", 2, 0 },
    { "tripled clock - -", "likewise", 1, 0 },
    { "removed-all send key-refused -", "a request for a key runs out unanswered, and the client asks again", 0, 0 },
    { "removed-all receive key-refused -", "likewise", 0, 0 },
    { "first - - source", "which scenario and which seed it is of, the scenario has to say", 148, 0 },
    { "first - - seed", "likewise", 146, 0 },
    { "last - - t", "a run may go on for a while without a line", 159, 0 },
};
/* clang-format on */

static bool
word_fits(const char *pattern, size_t length, const char *word)
{
    return (length == 1 && *pattern == '*') ||
           (length == strlen(word) && memcmp(pattern, word, length) == 0);
}

static bool
is_known_unseen(const char *kind, const char *event, const char *message, const char *member)
{
    const char *const words[] = { kind, event, message, member };

    for (size_t i = 0; i < G_N_ELEMENTS(unseen); i++) {
        const char *at = unseen[i].pattern;
        bool fits = true;

        for (size_t k = 0; k < G_N_ELEMENTS(words); k++) {
            size_t length = strcspn(at, " ");

            fits &= word_fits(at, length, words[k]);
            at += length + (at[length] == ' ');
        }
        if (fits) {
            unseen[i].n++;
            return true;
        }
    }
    return false;
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

static unsigned
draw(Changer *changer, unsigned n)
{
    return (unsigned) sr_stream_below(&changer->stream, n);
}

static void
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
static char *
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
static bool
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
static bool
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
static bool
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
static bool
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

/* ---- the property ---- */

typedef struct {
    unsigned n_traces, n[KIND_N], refused[KIND_N], damaged[KIND_N], n_bad;
    Said answers;
} Tally;

/* Whether line @at is not earlier than the line before it, nor later than the line after it. */
static bool
stays_in_order(const GPtrArray *lines, guint at)
{
    int64_t t[3] = { 0, 0, INT64_MAX };

    for (guint i = MAX(at, 2) - 1; i <= at + 1 && i < lines->len; i++) {
        g_autofree char *word = fixture_word(g_ptr_array_index(lines, i), "t");

        t[i + 1 - at] = g_ascii_strtoll(word, NULL, 10);
    }
    return t[0] <= t[1] && t[1] <= t[2];
}

/* Returns: whether the trace of @lines is read, explained with @options, and of the scenario in
 * @options, if there is one; @answers: (nullable): gets what was said */
static bool
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

static void
try_one(Changer *changer, Kind kind, const char *path, const SrScenario *scenario, Tally *tally)
{
    const SrVerifyOptions alone = { 0 }, compared = { .scenario = scenario };
    g_autoptr(GPtrArray) lines = fixture_copy(changer->lines);

    if (!change(changer, kind, lines))
        return;
    tally->n[kind]++;
    /* The digest catches everything between the first line and the last. */
    tally->damaged[kind] += kind == FIRST || kind == LAST || !passes(lines, &alone, NULL);
    fixture_repair(lines);

    g_autoptr(GString) same = fixture_join(lines), was = fixture_join(changer->lines);

    /* The change may have no effect: two equal lines were swapped. */
    if (strcmp(same->str, was->str) == 0 || !passes(lines, &alone, changer->answers)) {
        tally->refused[kind]++;
        return;
    }

    g_autofree char *event = fixture_word(changer->line, "event");
    g_autofree char *message =
        fixture_word(changer->line, strcmp(event, "fault") == 0 ? "action" : "msg");
    bool in_order = strcmp(changer->member, "t") != 0 || stays_in_order(lines, changer->at);

    if (!in_order || !is_known_unseen(kind_names[kind], event, message, changer->member)) {
        tally->n_bad++;
        print_error("%s: %s, %s: %s\n", strstr(path, "scenarios/"), kind_names[kind],
                    changer->member, changer->line);
    }
    /* A run that draws nothing and makes no key is the same for every seed. */
    if (strcmp(changer->member, "seed") != 0)
        assert_false(passes(lines, &compared, changer->answers));
}

static void
change_shipped(const char *path, void *data)
{
    Tally *tally = data;
    g_autoptr(SrScenario) scenario = fixture_load(path);
    g_autoptr(GString) text = fixture_trace(scenario, scenario->seed);
    g_autoptr(GPtrArray) lines = fixture_lines(text);
    Changer changer = {
        .lines = lines,
        .values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                        (GDestroyNotify) g_ptr_array_unref),
        .stream = sr_stream_at(sr_name_hash(scenario->title, strlen(scenario->title)), 0),
        .answers = &tally->answers,
    };

    if (lines->len <= LINES_MAX) {
        tally->n_traces++;
        meet_values(&changer);
        for (unsigned kind = 0; kind < KIND_N; kind++)
            for (unsigned i = 0; i < n_each[kind] * fixture_effort(); i++)
                try_one(&changer, (Kind) kind, path, scenario, tally);
    }
    g_free(changer.line);
    g_hash_table_unref(changer.values);
}

static void
changes_are_refused_or_explained(void **state)
{
    Tally tally = { .answers = said_init() };

    (void) state;
    fixture_each_shipped(change_shipped, &tally);
    print_message("%u traces\n", tally.n_traces);
    for (unsigned kind = 0; kind < KIND_N; kind++) {
        print_message("%-11s %5u: damage named %5u; made to fit: refused %5u, explained %u\n",
                      kind_names[kind], tally.n[kind], tally.damaged[kind], tally.refused[kind],
                      tally.n[kind] - tally.refused[kind]);
        assert_in_range(tally.n[kind], 100, UINT32_MAX);
        assert_int_equal(tally.damaged[kind], tally.n[kind]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(unseen); i++)
        print_message("  explained %4u: %s: %s\n", unseen[i].n, unseen[i].pattern,
                      unseen[i].reason);
    for (size_t i = 0; i < G_N_ELEMENTS(unseen) && fixture_effort() == 1; i++)
        if (unseen[i].n != unseen[i].wanted)
            fail_msg("%s: %u are explained, not %u", unseen[i].pattern, unseen[i].n,
                     unseen[i].wanted);
    assert_int_equal(tally.n_bad, 0);
    g_autoptr(GString) said = said_end(&tally.answers);
    if (fixture_effort() == 1)
        golden_compare("verify-changed-traces", said);
}

/* ---- logs ---- */

typedef struct {
    Said answers;
    unsigned n;
} Logs;

/* A log has no digest and no numbers of lines: each change reaches what judges it. */
static void
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
static void
leave_out(GPtrArray *lines, const char *event)
{
    for (guint i = lines->len - 1; i > 0; i--) {
        g_autofree char *its = fixture_word(g_ptr_array_index(lines, i), "event");

        if (strcmp(its, event) == 0)
            g_ptr_array_remove_index(lines, i);
    }
}

static void
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
        for (unsigned i = 0; i < (n_each[kind] + 1) / 2; i++) {
            const SrVerifyOptions options = { .partial = i % 2,
                                              .unordered = i / 2 % 2,
                                              .tries = 20000 };

            try_log(&changer, (Kind) kind, &options);
        }
    g_free(changer.line);
    g_hash_table_unref(changer.values);
}

/* Of each run three logs: of messages alone, with notes, and with all notes but one; of two in three the
 * last has no numbers of connections, or no keys. */
static void
change_log(const char *path, void *data)
{
    static const char *const unnoted[] = {
        "key-made",      "key-found",         "key-missing",      "key-settled",
        "key-discarded", "established",       "token-judged",     "token-signed",
        "released",      "connection-opened", "connection-closed"
    };
    static const char *const left_members[] = { "^\n", ",\"conn\":[0-9]+",
                                                ",\"key\":\"[^\"]*\"" };
    Logs *logs = data;
    g_autoptr(SrScenario) scenario = fixture_load(path);
    g_autoptr(GString) text = fixture_trace(scenario, scenario->seed);

    for (unsigned which = 0; which < 3; which++) {
        SrStream stream = sr_stream_at(11, logs->n);
        g_autoptr(GString) log = fixture_log(text, which > 0, &stream);
        g_autofree char *bare =
            said_replace(log->str, left_members[which == 2 ? logs->n % 3 : 0], "");
        g_autoptr(GString) left = g_string_new(bare);
        g_autoptr(GPtrArray) lines = fixture_lines(left);

        if (which == 2)
            leave_out(lines, unnoted[logs->n % G_N_ELEMENTS(unnoted)]);
        if (lines->len > 2 && lines->len <= LOG_LINES_MAX)
            change_lines(lines, stream, &logs->answers);
    }
    logs->n++;
}

static void
changed_logs_are_answered_as_before(void **state)
{
    Logs logs = { .answers = said_init() };

    (void) state;
    fixture_each_shipped(change_log, &logs);
    g_autoptr(GString) said = said_end(&logs.answers);
    golden_compare("verify-changed-logs", said);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_refused_or_explained),
        cmocka_unit_test(changed_logs_are_answered_as_before),
    };

    return cmocka_run_group_tests_name("changed traces", tests, NULL, NULL) != 0;
}
