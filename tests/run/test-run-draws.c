/* Draws by name: each of them fixed once and seen in the run; a run with all its draws fixed is
 * the same under any seed. */
#include "run/run-fixture.h"

#include "scenario/fixed-draws.h"

#define LINKS "[network]\nlatency = 10ms\n"
#define ONE LINKS "[client a]\n[draws]\n"
#define TWO LINKS "[client a]\n[client b]\nstart = 1s\n[draws]\n"
#define LOOSE "[network]\nlatency = 10ms\nordered = no\n[client a]\n[draws]\n"
#define STORES "[encryption-provider]\nreplicas = 2\nreplication = 5s\n"

/* clang-format off */
/* One editor alone: its token is signed at 11 ms, it connects at 21, asks for a session at 41 and for
 * a key at 61, has it at 101, seals at 126, and collaborates at 166. */
static const struct scene scenes[] = {
    { "a start", ONE "client/start a 0 = 5ms\n", "5ms a send token-request\n171ms a collaborating\n" },
    { "to/token-provider", ONE "link/latency/to/token-provider a 0 = 1.000001ms\n", "1.000001ms token-provider receive token-request\n" },
    { "from/token-provider", ONE "link/latency/from/token-provider a 0 = 1ms\n", "12ms a receive token\n" },
    { "to/server, the second", ONE "link/latency/to/server a 1 = 1ms\n", "31ms server receive connect\n42ms server receive session-request\n" },
    { "from/server", ONE "link/latency/from/server a 0 = 1ms\n", "32ms a receive connected\n" },
    { "to/encryption-provider", ONE "link/latency/to/encryption-provider a 0 = 1ms\n", "62ms encryption-provider receive key-request\n" },
    { "from/encryption-provider", ONE "link/latency/from/encryption-provider a 0 = 1ms\n", "92ms a receive key\n" },
    { "processing of the server", ONE "processing/server a 0 = 4ms\n", "31ms server receive connect\n35ms server send connected\n" },
    { "processing of the token provider", ONE "processing/token-provider a 0 = 4ms\n", "14ms token-provider token-signed\n" },
    { "processing of the encryption provider", ONE "processing/encryption-provider a 0 = 4ms\n", "95ms encryption-provider key-made\n" },
    { "generate", ONE "encryption-provider/generate a 0 = 4ms\n", "75ms encryption-provider key-made\n" },
    { "lookup", TWO "encryption-provider/lookup b 0 = 4ms\n", "1.071s encryption-provider receive key-request\n1.075s encryption-provider key-found\n" },
    { "derive", ONE "client/derive a 0 = 4ms\n", "105ms a sealed\n" },
    { "losses of an ordered link that loses none", ONE "link/loss/to/server a 0 = 2\n", "631ms server receive connect\n" },
    { "… of another that does", LOOSE "link/loss/from/server a 0 = 1\n", "31ms a lose\nnever a receive connected\n" },
    { "losses that do not happen", LINKS "loss = 90%\n[client a]\n[draws]\nlink/loss/to/token-provider a 0 = 0\n", "10ms token-provider receive token-request\n" },
    { "losses from the token provider", ONE "link/loss/from/token-provider a 0 = 1\n", "221ms a receive token\n" },
    { "losses to the encryption provider", ONE "link/loss/to/encryption-provider a 0 = 1\n", "271ms encryption-provider receive key-request\n" },
    { "losses from it", ONE "link/loss/from/encryption-provider a 0 = 1\n", "301ms a receive key\n" },
    { "a copy to the server", LOOSE "link/duplicate/to/server a 0 = 3ms\n", "24ms server receive connect\n31ms server receive connect\n" },
    { "… from it", LOOSE "link/duplicate/from/server a 0 = 3ms\n", "34ms a receive connected\n41ms a receive connected\n" },
    { "… to the token provider", LOOSE "link/duplicate/to/token-provider a 0 = 3ms\n", "3ms token-provider receive token-request\n10ms token-provider receive token-request\n" },
    { "… from it", LOOSE "link/duplicate/from/token-provider a 0 = 3ms\n", "14ms a receive token\n21ms a receive token\n" },
    { "… to the encryption provider", LOOSE "link/duplicate/to/encryption-provider a 0 = 3ms\n",
      "64ms encryption-provider receive key-request\n71ms encryption-provider receive key-request\n" },
    { "… from it", LOOSE "link/duplicate/from/encryption-provider a 0 = 3ms\n", "94ms a receive key\n101ms a receive key\n" },
    { "no copy", "[network]\nlatency = 10ms\nordered = no\nduplicate = 99%\n[client a]\n[draws]\nlink/duplicate/to/token-provider a 0 = no\n",
      "10ms token-provider receive token-request\n11ms token-provider send token\nnever 10ms token-provider lose\n" },
    { "a slow server", ONE "slow/server a 0.0 = 7ms\n[timeline]\n0ms = slow server by 1ms for 1s\n", "31ms server receive connect\n38ms server send connected\n" },
    { "a slow token provider", ONE "slow/token-provider a 0.0 = 7ms\n[timeline]\n0ms = slow token-provider by 1ms for 1s\n", "18ms token-provider token-signed\n" },
    { "a slow encryption provider", ONE "slow/encryption-provider a 0.1 = 7ms\n[timeline]\n0ms = slow encryption-provider by 1ms for 1s\n"
      "0ms = slow encryption-provider by 1ms for 1s\n", "99ms encryption-provider key-made\n" },
    { "the copy that answers", TWO "encryption-provider/replica b 0 = 1\n" STORES, "1.081s encryption-provider key-missing\n" },
    { "… another", TWO "encryption-provider/replica b 0 = 0\n" STORES, "1.081s encryption-provider key-found\n" },
    { "how late a copy is", TWO "encryption-provider/replica b 0 = 1\nencryption-provider/replication 1 0 = 989ms\n" STORES,
      "1.081s encryption-provider key-found\n" },
    { "… a nanosecond too late", TWO "encryption-provider/replica b 0 = 1\nencryption-provider/replication 1 0 = 990.000001ms\n" STORES,
      "1.081s encryption-provider key-missing\n" },
};
/* clang-format on */

/* A correction of a clock misses by what is said: until the next one the clock has got there. */
static void
see_clock(void *data, const SrRecord *record)
{
    if (record->event == SR_EVENT_CLOCK && *(int64_t *) data == 0)
        *(int64_t *) data = record->clock.offset;
}

static void
a_correction_misses_as_said(void **state)
{
    g_autoptr(SrScenario) scenario = fixture_parse(
        LINKS "[client a]\nstart = 3s\n[server]\nntp-interval = 1s\nntp-error = 1ms\n"
              "[draws]\nclock/ntp server 1 = -123456ns\n");
    g_autoptr(SrRun) run = sr_run_new(scenario);
    int64_t offset = 0;
    SrRunOptions options = { .sink = see_clock, .sink_data = &offset };
    SrRunResult result;

    (void) state;
    assert_true(sr_run_execute(run, 1, &options, &result, NULL));
    assert_int_equal(offset, -123456);
}

/* ---- all of them ---- */

static void
keep(void *data, const SrDraw *draw)
{
    g_array_append_val((GArray *) data, *draw);
}

/* Plays @text and returns its records. @drawn (nullable): (out): its draws, as lines */
static char *
play(const char *text, uint64_t seed, char **drawn)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    g_autoptr(GArray) draws = g_array_new(FALSE, FALSE, sizeof(SrDraw));
    g_autoptr(GString) lines = g_string_new(NULL);
    struct collector collector = { run, lines };
    SrRunOptions options = { .sink = fixture_collect,
                             .sink_data = &collector,
                             .draw = drawn != NULL ? keep : NULL,
                             .draw_data = draws };
    SrRunResult result;

    assert_true(sr_run_execute(run, seed, &options, &result, NULL));
    if (drawn != NULL)
        *drawn = sr_draws_text(scenario, draws);
    return g_strdup(lines->str);
}

static const char *const everything[] = {
    "[network]\npreset = mobile\n[client a]\nstart = uniform(0ms, 50ms)\n"
    "derive = exponential(5ms)\n[client b]\ncount = 3\nstart = uniform(0ms, 50ms)\n",
    "[network]\nlatency = lognormal(20ms, 90ms)\nordered = no\nloss = 5%\nduplicate = 20%\n"
    "[client a]\n[client b]\ncount = 4\nstart = exponential(20ms)\n",
    "[network]\nlatency = exponential(9ms)\nloss = 20%\n"
    "[encryption-provider]\nreplicas = 3\nreplication = exponential(90ms)\n"
    "generate = exponential(9ms)\nlookup = exponential(9ms)\nprocessing = exponential(1ms)\n"
    "ntp-interval = 40ms\nntp-error = 2ms\n[server]\nprocessing = exponential(3ms)\n"
    "[token-provider]\nprocessing = exponential(2ms)\n[client a]\nclock-drift = 90ppm\n"
    "ntp-interval = 50ms\nntp-error = 5ms\n[client b]\nstart = exponential(20ms)\n"
    "[timeline]\n10ms = slow server by exponential(5ms) for 90ms\n"
    "20ms = slow server by exponential(5ms) for 90ms\n"
    "30ms = slow encryption-provider by exponential(5ms) for 90ms\n",
};

static void
all_draws_make_the_run(void **state)
{
    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(everything); i++)
        for (uint64_t seed = 1; seed <= 20; seed++) {
            g_autofree char *drawn = NULL, *again = NULL;
            g_autofree char *first = play(everything[i], seed, &drawn);
            g_autofree char *unseen = play(everything[i], seed, NULL);
            g_autofree char *fixed = g_strconcat(everything[i], drawn, NULL);
            g_autofree char *second = play(fixed, seed + 1000, &again);
            g_autofree char *other = play(everything[i], seed + 1000, NULL);

            assert_string_equal(first, unseen);
            assert_string_equal(first, second);
            assert_string_equal(drawn, again);
            assert_string_not_equal(first, other);
        }
}

/* ---- a cut ---- */

#define TAILED                                                                                 \
    "[network]\nlatency = exponential(20ms)\n"                                                 \
    "[client a]\nstart = exponential(20ms)\nderive = exponential(20ms)\n"                      \
    "[client b]\nstart = exponential(20ms)\nderive = exponential(20ms)\n"                      \
    "[server]\nprocessing = exponential(20ms)\n"                                               \
    "[token-provider]\nprocessing = exponential(20ms)\n"                                       \
    "[encryption-provider]\nprocessing = exponential(20ms)\n"                                  \
    "generate = exponential(20ms)\nlookup = exponential(20ms)\n"                               \
    "[timeline]\n0ms = slow server by exponential(20ms) for 10s\n"

static GArray *
draws_of(const char *text, uint64_t seed)
{
    g_autoptr(SrScenario) scenario = fixture_parse(text);
    g_autoptr(SrRun) run = sr_run_new(scenario);
    GArray *draws = g_array_new(FALSE, FALSE, sizeof(SrDraw));
    SrRunOptions options = { .draw = keep, .draw_data = draws };
    SrRunResult result;

    assert_true(sr_run_execute(run, seed, &options, &result, NULL));
    return draws;
}

static const SrDraw *
find(const GArray *draws, const SrDraw *wanted)
{
    for (unsigned i = 0; i < draws->len; i++)
        if (sr_draw_compare(&g_array_index(draws, SrDraw, i), wanted) == 0)
            return &g_array_index(draws, SrDraw, i);
    return NULL;
}

/* A draw of one name is the same with a cut, or was moved to the nearer bound: half of exponential(20ms)
 * lies between these two. */
static void
a_cut_clamps_every_draw_and_moves_no_stream(void **state)
{
    const int64_t lo = 5753000, hi = 27726000;
    unsigned n_lo[SR_DRAW_N] = { 0 }, n_hi[SR_DRAW_N] = { 0 }, n_inside[SR_DRAW_N] = { 0 };

    (void) state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        g_autoptr(GArray) whole = draws_of(TAILED, seed);
        g_autoptr(GArray) cut = draws_of("[scenario]\ncut = 50%\n" TAILED, seed);

        for (unsigned i = 0; i < cut->len; i++) {
            const SrDraw *draw = &g_array_index(cut, SrDraw, i), *other = find(whole, draw);

            if (sr_draw_info(draw->id)->value != SR_DRAW_IS_SPAN)
                continue;
            assert_true(draw->value >= lo);
            assert_true(draw->value <= hi);
            n_lo[draw->id] += draw->value == lo;
            n_hi[draw->id] += draw->value == hi;
            n_inside[draw->id] += draw->value > lo && draw->value < hi;
            if (other != NULL)
                assert_int_equal(draw->value, CLAMP(other->value, lo, hi));
        }
    }
    for (unsigned id = 0; id < SR_DRAW_N; id++) {
        assert_int_equal(n_lo[id] > 0, n_inside[id] > 0);
        assert_int_equal(n_hi[id] > 0, n_inside[id] > 0);
    }
    assert_true(n_inside[SR_DRAW_START] > 0);
    assert_true(n_inside[SR_DRAW_DERIVE] > 0);
    assert_true(n_inside[SR_DRAW_GENERATE] > 0);
    assert_true(n_inside[SR_DRAW_LOOKUP] > 0);
    assert_true(n_inside[SR_DRAW_SLOW] > 0);
    for (unsigned service = 0; service < 3; service++) {
        assert_true(n_inside[SR_DRAW_PROCESSING + service] > 0);
        assert_true(n_inside[SR_DRAW_LATENCY + 2 * service] > 0);
        assert_true(n_inside[SR_DRAW_LATENCY + 2 * service + 1] > 0);
    }
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(scenes)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(a_correction_misses_as_said),
        cmocka_unit_test(all_draws_make_the_run),
        cmocka_unit_test(a_cut_clamps_every_draw_and_moves_no_stream),
    };

    fixture_scene_tests(scenes, G_N_ELEMENTS(scenes), tests);
    int failed = cmocka_run_group_tests_name("draws by name", tests, NULL, NULL);

    return (failed + cmocka_run_group_tests_name("draws by name, all", more, NULL, NULL)) != 0;
}
