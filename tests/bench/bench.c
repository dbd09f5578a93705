/* The speed of the project beside its peers, in one run: prints tables.
 *
 *     bench [--rounds N] [--sweeps] [--long] [--markdown]
 *     bench --check
 *
 * Subjects take turns, round after round, since the machine is not equally fast all the time; what
 * is printed are medians over the rounds, of CPU seconds of the loop alone. Only ratios of one run mean
 * anything. Before anything is timed, all queues have to take the same events in the same order, and
 * all full races have to be the same work; --check does no more than that. */
#include "bench.h"
#include "races.h"
#include "rates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const BenchSubject *const subjects[] = { &bench_queue,    &bench_ranked, &bench_ladder,
                                                &bench_calendar, &bench_heap,   &bench_tree,
                                                &bench_sequence };
#define N_SUBJECTS G_N_ELEMENTS(subjects)
/* By their places: what the goals speak of, and those that are played every other round only. */
enum { OURS = 0, LADDER = 2, BARE_END = 5 };

/* clang-format off */
static const struct load {
    const char *name;
    size_t n_pending; /* 0: the reduced race */
    SrSpan quantum;
    uint64_t n_events, n_slow; /* GLib's containers do fewer */
    uint32_t n_clients;
} loads[] = {
    { "hold, Q = 100",                        100,     1,                4000000, 1000000, 0 },
    { "hold, Q = 10 000",                     10000,   1,                4000000, 1000000, 0 },
    { "hold, Q = 1 000 000",                  1000000, 1,                2000000, 200000,  0 },
    { "hold, Q = 10 000, 1 000 at an instant", 10000,  SR_NS_PER_S / 10, 4000000, 1000000, 0 },
    { "reduced race, N = 2",                  0,       0,                3000000, 750000,  2 },
    { "reduced race, N = 1 000",              0,       0,                2800000, 700000,  1000 },
    { "reduced race, N = 100 000",            0,       0,                2800000, 700000,  100000 },
};
enum { HOLD_FEW, HOLD_MANY, HOLD_MILLION, HOLD_CROWDED, RACE_2, RACE_1000, RACE_100000 };
#define N_LOADS G_N_ELEMENTS(loads)

/* Full races. */
enum { FULL_2, FULL_1000, FULL_100000, FULL_JOBS, FULL_DIGEST, FULL_TRACE, N_FULL };
static const struct full { uint32_t n_clients; uint64_t n_races; unsigned jobs; bool digest, trace; } full[N_FULL] = {
    [FULL_2]      = { 2,      200000, 1, false, false },
    [FULL_1000]   = { 1000,   400,    0, false, false },
    [FULL_100000] = { 100000, 3,      0, false, false },
    [FULL_JOBS]   = { 2,      400000, 2, false, false },
    [FULL_DIGEST] = { 2,      200000, 0, true,  false },
    [FULL_TRACE]  = { 2,      40000,  0, true,  true  },
};
/* clang-format on */

/* The trace that is verified. */
#define VERIFY_CLIENTS 1000u
#define VERIFY_TIMES 3u

/* What is searched in full. */
#define EXPLORE_CLIENTS 4u

static BenchRates queue_rates[N_LOADS][N_SUBJECTS], event_rates[N_FULL], race_rates[N_FULL],
    wall_rates[N_FULL], byte_rates, verify_rates, state_rates, search_rates;

/* ---- what all have to agree on ---- */

static BenchDone
play_load(const struct load *load, size_t subject, uint64_t n_events)
{
    if (load->n_pending > 0)
        return subjects[subject]->hold(load->n_pending, load->quantum, n_events);
    return subjects[subject]->race(load->n_clients,
                                   MAX(n_events / (7 * (uint64_t) load->n_clients + 1), 1));
}

static BenchDone
play_full(const struct full *what, uint64_t n_races, uint64_t *bytes)
{
    const BenchPlay play = { .n_clients = what->n_clients,
                             .n_races = n_races,
                             .jobs = what->jobs,
                             .digest = what->digest,
                             .bytes = what->trace ? bytes : NULL };

    return bench_play(&play);
}

static bool
check_orders(void)
{
    for (size_t l = 0; l < N_LOADS; l++) {
        struct load load = loads[l];
        load.n_pending = MIN(load.n_pending, 50000);
        BenchDone first = play_load(&load, 0, 200000);

        for (size_t s = 1; s < N_SUBJECTS; s++) {
            BenchDone other = play_load(&load, s, 200000);
            if (other.events == first.events && other.sum == first.sum)
                continue;
            fprintf(stderr, "bench: error: %s: %s takes other events than %s\n", load.name,
                    subjects[s]->name, subjects[0]->name);
            return false;
        }
    }
    return true;
}

static bool
check_full(void)
{
    uint64_t bytes = 0;
    BenchDone one = play_full(&full[FULL_2], 1000, NULL);

    for (size_t i = FULL_JOBS; i < N_FULL; i++) {
        BenchDone other = play_full(&full[i], 1000, &bytes);
        if (other.events == one.events && other.sum == one.sum)
            continue;
        fprintf(stderr, "bench: error: threads, digest or trace change a race\n");
        return false;
    }
    if (bytes == 0 || play_full(&full[FULL_1000], 2, NULL).events == 0)
        return false;
    printf("all queues take the same events in the same order\n");
    return true;
}

/* ---- rounds ---- */

static void
play_round(unsigned round)
{
    for (size_t l = 0; l < N_LOADS; l++) {
        for (size_t s = 0; s < N_SUBJECTS; s++) {
            if (s >= BARE_END && round % 2 == 1)
                continue;
            BenchDone done =
                play_load(&loads[l], s, s >= BARE_END ? loads[l].n_slow : loads[l].n_events);
            bench_rates_add(&queue_rates[l][s], (double) done.events, done.seconds);
        }
    }
    for (size_t i = 0; i < N_FULL; i++) {
        uint64_t bytes = 0;
        BenchDone done = play_full(&full[i], full[i].n_races, &bytes);
        bench_rates_add(&event_rates[i], (double) done.events, done.seconds);
        bench_rates_add(&race_rates[i], (double) done.races, done.seconds);
        bench_rates_add(&wall_rates[i], (double) done.races, done.elapsed_s);
        if (full[i].trace)
            bench_rates_add(&byte_rates, (double) bytes, done.seconds);
    }
    BenchDone verified = bench_verify(VERIFY_CLIENTS, VERIFY_TIMES);
    bench_rates_add(&verify_rates, (double) verified.events, verified.seconds);
    BenchDone searched = bench_explore(EXPLORE_CLIENTS, 0);
    bench_rates_add(&state_rates, (double) searched.events, searched.seconds);
    bench_rates_add(&search_rates, 1, searched.seconds);
}

/* ---- a million clients, in a process of its own ---- */

/* Of --long. */
typedef struct {
    double seconds;
    uint64_t events, peak_bytes;
    BenchDone searched;
} Long;

static int
play_million(void)
{
    const BenchPlay play = { .n_clients = 1000000, .n_races = 1 };
    BenchDone done = bench_play(&play);

    printf("%.6f %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", done.seconds, done.events,
           bench_peak_bytes());
    return 0;
}

static bool
start_million(char *program, Long *found)
{
    char *argv[] = { program, (char[]){ "--play-million" }, NULL };
    g_autofree char *said = NULL;
    int status;

    if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &said, NULL, &status,
                      NULL) ||
        status != 0)
        return false;
    g_auto(GStrv) words = g_strsplit(g_strstrip(said), " ", -1);
    if (g_strv_length(words) != 3)
        return false;
    found->seconds = g_ascii_strtod(words[0], NULL);
    found->events = g_ascii_strtoull(words[1], NULL, 10);
    found->peak_bytes = g_ascii_strtoull(words[2], NULL, 10);
    return true;
}

static bool
play_long(Long *found)
{
    if (!start_million((char[]){ "/proc/self/exe" }, found)) {
        fprintf(stderr, "bench: error: the race of a million clients failed\n");
        return false;
    }
    found->searched = bench_explore(6, 1);
    return true;
}

/* ---- tables ---- */

static void
print_rates(bool markdown)
{
    g_autoptr(BenchTable) table = bench_table_new(1 + N_SUBJECTS, 1);

    bench_table_add(table, "M events/s");
    for (size_t s = 0; s < N_SUBJECTS; s++)
        bench_table_add(table, "%s", subjects[s]->name);
    for (size_t l = 0; l < N_LOADS; l++) {
        bench_table_add(table, "%s", loads[l].name);
        for (size_t s = 0; s < N_SUBJECTS; s++)
            bench_table_add_rate(table, bench_median(&queue_rates[l][s]));
    }
    bench_table_print(table, markdown);
}

static size_t
best_bare(size_t load)
{
    size_t best = LADDER;

    for (size_t s = LADDER; s < BARE_END; s++)
        if (bench_median(&queue_rates[load][s]) > bench_median(&queue_rates[load][best]))
            best = s;
    return best;
}

static void
add_hold_goal(BenchTable *goals, const char *what, size_t load, size_t peer, double goal,
              const char *goal_text)
{
    double ours = bench_median(&queue_rates[load][OURS]),
           theirs = bench_median(&queue_rates[load][peer]);

    bench_goal(goals, what, ours / theirs, true, goal, goal_text,
               "%.2f (%.1f to %.1f M events/s)", ours / theirs, ours / 1e6, theirs / 1e6);
}

static void
add_race_goal(BenchTable *goals, const char *what, size_t load, size_t which, double goal,
              const char *goal_text)
{
    double ours = bench_median(&event_rates[which]);
    size_t best = best_bare(load);

    bench_goal(goals, what, ours, true, goal, goal_text,
               "%.1f M events/s, %.2f of the best reduced race (%s)", ours / 1e6,
               ours / bench_median(&queue_rates[load][best]), subjects[best]->name);
}

static void
add_long_goals(BenchTable *goals, const Long *found)
{
    double bytes = (double) found->peak_bytes / 1e6;
    double ns = found->seconds / (double) found->events * 1e9;
    double ns_1000 = 1e9 / bench_median(&event_rates[FULL_1000]);

    bench_goal(goals, "full race, N = 1 000 000: peak memory a client", bytes, false, 512,
               "512 bytes", "%.0f bytes; the race took %.1f s of CPU time", bytes,
               found->seconds);
    /* N log N in all: an event may cost log 1 000 000 / log 1 000 = 2 times as much. */
    bench_goal(goals, "full race, N = 1 000 000: time an event", ns / ns_1000, false, 2,
               "2 times N = 1 000, as N log N", "%.1f times (%.0f to %.0f ns)", ns / ns_1000,
               ns, ns_1000);
    bool ended = found->searched.races == 1;
    bench_goal(goals, "explore, N = 6 with one crash, one thread",
               ended ? found->searched.seconds : HUGE_VAL, false, 60, "60 s",
               "%s%.0f s, %.1f M states", ended ? "" : "no end in ", found->searched.seconds,
               (double) found->searched.events / 1e6);
}

static void
print_goals(const Long *found, bool markdown)
{
    g_autoptr(BenchTable) goals = bench_goals_new();
    double plain = bench_median(&race_rates[FULL_2]),
           digest = bench_median(&race_rates[FULL_DIGEST]);
    double crowd = bench_median(&queue_rates[HOLD_MANY][OURS]) /
                   bench_median(&queue_rates[HOLD_CROWDED][OURS]);

    add_hold_goal(goals, "queue on hold, Q = 100, to the best bare C", HOLD_FEW,
                  best_bare(HOLD_FEW), 0.7, "0.7");
    add_hold_goal(goals, "queue on hold, Q = 10 000, to the best bare C", HOLD_MANY,
                  best_bare(HOLD_MANY), 0.7, "0.7");
    add_hold_goal(goals, "queue on hold, Q = 1 000 000, to the ladder", HOLD_MILLION, LADDER,
                  0.8, "0.8");
    bench_goal(goals, "queue on hold, 1 000 events at an instant", crowd, false, 2, "2 times",
               "%.2f times the cost of Q = 10 000", crowd);
    add_race_goal(goals, "full race, N = 2", RACE_2, FULL_2, 20e6, "20 M events/s");
    bench_goal(goals, "full race, N = 2", plain, true, 700000, "700 000 races/s",
               "%.0f races/s", plain);
    add_race_goal(goals, "full race, N = 1 000", RACE_1000, FULL_1000, 15e6, "15 M events/s");
    add_race_goal(goals, "full race, N = 100 000", RACE_100000, FULL_100000, 6e6,
                  "6 M events/s");
    bench_goal(goals, "full races on two threads, N = 2, wall clock",
               bench_median(&wall_rates[FULL_JOBS]) / bench_median(&wall_rates[FULL_2]), true,
               1.9, "1.9 times one", "%.2f times one (CPU time a race: %.2f times)",
               bench_median(&wall_rates[FULL_JOBS]) / bench_median(&wall_rates[FULL_2]),
               plain / bench_median(&race_rates[FULL_JOBS]));
    bench_goal(goals, "full race with the digest of its trace, N = 2", digest / plain, true,
               0.9, "0.9 of the rate", "%.2f of the rate", digest / plain);
    bench_goal(goals, "full race with its trace as text in memory, N = 2",
               bench_median(&byte_rates), true, 500e6, "500 MB/s", "%.0f MB/s",
               bench_median(&byte_rates) / 1e6);
    bench_goal(goals, "verify, a trace of 1 000 clients, its reading included",
               bench_median(&verify_rates), true, 200e6, "200 MB/s", "%.0f MB/s",
               bench_median(&verify_rates) / 1e6);
    bench_goal(goals, "explore, N = 4 without faults, one thread", bench_median(&state_rates),
               true, 2e6, "2 M states/s", "%.2f M states/s", bench_median(&state_rates) / 1e6);
    bench_goal(goals, "explore, N = 4 without faults, one thread",
               1 / bench_median(&search_rates), false, 1, "1 s", "%.2f s",
               1 / bench_median(&search_rates));
    if (found != NULL)
        add_long_goals(goals, found);
    bench_table_print(goals, markdown);
}

int
main(int argc, char **argv)
{
    static int rounds = 5;
    static gboolean check_only, with_long, million_only, markdown, sweeps_only;
    /* clang-format off */
    static const GOptionEntry entries[] = {
        { "rounds", 'n', 0, G_OPTION_ARG_INT, &rounds, "How often each subject has its turn [5]", "N" },
        { "sweeps", 0, 0, G_OPTION_ARG_NONE, &sweeps_only, "Only sweeps beside the race by hand", NULL },
        { "long", 0, 0, G_OPTION_ARG_NONE, &with_long, "Also sweep millions of seeds, play a race of a million clients and search six with a crash", NULL },
        { "markdown", 0, 0, G_OPTION_ARG_NONE, &markdown, "Print tables as they stand in tests/README.md", NULL },
        { "check", 0, 0, G_OPTION_ARG_NONE, &check_only, "Only compare what the subjects take", NULL },
        { "play-million", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &million_only, NULL, NULL },
        G_OPTION_ENTRY_NULL
    };
    /* clang-format on */
    g_autoptr(GOptionContext) context = g_option_context_new("- the speed beside the peers");
    g_autoptr(GError) error = NULL;
    Long found = { 0 };

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1 || rounds < 1 ||
        rounds > BENCH_ROUNDS_MAX) {
        fprintf(stderr, "bench: error: %s\n",
                error != NULL ? error->message : "--rounds is 1 to 99; there is no argument");
        return 2;
    }
    if (million_only)
        return play_million();
    if ((!sweeps_only && (!check_orders() || !check_full())) || !bench_races_check())
        return 1;
    if (check_only)
        return 0;
    for (unsigned round = 0; round < (unsigned) rounds; round++) {
        if (!sweeps_only)
            play_round(round);
        bench_races_round(round, with_long);
    }
    if (!sweeps_only && with_long && !play_long(&found))
        return 1;
    bench_print_machine((unsigned) rounds);
    if (!sweeps_only) {
        print_rates(markdown);
        print_goals(with_long ? &found : NULL, markdown);
    }
    bench_races_print(with_long, markdown);
    return 0;
}
