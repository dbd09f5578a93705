/* Full races of few clients at the same instant: the same work by hand, in SimPy and by the program; and
 * sweeps, with their graph and with each seed played. */
#include "races.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "bench.h"
#include "rates.h"

/* ---- what is measured ---- */

/* Who plays the race of two with BENCH_LATENCY, on one core. */
typedef enum {
    BY_HAND,
    BY_HAND_NAMED,
    BY_SIMPY,
    BY_PLAYING,
    BY_GRAPH,
} Player;
#define PLAYER_N (BY_GRAPH + 1)

/* clang-format off */
static const struct { const char *name; uint64_t n_races; } players[PLAYER_N] = {
    [BY_HAND]       = { "C by hand, one random stream; no check, record or measure", 500000 },
    [BY_HAND_NAMED] = { "C by hand, draws named as the program's; likewise",         500000 },
    [BY_SIMPY]      = { "SimPy, a process a client; likewise",                       2000 },
    [BY_PLAYING]    = { "this program, each seed played",                            200000 },
    [BY_GRAPH]      = { "this program, its sweep with a graph",                      500000 },
};

/* A sweep with its graph, to the same with each seed played. */
static const struct sweep {
    const char *name;
    uint32_t n_clients;
    const char *latency;
    uint64_t n_races, n_points;
    bool is_long; /* played in the first round only */
    double goal;
} sweeps[] = {
    { "N = 2",                                          2, BENCH_LATENCY,           400000,  1,  false, 3.3 },
    { "N = 2, lognormal latencies",                     2, "lognormal(20ms, 60ms)", 400000,  1,  false, 2.5 },
    { "N = 3, a million seeds once, building included", 3, BENCH_LATENCY,           1000000, 1,  true,  3 },
    { "N = 4, a million seeds once, building included", 4, BENCH_LATENCY,           1000000, 1,  true,  1.3 },
    { "N = 2, points of 1 000 seeds",                   2, BENCH_LATENCY,           1000,    50, false, 0.97 },
    { "N = 5",                                          5, BENCH_LATENCY,           30000,   1,  false, 0.97 },
};
/* clang-format on */
#define N_SWEEPS G_N_ELEMENTS(sweeps)
enum { PLAYED, WALKED, WAY_N };

/* On two threads. */
#define THREAD_RACES 400000u
#define MANY_RACES UINT64_C(10000000)

static BenchRates player_rates[PLAYER_N], sweep_rates[N_SWEEPS][WAY_N],
    wall_rates[WAY_N][2]; /* on one thread, on two */
static double many_s;
static bool has_simpy;

/* ---- SimPy ---- */

#define NO_SIMPY 77 /* the status of race-simpy.py where there is none */

/* Returns: whether @python has SimPy; ends the program when races by it fail */
static bool
ask_python(char *python, uint32_t n_clients, uint64_t n_races, char **said)
{
    g_autofree char *clients = g_strdup_printf("%u", n_clients),
                    *races = g_strdup_printf("%" G_GUINT64_FORMAT, n_races);
    char *argv[] = { python, (char[]){ BENCH_FOLDER "/race-simpy.py" }, clients, races, NULL };
    int status;

    if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, said, NULL, &status,
                      NULL))
        return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_SIMPY) {
        g_clear_pointer(said, g_free);
        return false;
    }
    if (status == 0)
        return true;
    fprintf(stderr, "bench: error: race-simpy.py failed\n");
    exit(1);
}

bool
bench_simpy(uint32_t n_clients, uint64_t n_races, BenchWork *work)
{
    g_autofree char *said = NULL;

    /* Debian installs SimPy for its own Python, which need not be the first on the PATH. */
    if (!ask_python((char[]){ "python3" }, n_clients, n_races, &said) &&
        !ask_python((char[]){ "/usr/bin/python3" }, n_clients, n_races, &said))
        return false;
    g_auto(GStrv) words = g_strsplit(g_strstrip(said), " ", -1);
    if (g_strv_length(words) != 7) {
        fprintf(stderr, "bench: error: race-simpy.py says something else\n");
        exit(1);
    }
    *work = (BenchWork){ .races = g_ascii_strtoull(words[0], NULL, 10),
                         .messages = g_ascii_strtod(words[1], NULL),
                         .messages_squared = g_ascii_strtod(words[2], NULL),
                         .end_ms = g_ascii_strtod(words[3], NULL),
                         .end_ms_squared = g_ascii_strtod(words[4], NULL),
                         .first_won = g_ascii_strtoull(words[5], NULL, 10),
                         .seconds = g_ascii_strtod(words[6], NULL) };
    return true;
}

/* ---- the same work ---- */

/* Seed by seed: messages, the last instant and the winner. */
static bool
check_named(uint32_t n_clients, uint64_t n_races)
{
    g_autofree BenchRace *ours = g_new(BenchRace, n_races), *theirs = g_new(BenchRace, n_races);
    BenchWork work;

    bench_played(n_clients, n_races, &work, ours);
    bench_hand_written(n_clients, n_races, true, &work, theirs);
    for (uint64_t i = 0; i < n_races; i++) {
        if (ours[i].messages == theirs[i].messages && ours[i].end == theirs[i].end &&
            ours[i].winner == theirs[i].winner)
            continue;
        fprintf(stderr,
                "bench: error: %u clients, seed %" G_GUINT64_FORMAT ": the race by hand is not "
                "that of the program\n",
                n_clients, i + 1);
        return false;
    }
    printf("%u clients: the race by hand is that of the program, in each of %" G_GUINT64_FORMAT
           " seeds\n",
           n_clients, n_races);
    return true;
}

typedef struct {
    double mean, variance; /* the latter of the mean */
} Estimate;

static Estimate
estimate(double sum, double squared, uint64_t n)
{
    double mean = sum / (double) n;

    return (Estimate){ mean, (squared / (double) n - mean * mean) / (double) n };
}

/* How many standard deviations may lie between the means of two sets of the same races: more do in one
 * of 15 000 comparisons. */
#define DEVIATIONS 4

static bool
is_alike(const char *who, const char *what, Estimate ours, Estimate theirs)
{
    double distance = fabs(ours.mean - theirs.mean),
           most = DEVIATIONS * sqrt(ours.variance + theirs.variance);

    if (distance <= most)
        return true;
    fprintf(stderr, "bench: error: %s: %s: %.3f, where the program has %.3f\n", who, what,
            theirs.mean, ours.mean);
    return false;
}

static bool
check_alike(const char *who, const BenchWork *ours, const BenchWork *theirs)
{
    if (!is_alike(who, "messages a race",
                  estimate(ours->messages, ours->messages_squared, ours->races),
                  estimate(theirs->messages, theirs->messages_squared, theirs->races)) ||
        !is_alike(who, "ms until the end",
                  estimate(ours->end_ms, ours->end_ms_squared, ours->races),
                  estimate(theirs->end_ms, theirs->end_ms_squared, theirs->races)) ||
        !is_alike(
            who, "share that the first client wins",
            estimate((double) ours->first_won, (double) ours->first_won, ours->races),
            estimate((double) theirs->first_won, (double) theirs->first_won, theirs->races)))
        return false;
    printf("%s: the same work: %.2f messages a race (the program: %.2f), %.1f ms (%.1f), the "
           "first "
           "wins %.1f %% (%.1f %%)\n",
           who, theirs->messages / (double) theirs->races,
           ours->messages / (double) ours->races, theirs->end_ms / (double) theirs->races,
           ours->end_ms / (double) ours->races,
           100 * (double) theirs->first_won / (double) theirs->races,
           100 * (double) ours->first_won / (double) ours->races);
    return true;
}

/* The sums of a sweep say whether its graph changes a race. */
static bool
check_sweeps(void)
{
    for (size_t i = 0; i < N_SWEEPS; i++) {
        BenchPlay play = { .n_clients = sweeps[i].n_clients,
                           .n_races = 2000,
                           .jobs = 1,
                           .latency = sweeps[i].latency };
        BenchDone played = bench_play(&play);

        play.graph = true;
        BenchDone walked = bench_play(&play);
        if (played.events == walked.events && played.sum == walked.sum)
            continue;
        fprintf(stderr, "bench: error: %s: the graph changes a race\n", sweeps[i].name);
        return false;
    }
    return true;
}

bool
bench_races_check(void)
{
    BenchWork ours, theirs;

    if (!check_named(2, 1000) || !check_named(3, 300) || !check_named(20, 20))
        return false;
    bench_played(2, 20000, &ours, NULL);
    bench_hand_written(2, 100000, false, &theirs, NULL);
    if (!check_alike("C by hand", &ours, &theirs))
        return false;
    has_simpy = bench_simpy(2, 1000, &theirs);
    if (!has_simpy)
        printf("SimPy: skipped, since python3 has none (Debian: python3-simpy3)\n");
    else if (!check_alike("SimPy", &ours, &theirs))
        return false;
    if (!bench_has_graph())
        printf("graph: skipped, since sweeps of this program have none\n");
    else if (!check_sweeps())
        return false;
    else
        printf("graph: sweeps with it are those without\n");
    return true;
}

/* ---- rounds ---- */

/* Returns: one sweep; without a graph, all seeds are played in either way */
static BenchDone
play_sweep(const struct sweep *sweep, unsigned way, uint64_t n_races, unsigned jobs)
{
    const BenchPlay play = { .n_clients = sweep->n_clients,
                             .n_races = n_races,
                             .jobs = jobs,
                             .latency = sweep->latency,
                             .n_points = sweep->n_points,
                             .graph = way == WALKED };

    return bench_play(&play);
}

static void
play_player(Player player)
{
    uint64_t n_races = players[player].n_races;
    BenchWork work = { 0 };
    BenchDone done;

    switch (player) {
    case BY_HAND:
    case BY_HAND_NAMED:
        bench_hand_written(2, n_races, player == BY_HAND_NAMED, &work, NULL);
        break;
    case BY_SIMPY:
        if (!has_simpy || !bench_simpy(2, n_races, &work))
            return;
        break;
    case BY_PLAYING:
    case BY_GRAPH:
        if (player == BY_GRAPH && !bench_has_graph())
            return;
        done = play_sweep(&sweeps[0], player == BY_GRAPH ? WALKED : PLAYED, n_races, 1);
        work = (BenchWork){ .races = done.races, .seconds = done.seconds };
        break;
    }
    bench_rates_add(&player_rates[player], (double) work.races, work.seconds);
}

static void
play_threads(void)
{
    for (unsigned way = 0; way < (bench_has_graph() ? WAY_N : WALKED); way++)
        for (unsigned jobs = 1; jobs <= 2; jobs++) {
            BenchDone done = play_sweep(&sweeps[0], way, THREAD_RACES * jobs, jobs);
            bench_rates_add(&wall_rates[way][jobs - 1], (double) done.races, done.elapsed_s);
        }
}

void
bench_races_round(unsigned round, bool with_long)
{
    for (Player player = 0; player < PLAYER_N; player++)
        play_player(player);
    for (size_t i = 0; i < N_SWEEPS && bench_has_graph(); i++) {
        if (sweeps[i].is_long && !(with_long && round == 0))
            continue;
        for (unsigned way = 0; way < WAY_N; way++) {
            BenchDone done = play_sweep(&sweeps[i], way, sweeps[i].n_races, 1);
            bench_rates_add(&sweep_rates[i][way], (double) done.races, done.seconds);
        }
    }
    play_threads();
    if (with_long && round == 0)
        many_s = play_sweep(&sweeps[0], WALKED, MANY_RACES, 2).elapsed_s;
}

/* ---- tables ---- */

static void
print_players(bool markdown)
{
    g_autoptr(BenchTable) table = bench_table_new(4, 1);
    double by_hand = bench_median(&player_rates[BY_HAND]),
           played = bench_median(&player_rates[BY_PLAYING]);

    bench_table_add(table, "full races of two at the same instant, one core");
    bench_table_add(table, "M races/s");
    bench_table_add(table, "to each seed played");
    bench_table_add(table, "to C by hand");
    for (Player player = 0; player < PLAYER_N; player++) {
        double rate = bench_median(&player_rates[player]);
        bench_table_add(table, "%s", players[player].name);
        if (player_rates[player].n == 0) {
            bench_table_add(table, "skipped");
            bench_table_add(table, "%s", "");
            bench_table_add(table, "%s", "");
            continue;
        }
        bench_table_add_rate(table, rate);
        bench_table_add(table, "%.2f", rate / played);
        bench_table_add(table, "%.3f", rate / by_hand);
    }
    bench_table_print(table, markdown);
}

static void
add_sweep_goals(BenchTable *goals, bool with_long)
{
    for (size_t i = 0; i < N_SWEEPS; i++) {
        double played = bench_median(&sweep_rates[i][PLAYED]),
               walked = bench_median(&sweep_rates[i][WALKED]);
        g_autofree char *what = g_strdup_printf("sweep, %s", sweeps[i].name),
                        *goal = g_strdup_printf("%g times each seed played", sweeps[i].goal);

        if (sweeps[i].is_long && !with_long)
            continue;
        bench_goal(goals, what, walked / played, true, sweeps[i].goal, goal,
                   "%.2f times (%.0f to %.0f races/s)", walked / played, walked, played);
    }
}

static void
add_thread_goal(BenchTable *goals)
{
    double times[WAY_N];

    for (unsigned way = 0; way < WAY_N; way++)
        times[way] = bench_median(&wall_rates[way][1]) / bench_median(&wall_rates[way][0]);
    bench_goal(goals, "sweep on two threads, N = 2, wall clock", times[WALKED] / times[PLAYED],
               true, 0.97, "0.97 of what two threads gain with each seed played",
               "%.2f (%.2f times one thread to %.2f times)", times[WALKED] / times[PLAYED],
               times[WALKED], times[PLAYED]);
}

void
bench_races_print(bool with_long, bool markdown)
{
    g_autoptr(BenchTable) goals = bench_goals_new();
    Player best = bench_has_graph() ? BY_GRAPH : BY_PLAYING;
    double rate = bench_median(&player_rates[best]);

    print_players(markdown);
    bench_goal(goals, "sweep, N = 2", rate, true, 1.5e6, "1 500 000 races/s", "%.0f races/s",
               rate);
    if (bench_has_graph()) {
        add_sweep_goals(goals, with_long);
        add_thread_goal(goals);
    }
    if (with_long)
        bench_goal(goals, "10 000 000 races of two on two threads, wall clock", many_s, false,
                   6, "6 s", "%.1f s", many_s);
    bench_table_print(goals, markdown);
    if (!bench_has_graph())
        printf(
            "\nSweeps of this program have no graph: goals that speak of it are left out.\n");
}
