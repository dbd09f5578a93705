/* Runs in which the encryption provider is a child of ours. */
#include "exec-fixture.h"

#include <unistd.h>

#include "../run/run-fixture.h"

#define EXEC "[encryption-provider]\nkind = exec\n"
#define TWO "[network]\nlatency = 10ms\n[client alice]\n[client bob]\nstart = 12ms\n"

/* Only for the child that never answers the deadline is short. @log: a file for its standard error,
 * or -1 */
static SrExec *
make_with_log(const char *mode, int log)
{
    g_autofree char *command = fixture_command(mode);
    SrSpan deadline = (strcmp(mode, "hangs") == 0 ? 2 : 60) * SR_NS_PER_S;

    return sr_exec_new(
        &(SrExecOptions){ .command = command, .log = log, .deadline = deadline });
}

static SrExec *
make(const char *mode)
{
    return make_with_log(mode, -1);
}

/* Plays @text under @seed with the child of @exec; @trace (nullable) gets the trace. */
static SrRunResult
play(const char *text, SrExec *exec, uint64_t seed, GString *trace)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GError) error = NULL;
    SrRunOptions options = { .digest = true,
                             .story = true,
                             .real_crypto = true,
                             .provider = exec,
                             .trace = trace != NULL ? fixture_flush : NULL,
                             .trace_data = trace };
    SrRunResult result;

    if (!sr_run_execute(run, seed, &options, &result, &error))
        fail_msg("%s", error->message);
    return result;
}

/* ---- verdicts ---- */

#define BIT(check) (1u << SR_CHECK_##check)

/* clang-format off */
static const struct row {
    const char *mode, *more;
    uint32_t failed; /* bits of checks, under seed 1 */
} rows[] = {
    { "good",           "", 0 },
    { "waits",          "", 0 },
    { "timer",          "", 0 },
    { "floods",         "", 0 },
    { "notes",          "", 0 },
    { "no-hint",        "", BIT(KEY_KEPT) | BIT(KEY_FOUND) | BIT(HINT_STABLE) | BIT(ALL_COLLABORATE) },
    { "forgets",        "", BIT(KEY_KEPT) | BIT(KEY_FOUND) | BIT(ALL_COLLABORATE) },
    { "unstable",       "", BIT(KEY_KEPT) | BIT(HINT_STABLE) | BIT(SAME_KEY) | BIT(ALL_COLLABORATE) },
    { "refuses",        "", BIT(ALL_COLLABORATE) },
    { "bad-shape",      "", BIT(ALL_COLLABORATE) | BIT(PROVIDER_ANSWERS) },
    { "stuck",          "", BIT(ALL_COLLABORATE) | BIT(PROVIDER_ANSWERS) },
    { "silent-promise", "", BIT(ALL_COLLABORATE) | BIT(PROVIDER_ANSWERS) },
    { "exposes",        "", BIT(KEY_SECRET) | BIT(KEY_KEPT) | BIT(KEY_FOUND) | BIT(ALL_COLLABORATE) },
    { "rejects",        "", BIT(PROVIDER_ANSWERS) },
    { "blocked",        "", BIT(ALL_COLLABORATE) | BIT(PROVIDER_ANSWERS) },
    { "crashes",        "", BIT(ALL_COLLABORATE) | BIT(PROVIDER_ANSWERS) },
    { "exits",          "", BIT(ALL_COLLABORATE) | BIT(PROVIDER_ANSWERS) },
    { "hangs",          "", BIT(ALL_COLLABORATE) | BIT(PROVIDER_ANSWERS) },
    { "garbage",        "", BIT(ALL_COLLABORATE) | BIT(PROVIDER_ANSWERS) },
    { "twice",          "", BIT(ALL_COLLABORATE) | BIT(PROVIDER_ANSWERS) },
    { "good",           "[timeline]\n100ms = crash alice for 1s\n200ms = close bob\n", 0 },
    { "good",           "[timeline]\n3s = upgrade server\n", 0 },
    { "good",           "[document plan]\nprevious = yes\n", 0 },
    { "waits",          "[document plan]\nprevious = yes\n", 0 },
    { "forgets",        "[document plan]\nprevious = yes\n",
      BIT(KEY_KEPT) | BIT(PREVIOUS_KEPT) | BIT(KEY_FOUND) | BIT(ALL_COLLABORATE) },
};
/* clang-format on */

static void
a_race_ends_with_the_verdict_of_its_provider(void **state)
{
    const struct row *row = *state;
    g_autofree char *text = g_strconcat(EXEC, TWO, row->more, NULL);
    g_autoptr(SrExec) exec = make(row->mode);
    SrRunResult result = play(text, exec, 1, NULL);

    assert_int_equal(result.judged, SR_CHECKS_OF_ALL | BIT(PROVIDER_ANSWERS));
    if (result.failed != row->failed) {
        g_autofree char *failed = fixture_checks(result.failed);
        g_autofree char *expected = fixture_checks(row->failed);

        fail_msg("%s %s: %s where %s is expected (%s)", row->mode, row->more, failed, expected,
                 sr_exec_broke(exec));
    }
}

/* ---- instants ---- */

/* One editor, links of 10 ms, legs of 3 ms: token 1 ms of signing; then each step by hand. */
static void
a_call_takes_two_legs(void **state)
{
    static const char text[] = EXEC "io = 3ms\n[network]\nlatency = 10ms\n[client alice]\n";
    static const char *const lines[] = {
        /* start 0; token asked 0, arrives 10, signed 11, there 21; connect 21, 31, connected 41;
         * session-request 41, 51, none 61; key-request 61, 71 */
        "\"t\":71000000,\"node\":\"encryption-provider\",\"event\":\"waits\",\"wait\":1,\"for\":\"io\","
        "\"leg\":\"request\",\"label\":\"put keys\",\"at\":\"child.c:7\",\"request\":1}",
        "\"t\":74000000,\"node\":\"encryption-provider\",\"event\":\"wakes\",\"wait\":1}",
        "\"t\":74000000,\"node\":\"encryption-provider\",\"event\":\"waits\",\"wait\":2,\"for\":\"io\","
        "\"leg\":\"response\",\"label\":\"put keys\",\"at\":\"child.c:7\",\"request\":1}",
        "\"t\":77000000,\"node\":\"encryption-provider\",\"event\":\"wakes\",\"wait\":2}",
        "\"t\":77000000,\"node\":\"encryption-provider\",\"event\":\"key-made\",\"hint\":\"h1\"",
        "\"t\":87000000,\"node\":\"alice\",\"event\":\"receive\",\"msg\":\"key\"",
    };
    g_autoptr(SrExec) exec = make("waits");
    g_autoptr(GString) trace = g_string_new(NULL);
    const char *at;

    (void) state;
    assert_int_equal(play(text, exec, 1, trace).failed, 0);
    at = trace->str;
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        at = strstr(at, lines[i]);
        if (at == NULL)
            fail_msg("no line %s in\n%s", lines[i], trace->str);
    }
}

/* An answer at once takes `generate` or `lookup`, and a timer exactly its span. */
static void
answers_and_timers_take_their_time(void **state)
{
    static const struct {
        const char *mode;
        SrTime made;
    } cases[] = { { "good", 71 + 20 }, { "timer", 71 + 3 } };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SrExec) exec = make(cases[i].mode);
        g_autoptr(GString) trace = g_string_new(NULL);
        g_autofree char *line = g_strdup_printf(
            "\"t\":%" G_GUINT64_FORMAT "000000,\"node\":\"encryption-provider\",\"event\":\"key-made\"",
            cases[i].made);

        play(EXEC "[network]\nlatency = 10ms\n[client alice]\n", exec, 1, trace);
        if (strstr(trace->str, line) == NULL)
            fail_msg("no line %s in\n%s", line, trace->str);
    }
}

/* Legs whose draws are fixed take what is said, each its own: asked at 71 ms. */
static void
fixed_legs_take_what_is_said(void **state)
{
    g_autoptr(SrExec) exec = make("waits");
    g_autoptr(GString) trace = g_string_new(NULL);

    (void) state;
    play(EXEC "io = 3ms\n[network]\nlatency = 10ms\n[client alice]\n[draws]\n"
              "encryption-provider/io alice 0.0 = 1ns\n"
              "encryption-provider/io alice 0.1 = 5ms\n",
         exec, 1, trace);
    assert_non_null(strstr(trace->str, "\"t\":71000001,\"node\":\"encryption-provider\","
                                       "\"event\":\"wakes\",\"wait\":1}"));
    assert_non_null(strstr(trace->str, "\"t\":76000001,\"node\":\"encryption-provider\","
                                       "\"event\":\"key-made\""));
}

/* ---- determinism ---- */

static void
two_children_write_the_same_trace(void **state)
{
    static const char text[] = EXEC "[client alice]\ncount = 5\n";
    g_autoptr(SrExec) first = make("waits");
    g_autoptr(SrExec) second = make("waits");
    g_autoptr(GString) once = g_string_new(NULL);
    g_autoptr(GString) again = g_string_new(NULL);

    (void) state;
    play(text, first, 7, once);
    /* The other one has played other seeds before. */
    for (uint64_t seed = 1; seed < 7; seed++)
        play(text, second, seed, NULL);
    play(text, second, 7, again);
    assert_string_equal(once->str, again->str);
}

/* A child that does what the built-in store does gives the same outcomes and verdicts. */
static void
a_store_of_ours_is_as_good_as_the_built_in_one(void **state)
{
    static const char race[] =
        "[network]\nlatency = uniform(5ms, 40ms)\n[client alice]\ncount = 3\n"
        "start = uniform(0ms, 30ms)\n[timeline]\n300ms = disconnect alice-2 for 1s\n";
    g_autofree char *ours = g_strconcat(EXEC, race, NULL);
    g_autoptr(SrScenario) built_in = fixture_parse(race);
    g_autoptr(SrScenario) foreign = fixture_parse(ours);
    g_autoptr(SrRun) a = sr_run_new(built_in);
    g_autoptr(SrRun) b = sr_run_new(foreign);
    g_autoptr(SrExec) exec = make("good");
    SrRunOptions options = { .provider = exec };
    SrRunResult x, y;

    (void) state;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        assert_true(sr_run_execute(a, seed, &options, &x, NULL));
        assert_true(sr_run_execute(b, seed, &options, &y, NULL));
        assert_int_equal(x.failed, y.failed);
        for (uint32_t i = 0; i < 3; i++) {
            SrClientOutcome p = sr_run_client(a, i), q = sr_run_client(b, i);

            assert_int_equal(p.state, q.state);
            assert_true(p.collaborating_at == q.collaborating_at);
        }
    }
}

/* ---- many keys ---- */

/* A client that crashes each time after its key is made makes more keys than there are clients. */
static void
there_is_room_for_every_key(void **state)
{
    enum { CRASHES = 40 };
    g_autoptr(GString) text =
        g_string_new(EXEC "[network]\nlatency = 10ms\n[client alice]\n[timeline]\n");
    g_autoptr(SrExec) exec = make("good");
    SrRunResult result;

    (void) state;
    for (unsigned i = 0; i < CRASHES; i++)
        g_string_append_printf(text, "%ums = crash alice for 55ms\n", 95 + 150 * i);
    result = play(text->str, exec, 1, NULL);
    assert_int_equal(result.failed, 0);
    assert_int_equal(result.keys_made, CRASHES + 1);
    assert_int_equal(result.orphans, CRASHES);
}

/* ---- errors ---- */

static void
a_run_that_needs_a_provider_says_so(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(EXEC TWO);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GError) error = NULL;
    SrRunOptions options = { 0 };
    SrRunResult result;

    (void) state;
    assert_true(sr_run_needs_provider(scenario));
    assert_false(sr_run_execute(run, 1, &options, &result, &error));
    assert_string_equal(error->message, "the scenario needs a provider");
}

/* ---- pages that are gone ---- */

/* The child hears of each page that is gone: of those that live when the server is upgraded. */
static void
a_child_hears_whose_page_is_gone(void **state)
{
    g_autofree char *path = NULL;
    g_autofree char *said = NULL;
    int log = g_file_open_tmp("session-race-XXXXXX", &path, NULL);
    SrExec *exec = make_with_log("hears", log);

    (void) state;
    assert_true(log >= 0);
    play(EXEC TWO "[client dorothea]\ncount = 2\nstart = 24ms\n[client ed]\ncount = 2\n"
                  "start = 24ms\n[client fay]\nstart = 5s\n[timeline]\n"
                  "900ms = upgrade server\n1s = close dorothea-2\n2s = crash bob for 1ms\n"
                  "2500ms = close bob\n3s = upgrade server\n4s = crash fay for 1s\n",
         exec, 1, NULL);
    sr_exec_free(exec);
    close(log);
    assert_true(g_file_get_contents(path, &said, NULL, NULL));
    unlink(path);
    assert_string_equal(said, "gone alice\ngone bob\ngone dorothea-1\ngone dorothea-2\n"
                              "gone ed-1\ngone ed-2\n"
                              "gone dorothea-2\ngone bob\ngone bob\n"
                              "gone alice\ngone dorothea-1\ngone ed-1\ngone ed-2\n");
}

/* ---- secrets ---- */

static void
no_key_is_in_a_trace(void **state)
{
    g_autoptr(SrExec) exec = make("waits");
    g_autoptr(GString) trace = g_string_new(NULL);

    (void) state;
    play(EXEC TWO, exec, 123456, trace);
    assert_non_null(strstr(trace->str, "key-made"));
    assert_null(strstr(trace->str, "key-123456-1"));
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 9] = {
        cmocka_unit_test(a_call_takes_two_legs),
        cmocka_unit_test(answers_and_timers_take_their_time),
        cmocka_unit_test(fixed_legs_take_what_is_said),
        cmocka_unit_test(two_children_write_the_same_trace),
        cmocka_unit_test(a_store_of_ours_is_as_good_as_the_built_in_one),
        cmocka_unit_test(no_key_is_in_a_trace),
        cmocka_unit_test(a_child_hears_whose_page_is_gone),
        cmocka_unit_test(there_is_room_for_every_key),
        cmocka_unit_test(a_run_that_needs_a_provider_says_so),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[9 + i] =
            (struct CMUnitTest){ .name = rows[i].mode,
                                 .test_func = a_race_ends_with_the_verdict_of_its_provider,
                                 .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests(tests, fixture_ignore_sigpipe, NULL);
}
