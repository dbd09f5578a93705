/* What a run tells a sweep: ages of keys at their lookups, margins of tokens at their judgements,
 * and to what age keys were needed. All by hand from sections 3, 5, 6 and 9 of the protocol. */
#include "run/run-fixture.h"

/* A client that starts at s is judged on `connect` at s + 31ms; its key is made at s + 91ms and its
 * creation judged and accepted or rejected at s + 136ms; established at s + 156ms, the
 * winner collaborates at s + 166ms. Bob is told then, too: his lookup ends at 186ms, his join is judged
 * at 231ms, he collaborates at 241ms. */
#define ONE "[network]\nlatency = 10ms\n[client alice]\n"
#define TWO ONE "[client bob]\nstart = 12ms\n"

struct row {
    const char *name;
    const char *scenario;
    const char *samples; /* in order, a line each; tokens only where the row is about them */
    uint64_t needed;     /* ns: the greatest age at which a key was needed; 0: none */
    unsigned judged, refused; /* tokens; not looked at when none is judged */
    bool retained;  /* `for` in place of `forever`: key_need does no harm, less does */
    uint64_t slack; /* … where it is less by 1 ns and this much */
};

#define MS UINT64_C(1000000)
#define S (1000 * MS)

static const struct row key_rows[] = {
    { .name = "a joiner looks the winner's key up; it is needed to the end",
      .scenario = TWO,
      .samples = "key-age 95000000\n",
      .needed = 150 * MS,
      .retained = true },
    { .name = "the winner alone looks nothing up",
      .scenario = ONE,
      .samples = "",
      .needed = 75 * MS,
      .retained = true },
    { .name = "the limit ends the need, even where nothing happens until then",
      .scenario = "[scenario]\nlimit = 1s\n" TWO "derive = 5s\n",
      .samples = "key-age 95000000\n",
      .needed = 909 * MS,
      .retained = true },
    /* Made at 0, looked up at 81ms; the derivation of both takes 50ms: established at 181ms. */
    { .name = "the key of a previous session is needed until a later one is established",
      .scenario = ONE "[document pad]\nprevious = yes\n",
      .samples = "key-age 81000000\n",
      .needed = 181 * MS,
      .retained = true },
    /* Closed at 510ms, a connect at 1010ms; the lookup ends at 1070ms, established at 1170ms. */
    { .name = "so is one that an upgrade outdated",
      .scenario = ONE "[timeline]\n500ms = upgrade server\n",
      .samples = "key-age 979000000\n",
      .needed = 1079 * MS,
      .retained = true },
    /* Gone at 500ms; a connect at 1000ms, the next key made at 1070ms and needed until 1145ms. */
    { .name = "a session that is lost with its server needs its key no longer",
      .scenario = ONE "[server]\ndurable = no\n[timeline]\n500ms = crash server for 1ms\n",
      .samples = "",
      .needed = 409 * MS,
      .retained = true,
      .slack = 1 },
    { .name = "one that survives does, and the owner looks it up",
      .scenario = ONE "[timeline]\n500ms = crash server for 1ms\n",
      .samples = "key-age 969000000\n",
      .needed = 1024 * MS,
      .retained = true },
    /* Accepted at 136ms, dropped at 240ms; the next key is made at 710ms, needed until 785ms. */
    { .name = "a creation needs its key until it is released",
      .scenario = ONE "[server]\ndetect-loss = 100ms\n[timeline]\n140ms = disconnect alice\n",
      .samples = "",
      .needed = 149 * MS,
      .retained = true },
    /* Six requests, each 30ms from asking to the answer, 200ms … 3200ms after the answer before. */
    { .name = "a key that is gone has its age, too",
      .scenario = TWO "[encryption-provider]\nretention = on-new-key\n",
      .samples = "key-age 95000000\nkey-age 325000000\nkey-age 755000000\nkey-age 1585000000\n"
                 "key-age 3215000000\nkey-age 6445000000\n",
      .needed = 6455 * MS },
    { .name = "age is by the provider's clock",
      .scenario = TWO "[timeline]\n170ms = step-clock encryption-provider by 1h\n",
      .samples = "key-age 3600095000000\n",
      .needed = 3600 * S + 150 * MS,
      .retained = true },
    { .name = "a drifting clock counts its own nanoseconds",
      .scenario = TWO "[encryption-provider]\nclock-drift = 100000ppm\n",
      .samples = "key-age 104500000\n",
      .needed = 165 * MS,
      .retained = true },
    { .name = "a key from the future of a clock set back is 0 old",
      .scenario = TWO "[timeline]\n170ms = step-clock encryption-provider by -1h\n",
      .samples = "key-age 0\n",
      .needed = 79 * MS },
    /* The timeline's events come before the discarding of their instant: 1 ns less still does. */
    { .name = "a clock set back does not make up for the age that was reached",
      .scenario = TWO "[timeline]\n200ms = step-clock encryption-provider by 1h\n"
                      "220ms = step-clock encryption-provider by -1h\n",
      .samples = "key-age 95000000\n",
      .needed = 3600 * S + 129 * MS,
      .retained = true,
      .slack = 1 },
    { .name = "nor does a correction",
      .scenario = TWO "[timeline]\n200ms = step-clock encryption-provider by 1h\n"
                      "220ms = sync-clock encryption-provider\n",
      .samples = "key-age 95000000\n",
      .needed = 3600 * S + 129 * MS,
      .retained = true,
      .slack = 1 },
    { .name = "nor does one by NTP",
      .scenario = TWO "[encryption-provider]\nclock-offset = 1h\nntp-interval = 220ms\n"
                      "ntp-error = 0ms\n",
      .samples = "key-age 95000000\n",
      .needed = 129 * MS,
      .retained = true,
      .slack = 1 },
    { .name = "a derived key is as old as its hint",
      .scenario = TWO "[encryption-provider]\nkind = derived\n",
      .samples = "key-age 95000000\n",
      .needed = 150 * MS },
    { .name = "a static key has no age",
      .scenario = TWO "[encryption-provider]\nkind = static\n",
      .samples = "",
      .needed = 0 },
    { .name = "nor has one of a previous session",
      .scenario = ONE "[document pad]\nprevious = yes\n[encryption-provider]\nkind = static\n",
      .samples = "",
      .needed = 0 },
};

#define LENIENT "[server]\nleeway = 5s\n"
#define JUDGED(what) what what what what what

static const struct row token_rows[] = {
    { .name = "a token of this second is 0 s old and has its lifetime left",
      .scenario = TWO,
      .samples = JUDGED("age 0\nleft 300\n"),
      .judged = 5 },
    { .name = "a token from the future is early by whole seconds",
      .scenario = TWO LENIENT "[token-provider]\nclock-offset = 3s\n",
      .samples = JUDGED("early 3\nleft 303\n"),
      .judged = 5 },
    { .name = "the second's phase counts",
      .scenario = TWO LENIENT "[token-provider]\nclock-offset = 988ms\n",
      .samples = "age 0\nleft 300\nearly 1\nleft 301\nage 0\nleft 300\nearly 1\nleft 301\n"
                 "early 1\nleft 301\n",
      .judged = 5 },
    { .name = "one that is refused for it is early, too",
      .scenario = ONE LENIENT "[token-provider]\nclock-offset = 8s\n",
      .samples = "early 8\nleft 308\n",
      .judged = 1,
      .refused = 1 },
    { .name = "an expired token has an age, and nothing left",
      .scenario = ONE "[token-provider]\nclock-offset = -400s\n",
      .samples = "age 400\n",
      .judged = 1,
      .refused = 1 },
    { .name = "not-before counts where it is the later claim",
      .scenario = ONE LENIENT "[token-provider]\nnot-before = 2s\n",
      .samples = "early 2\nleft 300\nearly 2\nleft 300\n",
      .judged = 2 },
    { .name = "and not where it is the earlier",
      .scenario = ONE "[token-provider]\nnot-before = -2s\n",
      .samples = "age 0\nleft 300\nage 0\nleft 300\n",
      .judged = 2 },
    { .name = "without iat it is the only one",
      .scenario = ONE "[token-provider]\niat = no\nnot-before = -2s\n",
      .samples = "age 2\nleft 300\nage 2\nleft 300\n",
      .judged = 2 },
    { .name = "a token without either is neither early nor old",
      .scenario = ONE "[token-provider]\niat = no\n",
      .samples = "left 300\nleft 300\n",
      .judged = 2 },
    { .name = "an iat that the server does not look at makes no token early",
      .scenario = ONE "[server]\ncheck-iat = no\n[token-provider]\nclock-offset = 3s\n",
      .samples = "left 303\nleft 303\n",
      .judged = 2 },
    { .name = "nor does it make one earlier",
      .scenario =
          ONE LENIENT "check-iat = no\n[token-provider]\nclock-offset = 3s\nnot-before = -2s\n",
      .samples = "early 1\nleft 303\nearly 1\nleft 303\n",
      .judged = 2 },
    { .name = "without tokens nothing is judged",
      .scenario = ONE "[token-provider]\nenabled = no\n",
      .samples = "" },
};

struct taken {
    GString *lines;
    bool tokens;
};

static void
take(void *data, SrSweepMeasure measure, uint64_t value)
{
    static const char *const words[SR_MEASURE_N] = {
        [SR_MEASURE_KEY_AGE] = "key-age",
        [SR_MEASURE_TOKEN_EARLY] = "early",
        [SR_MEASURE_TOKEN_AGE] = "age",
        [SR_MEASURE_TOKEN_LEFT] = "left",
    };
    const struct taken *taken = data;

    assert_non_null(words[measure]); /* the others are not for samples */
    if (taken->tokens == (measure != SR_MEASURE_KEY_AGE))
        g_string_append_printf(taken->lines, "%s %" G_GUINT64_FORMAT "\n", words[measure],
                               value);
}

static SrRunResult
play(const char *text, struct taken *taken)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    /* A story is told by another playing, which samples nothing. */
    SrRunOptions options = { .sample = take, .sample_data = taken, .story = true };
    SrRunResult result, again;

    assert_true(sr_run_execute(run, 1, &options, &result, NULL));
    /* Nothing of it depends on who asks. */
    assert_true(sr_run_execute(run, 1, &(SrRunOptions){ 0 }, &again, NULL));
    assert_true(again.key_need == result.key_need);
    assert_int_equal(again.tokens_judged, result.tokens_judged);
    assert_true(again.records == result.records);
    return result;
}

static uint32_t
failed_with(const struct row *row, uint64_t retention)
{
    g_autofree char *text = g_strdup_printf(
        "%s%sretention = for(%" G_GUINT64_FORMAT "ns)\n", row->scenario,
        strstr(row->scenario, "[encryption-provider]") ? "" : "[encryption-provider]\n",
        retention);
    g_autoptr(GString) lines = g_string_new(NULL);

    return play(text, &(struct taken){ lines, false }).failed;
}

static void
needs_keys(void **state)
{
    const struct row *row = *state;
    g_autoptr(GString) lines = g_string_new(NULL);
    SrRunResult result = play(row->scenario, &(struct taken){ lines, false });

    assert_string_equal(lines->str, row->samples);
    assert_true(result.key_need == (row->needed == 0 ? 0 : row->needed + 1));
    if (!row->retained)
        return;
    assert_int_equal(failed_with(row, result.key_need), result.failed);
    assert_int_not_equal(failed_with(row, result.key_need - 1 - row->slack), result.failed);
}

static void
judges_tokens(void **state)
{
    const struct row *row = *state;
    g_autoptr(GString) lines = g_string_new(NULL);
    SrRunResult result = play(row->scenario, &(struct taken){ lines, true });

    assert_string_equal(lines->str, row->samples);
    assert_int_equal(result.tokens_judged, row->judged);
    assert_int_equal(result.tokens_refused, row->refused);
}

static void
counts_documents_that_raced(void **state)
{
    static const struct {
        const char *scenario;
        unsigned raced, documents;
    } rows[] = {
        { TWO, 2, 1 },
        { ONE, 1, 0 },
        { ONE "[client bob]\nstart = 1s\n", 1, 0 },
        { "[document x]\n[document y]\n[client a]\ndocument = x\n[client b]\ndocument = y\n", 2,
          0 },
        { "[document x]\n[document y]\n[client a]\ncount = 3\ndocument = y\n[client b]\n"
          "document = x\n",
          4, 1 },
        { "[document x]\n[document y]\n[client a]\ncount = 3\ndocument = y\n[client b]\n"
          "document = x\ncount = 2\n",
          5, 2 },
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) lines = g_string_new(NULL);
        SrRunResult result = play(rows[i].scenario, &(struct taken){ lines, false });

        assert_int_equal(result.n_raced, rows[i].raced);
        assert_int_equal(result.raced_documents, rows[i].documents);
    }
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(key_rows) + G_N_ELEMENTS(token_rows) + 1];
    size_t n = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(key_rows); i++)
        tests[n++] = (struct CMUnitTest){ .name = key_rows[i].name,
                                          .test_func = needs_keys,
                                          .initial_state = (void *) (uintptr_t) &key_rows[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(token_rows); i++)
        tests[n++] =
            (struct CMUnitTest){ .name = token_rows[i].name,
                                 .test_func = judges_tokens,
                                 .initial_state = (void *) (uintptr_t) &token_rows[i] };
    tests[n++] = (struct CMUnitTest) cmocka_unit_test(counts_documents_that_raced);
    return cmocka_run_group_tests_name("samples of a run", tests, NULL, NULL) != 0;
}
