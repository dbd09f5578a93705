/* The share of tokens that a signer ahead of the server gets refused. Source: section 5:
 * clamp(δ − τ − L, 0, 1) s. */
#include "run/run-fixture.h"

#define STARTS 10000

struct row {
    const char *name;
    const char *skew;
    int64_t skew_ms, leeway_s;
};

static const struct row rows[] = {
    { "0.3 s ahead", "300ms", 300, 0 },
    { "0.7 s ahead", "700ms", 700, 0 },
    { "1.4 s ahead", "1400ms", 1400, 0 },
    { "0.3 s ahead, 1 s leeway", "300ms", 300, 1 },
    { "0.7 s ahead, 1 s leeway", "700ms", 700, 1 },
    { "1.4 s ahead, 1 s leeway", "1400ms", 1400, 1 },
};

/* One run of half the starts, every other one: a file holds at most 10 000 groups. Each client
 * has a token of its own, signed at once. */
static unsigned
count_refused(const struct row *row, unsigned parity)
{
    g_autoptr(GString) text = g_string_new(NULL);
    unsigned refused = 0;

    g_string_printf(text,
                    "[scenario]\ncrypto = names\n[network]\nlatency = "
                    "10ms\n[token-provider]\nprocessing = 0ms\n"
                    "clock-offset = %s\n[server]\nleeway = %" G_GINT64_FORMAT "s\n",
                    row->skew, row->leeway_s);
    for (unsigned i = parity; i < STARTS; i += 2)
        g_string_append_printf(text, "[client c%u]\nstart = %uus\n", i, i * (1000000 / STARTS));

    g_autoptr(SrScenario) scenario = fixture_parse(text->str);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    SrRunOptions options = { 0 };
    SrRunResult result;

    assert_true(sr_run_execute(run, 1, &options, &result, NULL));
    assert_int_equal(result.failed, 0);
    for (unsigned i = 0; i < STARTS / 2; i++) {
        SrClientOutcome outcome = sr_run_client(run, i);

        assert_true(outcome.state == SR_CLIENT_COLLABORATING ||
                    (outcome.state == SR_CLIENT_FAILED && outcome.reason == SR_REASON_JWT));
        refused += outcome.state == SR_CLIENT_FAILED;
    }
    return refused;
}

static void
refused_share(void **state)
{
    const struct row *row = *state;
    unsigned refused = count_refused(row, 0) + count_refused(row, 1);
    /* τ: from signing to judging a token travels to the client and on to the server. */
    int64_t want = CLAMP(row->skew_ms - 20 - row->leeway_s * 1000, 0, 1000) * STARTS / 1000;

    assert_in_range(refused, (unsigned) MAX(want - STARTS / 100, 0),
                    (unsigned) (want + STARTS / 100));
}
int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = refused_share,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("skew", tests, NULL, NULL) != 0;
}
