/* Runs in which the token provider is a signer of ours, or a child that misbehaves. */
#include "exec-fixture.h"

#include "../run/run-fixture.h"

#include "session-race/trace-reader.h"
#include "session-race/verify.h"

#define EXEC "[token-provider]\nkind = exec\n"
#define ONE "[network]\nlatency = 10ms\n[client alice]\n"
#define TWO "[network]\nlatency = 10ms\n[client alice]\n[client bob]\nstart = 12ms\n"

/* A child in @mode: words for the signer of ours, or, behind a minus, for the child of ours. Only
 * for the one that never answers the deadline is short. */
static SrExec *
make(const char *mode)
{
    bool child = mode[0] == '-';
    g_autofree char *program = g_shell_quote(g_getenv(child ? "SR_CHILD" : "SR_SIGNER"));
    g_autofree char *command = g_strdup_printf("%s %s", program, mode + child);

    return sr_exec_new(
        &(SrExecOptions){ .command = command,
                          .role = SR_EXEC_TOKENS,
                          .log = -1,
                          .deadline = (strcmp(mode, "-hangs") == 0 ? 2 : 60) * SR_NS_PER_S });
}

/* Plays @text under @seed with the signer @exec; @trace (nullable) gets the trace. */
static SrRunResult
play(const char *text, SrExec *exec, uint64_t seed, GString *trace)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GError) error = NULL;
    SrRunOptions options = { .digest = true,
                             .story = true,
                             .real_crypto = true,
                             .signer = exec,
                             .trace = trace != NULL ? fixture_flush : NULL,
                             .trace_data = trace };
    SrRunResult result;

    if (!sr_run_execute(run, seed, &options, &result, &error))
        fail_msg("%s", error->message);
    return result;
}

/* Fails unless verify explains all of @trace and comes to the same verdict. */
static void
check_verifies(const GString *trace, uint32_t failed)
{
    SrTraceFault fault = { 0 };
    g_autoptr(SrTrace) read = sr_trace_parse("t.ndjson", trace->str, trace->len, &fault);
    SrVerifyOptions options = { 0 };
    SrVerified *found;

    if (read == NULL)
        fail_msg("line %u: %s in\n%s", (unsigned) fault.line, fault.message, trace->str);
    assert_true(read->own_signer);
    found = sr_verify(read, &options);
    if (!found->explained)
        fail_msg("record %u is not explained: %s\n%s", found->record, found->why, trace->str);
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        assert_int_equal(found->checks[i].judgement == SR_JUDGEMENT_FAILS, failed >> i & 1);
    sr_verified_free(found);
}

/* ---- verdicts ---- */

#define BIT(check) (1u << SR_CHECK_##check)
#define BROKEN BIT(PROVIDER_ANSWERS)

/* clang-format off */
static const struct row {
    const char *mode, *more;
    uint32_t failed;     /* bits of checks, under seed 1 */
    uint32_t refused;    /* tokens that the server refuses */
    const char *remark;  /* (nullable) what is said of them */
    const char *line;    /* (nullable) in the trace */
} rows[] = {
    { "good", "", 0, 0, NULL, "\"event\":\"token-signed\",\"iat\":1685577600,\"exp\":1685577900}" },
    { "good PS512", "", 0, 0, NULL, NULL },
    { "waits", "", 0, 0, NULL, "\"node\":\"token-provider\",\"event\":\"waits\",\"wait\":1,\"for\":\"io\",\"leg\":\"request\",\"label\":\"ask the session store\",\"at\":\"sign.js:7\",\"request\":1}" },
    { "cached", "", 0, 0, NULL, NULL },
    { "short", "[client carol]\nstart = 25s\n", 0, 0, NULL, "\"msg\":\"token-update\"" },
    { "fractions", "[server]\nleeway = 1s\n", 0, 0, NULL, "\"iat\":1685577601,\"exp\":1685577900" },
    { "fractions", "", 0, 2, NULL, "\"result\":\"issued-in-future\"" },
    { "good ES256", "", 0, 2, "a token is refused as bad-signature: its alg is 'ES256', which [server] accept does not name", "\"result\":\"bad-signature\"" },
    { "good ES256", "[server]\naccept = ES256\n", 0, 0, NULL, NULL },
    { "good RS256", "[server]\naccept = ES256\n", 0, 2, "its alg is 'RS256', which [server] accept does not name", NULL },
    { "good EdDSA", "[server]\naccept = RS256, EdDSA\n", 0, 0, NULL, NULL },
    { "good HS256", "[server]\naccept = HS256\n", 0, 0, NULL, NULL },
    { "hmac", "[server]\naccept = RS256, HS256\n", 0, 2, "its alg is HS256, and no key of its signer's jwks is of the kind oct", NULL },
    { "none", "", 0, 2, "its alg is 'none', which no server can verify", NULL },
    { "changed", "", 0, 2, "its RS256 signature is not that of the key of its signer's jwks", NULL },
    { "other-kid", "", 0, 2, "no key of its signer's jwks for RS256 has its kid 'k2'", NULL },
    { "no-keys", "", 0, 2, "its signer has given no public key that can be used", NULL },
    { "garbage-token", "", 0, 2, "it is not three parts with dots between them", "\"event\":\"token-signed\"}" },
    { "no-exp", "", 0, 2, "a token is refused as missing-claim: it has no 'exp'", "\"result\":\"missing-claim\"" },
    { "text-exp", "", 0, 2, "a token is refused as missing-claim: its 'exp' is no number", NULL },
    { "milliseconds", "", 0, 2, NULL, "\"iat\":1685577600011,\"exp\":1685577900011" },
    { "milliseconds", "[server]\ncheck-iat = no\n", 0, 0, NULL, NULL },
    { "expired", "", 0, 2, NULL, "\"result\":\"expired\"" },
    { "not-before", "", 0, 2, NULL, "\"result\":\"not-yet-valid\"" },
    { "huge", "", 0, 0, NULL, "\"iat\":-9007199254740991,\"exp\":9007199254740991" },
    { "refuses", "", 0, 0, NULL, "\"event\":\"refused\",\"client\":\"alice\",\"reason\":\"unavailable\"}" },
    { "refuses", "[timeline]\n5s = close bob\n", 0, 0, NULL, "\"msg\":\"token-refused\",\"to\":\"alice\"" },
    { "bad-shape", "", BROKEN, 0, NULL, "\"reason\":\"bad-shape\"" },
    { "key", "", BROKEN, 0, NULL, "\"event\":\"provider-broke\",\"kind\":\"bad-shape\",\"client\":\"alice\"}" },
    { "twice", "", BROKEN, 0, NULL, "\"kind\":\"rule\"" },
    { "number", "", BROKEN, 0, NULL, "\"kind\":\"bad-shape\"" },
    { "-stuck", "", BROKEN, 0, NULL, "\"event\":\"stuck\",\"client\":\"alice\",\"id\":1" },
    { "-silent-promise", "", BROKEN, 0, NULL, "\"event\":\"stuck\"" },
    { "-crashes", "", BROKEN, 0, NULL, "\"kind\":\"crash\"" },
    { "-exits", "", BROKEN, 0, NULL, "\"kind\":\"crash\"" },
    { "-hangs", "", BROKEN, 0, NULL, "\"kind\":\"blocked\"" },
    { "-garbage", "", BROKEN, 0, NULL, "\"kind\":\"bad-shape\"" },
    { "-two-lines", "", BROKEN, 0, NULL, "\"kind\":\"rule\"" },
    { "-fault", "", BROKEN, 0, NULL, "\"kind\":\"fault\"" },
    { "good", "[timeline]\n100ms = crash alice for 1s\n200ms = close bob\n", 0, 0, NULL, NULL },
    { "waits", "[timeline]\n13ms = crash alice for 1s\n2s = outage token-provider for 1s\n", 0, 0, NULL, NULL },
};
/* clang-format on */

static void
a_signer_gets_its_verdict(void **state)
{
    const struct row *row = *state;
    g_autofree char *text = g_strconcat(EXEC, TWO, row->more, NULL);
    g_autoptr(SrExec) exec = make(row->mode);
    g_autoptr(GString) trace = g_string_new(NULL);
    SrRunResult result = play(text, exec, 1, trace);
    g_autofree char *remarks = g_strjoinv("\n", (char **) (uintptr_t) sr_exec_remarks(exec));

    if (result.failed != row->failed) {
        g_autofree char *failed = fixture_checks(result.failed);

        fail_msg("%s: %s (%s)", row->mode, failed, sr_exec_broke(exec));
    }
    if (result.tokens_refused != row->refused)
        fail_msg("%u tokens are refused: %s\n%s", result.tokens_refused, remarks, trace->str);
    if (row->remark != NULL ? strstr(remarks, row->remark) == NULL : remarks[0] != '\0')
        fail_msg("remarks: %s", remarks);
    if (row->line != NULL && strstr(trace->str, row->line) == NULL)
        fail_msg("no %s in\n%s", row->line, trace->str);
    check_verifies(trace, row->failed);
}

/* ---- instants ---- */

/* One editor, links of 10 ms, legs of 3 ms, 1 ms of processing: each step by hand. */
static void
a_call_of_a_signer_takes_its_legs(void **state)
{
    static const char *const lines[] = {
        "\"t\":11000000,\"node\":\"token-provider\",\"event\":\"waits\",\"wait\":1",
        "\"t\":14000000,\"node\":\"token-provider\",\"event\":\"wakes\",\"wait\":1}",
        "\"t\":14000000,\"node\":\"token-provider\",\"event\":\"token-signed\"",
        "\"t\":24000000,\"node\":\"alice\",\"event\":\"receive\",\"msg\":\"token\"",
        "\"t\":34000000,\"node\":\"server\",\"event\":\"token-judged\",\"client\":\"alice\"",
    };
    g_autoptr(SrExec) exec = make("waits");
    g_autoptr(GString) trace = g_string_new(NULL);
    const char *at;

    (void) state;
    play(EXEC "io = 3ms\n" ONE, exec, 1, trace);
    at = trace->str;
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        at = strstr(at, lines[i]);
        if (at == NULL)
            fail_msg("no line %s in\n%s", lines[i], trace->str);
    }
    g_string_truncate(trace, 0);
    play(EXEC "io = 3ms\n" ONE "[draws]\ntoken-provider/io alice 0.0 = 7ms\n", exec, 1, trace);
    assert_non_null(
        strstr(trace->str, "\"t\":18000000,\"node\":\"token-provider\",\"event\":\"wakes\""));
}

/* A refusal is known when it arrives, not when the request has timed out; with connect-retry the
 * client asks again. */
static void
a_refused_token_fails_its_client_at_once(void **state)
{
    g_autoptr(SrExec) exec = make("refuses");
    g_autoptr(GString) trace = g_string_new(NULL);

    (void) state;
    play(EXEC ONE, exec, 1, trace);
    assert_non_null(
        strstr(trace->str,
               "\"t\":21000000,\"node\":\"alice\",\"event\":\"failed\",\"reason\":\"jwt\""));
    g_string_truncate(trace, 0);
    play(EXEC ONE "connect-retry = 1 times from 1s to 1s\n", exec, 1, trace);
    assert_non_null(
        strstr(trace->str,
               "\"t\":1042000000,\"node\":\"alice\",\"event\":\"failed\",\"reason\":\"jwt\""));
}

/* ---- the phase of a second ---- */

/* A signer 700 ms ahead, 10 ms from signing to judging, no leeway: of 1 000 phases of the second a
 * millisecond apart exactly those are refused in which the second ends between the two clocks. */
static uint32_t
refused_of_1000(const char *mode, const char *more)
{
    g_autoptr(SrExec) exec = make(mode);
    g_autoptr(GString) text = g_string_new("[token-provider]\nkind = exec\nprocessing = 0ms\n"
                                           "clock-offset = 700ms\n[network]\nlatency = 5ms\n");

    g_string_append(text, more);
    for (unsigned i = 0; i < 1000; i++)
        g_string_append_printf(text, "[client c%u]\nstart = %ums\nkey-retry = none\n", i, i);
    return play(text->str, exec, 1, NULL).tokens_refused;
}

static void
exactly_690_phases_are_refused(void **state)
{
    static const char *const algorithms[] = { "RS256", "PS256", "ES256", "HS256" };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        g_autofree char *mode = g_strconcat("good ", algorithms[i], NULL);
        g_autofree char *accept =
            g_strdup_printf("[server]\naccept = %s\ncheck-token = connect\n", algorithms[i]);

        assert_int_equal(refused_of_1000(mode, accept), 690);
    }
    /* within the leeway */
    assert_int_equal(refused_of_1000("good", "[server]\ncheck-token = connect\nleeway = 1s\n"),
                     0);
}

/* ---- determinism, equivalence ---- */

static void
two_signers_write_the_same_trace(void **state)
{
    static const char text[] = EXEC "io = lognormal(2ms, 20ms)\n[client alice]\ncount = 5\n";
    g_autoptr(SrExec) first = make("waits PS256");
    g_autoptr(SrExec) second = make("waits PS256");
    g_autoptr(GString) once = g_string_new(NULL);
    g_autoptr(GString) again = g_string_new(NULL);

    (void) state;
    play(text, first, 7, once);
    for (uint64_t seed = 1; seed < 7; seed++)
        play(text, second, seed, NULL);
    play(text, second, 7, again);
    assert_string_equal(once->str, again->str);
}

/* A signer that does what the built-in one does gives the same run, but for the first line. */
static void
a_signer_of_ours_is_as_good_as_the_built_in_one(void **state)
{
    static const char race[] =
        "[network]\nlatency = uniform(5ms, 40ms)\n[client alice]\ncount = 3\n"
        "start = uniform(0ms, 2s)\ntoken-refresh = 290s\n[server]\nclock-offset = -300ms\n";
    g_autofree char *ours = g_strconcat(EXEC, race, NULL);
    g_autoptr(SrScenario) built_in = fixture_parse(race);
    g_autoptr(SrScenario) foreign = fixture_parse(ours);
    g_autoptr(SrRun) a = sr_run_new(built_in);
    g_autoptr(SrRun) b = sr_run_new(foreign);
    g_autoptr(SrExec) exec = make("good");
    SrRunOptions options = { .signer = exec, .digest = true };
    SrRunResult x, y;

    (void) state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        assert_true(sr_run_execute(a, seed, &options, &x, NULL));
        assert_true(sr_run_execute(b, seed, &options, &y, NULL));
        assert_string_equal(x.digest, y.digest);
        assert_int_equal(x.tokens_refused, y.tokens_refused);
    }
}

/* ---- errors ---- */

static void
a_run_that_needs_a_signer_says_so(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(EXEC TWO);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GError) error = NULL;
    SrRunOptions options = { 0 };
    SrRunResult result;

    (void) state;
    assert_true(sr_run_needs_provider(scenario));
    assert_true(sr_run_needs(scenario, SR_EXEC_TOKENS));
    assert_false(sr_run_needs(scenario, SR_EXEC_KEYS));
    assert_false(sr_run_execute(run, 1, &options, &result, &error));
    assert_string_equal(error->message, "the scenario needs a signer");
}

static void
who_cannot_sign_is_no_signer(void **state)
{
    g_autoptr(SrExec) exec = make("-keys-only");
    g_autoptr(GError) error = NULL;

    (void) state;
    assert_null(sr_exec_name(exec, &error));
    assert_non_null(strstr(error->message, "the signer cannot be asked for tokens"));
}

int
main(void)
{
    enum { FIXED = 7 };
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + FIXED] = {
        cmocka_unit_test(a_call_of_a_signer_takes_its_legs),
        cmocka_unit_test(a_refused_token_fails_its_client_at_once),
        cmocka_unit_test(exactly_690_phases_are_refused),
        cmocka_unit_test(two_signers_write_the_same_trace),
        cmocka_unit_test(a_signer_of_ours_is_as_good_as_the_built_in_one),
        cmocka_unit_test(a_run_that_needs_a_signer_says_so),
        cmocka_unit_test(who_cannot_sign_is_no_signer),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[FIXED + i] =
            (struct CMUnitTest){ .name = rows[i].mode,
                                 .test_func = a_signer_gets_its_verdict,
                                 .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests(tests, fixture_ignore_sigpipe, NULL) != 0;
}
