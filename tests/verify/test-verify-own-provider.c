/* Traces of runs whose encryption provider was a program of the user's own. */
#include "verify/verify-own.h"

#define SEEDS 3

static GString *
play_text(const char *more, const char *mode)
{
    g_autofree char *text = g_strconcat(EXEC, more, NULL);
    g_autoptr(SrScenario) scenario = fixture_parse(text);

    return play(scenario, mode, 1);
}

static void
check_explained(const SrTrace *trace, const SrVerifyOptions *options, const char *mode)
{
    g_autoptr(SrVerified) found = sr_verify(trace, options);

    if (!found->explained)
        fail_msg("%s: record %u: %s", mode, found->record, found->why);
    assert_int_equal(sr_verified_failed(found), trace->end.failed);
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        assert_in_range(found->checks[i].judgement, SR_JUDGEMENT_HOLDS, SR_JUDGEMENT_FAILS);
}

/* ---- what such a program does is explained ---- */

static void
check_mode(const char *more, const char *mode)
{
    g_autofree char *text = g_strconcat(EXEC, more, NULL);
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    const SrVerifyOptions alone = { 0 }, compared = { .scenario = scenario };

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        g_autoptr(GString) written = play(scenario, mode, seed);
        g_autoptr(SrTrace) trace = fixture_read(written);

        assert_true(trace->own_provider);
        check_explained(trace, &alone, mode);
        check_explained(trace, &compared, mode);
    }
}

static void
every_mode_is_explained(void **state)
{
    static const char *const modes[] = {
        "good",    "waits",     "timer", "no-hint",  "forgets",        "unstable",
        "refuses", "bad-shape", "stuck", "crashes",  "garbage",        "twice",
        "number",  "fault",     "drops", "not-open", "silent-promise",
    };
    static const char *const scenarios[] = {
        TWO,
        TWO "[document plan]\nprevious = yes\n",
        TWO "[timeline]\n100ms = crash alice for 1s\n200ms = close bob\n",
        TWO "[timeline]\n3s = upgrade server\n",
        MANY,
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(scenarios); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(modes); k++)
            check_mode(scenarios[i], modes[k]);
}

/* Without the word in the first line, lines that only such a program has say the same, or the
 * scenario does. */
static void
what_it_is_may_be_known_from_elsewhere(void **state)
{
    static const char *const modes[] = { "waits", "good" };
    g_autoptr(SrScenario) scenario = fixture_parse(EXEC TWO);
    const SrVerifyOptions options = { .scenario = scenario };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autoptr(GString) text = play(scenario, modes[i], 1);

        assert_true(g_string_replace(text, ",\"provider\":\"exec\"", "", 1) == 1);

        g_autoptr(SrTrace) trace = fixture_read(text);

        check_explained(trace, &options, modes[i]);
    }
}

static void
a_run_that_cannot_be_played_again_is_noted(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(EXEC TWO);
    const SrVerifyOptions options = { .scenario = scenario };
    g_autoptr(GString) text = play(scenario, "good", 1);
    g_autoptr(SrTrace) trace = fixture_read(text);
    g_autoptr(SrVerified) found = sr_verify(trace, &options);

    (void) state;
    assert_int_equal(found->notes->len, 1);
    assert_non_null(strstr(found->notes->pdata[0], "is not played again"));
}

/* The lines of the program alone, as the log of some system. */
static void
a_part_of_such_a_trace_is_explained(void **state)
{
    static const char *const modes[] = { "waits", "stuck", "bad-shape", "crashes", "forgets" };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autoptr(GString) text = play_text(TWO, modes[i]);
        g_autoptr(GPtrArray) lines = fixture_lines(text);
        SrTraceFault fault;

        g_ptr_array_remove_index(lines, lines->len - 1);

        g_autoptr(GString) log = fixture_join(lines);
        g_autoptr(SrTrace) trace = sr_trace_parse_log("log", log->str, log->len, &fault);
        const SrVerifyOptions none = { 0 };
        g_autoptr(SrVerified) found = sr_verify(trace, &none);

        if (!found->explained)
            fail_msg("%s: record %u: %s", modes[i], found->record, found->why);
    }
}

/* ---- changed traces are refused ---- */

/* What is done to the @nth line that has @at. */
typedef enum { REMOVE, AGAIN, AT_THE_END } Change;

/* clang-format off */
static const struct row {
    const char *name, *mode, *at;
    unsigned nth;
    Change change;
    const char *why; /* a part of it */
} rows[] = {
    { "a wake without its wait", "waits", "\"event\":\"waits\"", 0, REMOVE, "does not wait for that" },
    { "a wake twice", "waits", "\"event\":\"wakes\"", 0, AGAIN, "does not wait for that" },
    { "a wait twice", "waits", "\"event\":\"waits\"", 1, AGAIN, "used that number of a wait before" },
    { "a request that is stuck twice", "stuck", "\"event\":\"stuck\"", 0, AGAIN, "stuck already" },
    { "a request that is stuck before it came", "stuck", "\"node\":\"encryption-provider\",\"event\":\"receive\"", 0,
      REMOVE, "no such request open" },
    { "a refusal that is not sent", "bad-shape", "\"event\":\"send\",\"msg\":\"key-refused\"", 0, REMOVE, "is not sent" },
    { "a refusal that is not noted", "refuses", "\"event\":\"refused\"", 0, REMOVE, "refused that key right before" },
    { "a refusal twice", "bad-shape", "\"event\":\"refused\"", 0, AGAIN, "is not sent" },
    { "a key that is not noted", "good", "\"event\":\"key-made\"", 0, REMOVE, "refused that key right before" },
    { "a key missed and not refused", "forgets", "\"event\":\"refused\"", 0, REMOVE, "does not refuse that hint next" },
    { "it breaks twice", "crashes", "\"event\":\"provider-broke\"", 0, AGAIN, "has broken before" },
    { "a question of no client in between", "good", "\"event\":\"key-found\"", 0, AGAIN, "when all else is over" },
    { "a discarded key", "good", NULL, 0, AT_THE_END, "does no such thing" },
};
/* clang-format on */

static guint
find_line(const GPtrArray *lines, const char *at, unsigned nth)
{
    for (guint i = 1; i < lines->len; i++)
        if (strstr(g_ptr_array_index(lines, i), at) != NULL && nth-- == 0)
            return i;
    fail_msg("no line has %s", at);
    return 0;
}

/* Returns: (transfer full): a line of the provider at the instant of @line */
static char *
discard_at(const char *line)
{
    g_autofree char *t = fixture_word(line, "t");

    return g_strdup_printf("{\"type\":\"event\",\"seq\":1,\"t\":%s,\"node\":"
                           "\"encryption-provider\",\"event\":\"key-discarded\","
                           "\"hint\":\"h1\",\"reason\":\"age\"}",
                           t);
}

static void
change(GPtrArray *lines, const struct row *row)
{
    guint i = row->at != NULL ? find_line(lines, row->at, row->nth) : lines->len - 2;
    const char *line = g_ptr_array_index(lines, i);

    switch (row->change) {
    case REMOVE:
        g_ptr_array_remove_index(lines, i);
        return;
    case AGAIN:
        g_ptr_array_insert(lines, (gint) i + 1, g_strdup(line));
        return;
    case AT_THE_END:
        g_ptr_array_insert(lines, (gint) i + 1, discard_at(line));
        return;
    }
}

static void
a_change_is_refused(void **state)
{
    const struct row *row = *state;
    g_autoptr(GString) text = play_text(TWO, row->mode);
    g_autoptr(GPtrArray) lines = fixture_lines(text);

    change(lines, row);
    fixture_renumber_messages(lines);
    fixture_repair(lines);

    g_autoptr(GString) changed = fixture_join(lines);
    g_autoptr(SrTrace) trace = fixture_read(changed);
    const SrVerifyOptions none = { 0 };
    g_autoptr(SrVerified) found = sr_verify(trace, &none);

    if (found->explained || strstr(found->why, row->why) == NULL)
        fail_msg("%s\n%s", found->explained ? "explained" : found->why, changed->str);
}

/* A key for alice, whose request is stuck, is put into the trace: note, message and its arrival. */
static void
a_stuck_request_has_no_answer(void **state)
{
    static const struct {
        const char *at, *line;
    } more[] = {
        { "\"event\":\"stuck\"",
          "{\"type\":\"event\",\"seq\":1,\"t\":71000000,\"node\":\"encryption-provider\","
          "\"event\":\"send\",\"msg\":\"key\",\"to\":\"alice\",\"id\":99,\"hint\":\"h1\","
          "\"key\":\"0000000000000000\"}" },
        { "\"event\":\"stuck\"",
          "{\"type\":\"event\",\"seq\":1,\"t\":71000000,\"node\":\"encryption-provider\","
          "\"event\":\"key-made\",\"hint\":\"h1\",\"key\":\"0000000000000000\"}" },
    };
    g_autoptr(GString) text = play_text(TWO, "stuck");
    g_autoptr(GPtrArray) lines = fixture_lines(text);

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(more); i++) {
        guint at = find_line(lines, more[i].at, 0) + 2;

        g_ptr_array_insert(lines, (gint) at, g_strdup(more[i].line));
    }
    fixture_renumber_messages(lines);
    fixture_repair(lines);

    g_autoptr(GString) changed = fixture_join(lines);
    g_autoptr(SrTrace) trace = fixture_read(changed);
    const SrVerifyOptions none = { 0 };
    g_autoptr(SrVerified) found = sr_verify(trace, &none);

    if (found->explained || strstr(found->why, "nothing can answer that request") == NULL)
        fail_msg("%s\n%s", found->explained ? "explained" : found->why, changed->str);
}

/* A trace of ours without such a program is not judged by these weaker rules. */
static void
built_in_kinds_are_judged_as_ever(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(TWO);
    g_autoptr(GString) text = fixture_trace(scenario, 1);
    g_autoptr(GPtrArray) lines = fixture_lines(text);

    (void) state;
    assert_null(strstr(text->str, "\"provider\""));
    for (guint i = 1; i < lines->len; i++)
        fixture_set(lines, i, "hint", "\"other\"");
    fixture_repair(lines);

    g_autoptr(GString) changed = fixture_join(lines);
    g_autoptr(SrTrace) trace = fixture_read(changed);
    const SrVerifyOptions none = { 0 };
    g_autoptr(SrVerified) found = sr_verify(trace, &none);

    assert_false(found->explained);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 6] = {
        cmocka_unit_test(every_mode_is_explained),
        cmocka_unit_test(what_it_is_may_be_known_from_elsewhere),
        cmocka_unit_test(a_run_that_cannot_be_played_again_is_noted),
        cmocka_unit_test(a_part_of_such_a_trace_is_explained),
        cmocka_unit_test(a_stuck_request_has_no_answer),
        cmocka_unit_test(built_in_kinds_are_judged_as_ever),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[6 + i] = (struct CMUnitTest){ .name = rows[i].name,
                                            .test_func = a_change_is_refused,
                                            .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests(tests, fixture_ignore_sigpipe, NULL) != 0;
}
