/* The verb `sweep` as a user meets it: options, outputs, exit statuses; sweeps that are stopped,
 * killed and taken up again. The shell lines run in a fresh folder. */
#include "cli/shell.h"
#include "effort.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>

/* Some of its runs fail; the first seed that does is 45. */
#define RARE                                                                                   \
    "printf '[scenario]\\ntitle = Rare\\n[network]\\nlatency = 10ms\\n"                        \
    "[encryption-provider]\\nretention = on-new-key\\n"                                        \
    "[client alice]\\n[client bob]\\nstart = uniform(0ms, 1s)\\n' > rare.ini; "
/* The same with something required, swept in three parts. */
#define PARTS                                                                                  \
    RARE "printf '[study]\\nrequire = rate(fail) < 1%%\\n' >> rare.ini; for k in 1 2 3; do "   \
         "session-race sweep -q --shard $k/3 -o $k.ndjson rare.ini || exit 9; done; "
/* A signer ahead of the server: no check fails, but some editors are locked out. */
#define AHEAD                                                                                  \
    "printf '[network]\\nlatency = 10ms\\n[token-provider]\\nclock-offset = 300ms\\n"          \
    "[client alice]\\nstart = uniform(0s, 10s)\\n' > ahead.ini; "
#define SAFE "printf '[client alice]\\n[client bob]\\nstart = uniform(0ms, 1s)\\n' > safe.ini; "
/* Six points of many seeds. */
#define STUDY                                                                                  \
    "printf '[network]\\nlatency = 10ms\\n[client alice]\\n[client bob]\\n"                    \
    "start = uniform(0ms, 1s)\\n[study]\\nseeds = 1..20000\\n"                                 \
    "vary client bob.derive = 5ms | 25ms | 90ms\\n"                                            \
    "vary encryption-provider.retention = on-new-key | forever\\n"                             \
    "require = p99(time-to-collaborate) < 10s\\n' > study.ini; "

/* clang-format off */
static const struct shell_row rows[] = {
    { "no scenario", "session-race sweep", 2, "", "session-race sweep: error: a sweep is of one scenario: a file, or - for standard input\nTry 'session-race sweep --help'.\n" },
    { "two scenarios", SAFE "session-race sweep safe.ini safe.ini", 2, "", "a sweep is of one scenario" },
    { "a folder", "mkdir f; session-race sweep f", 3, "", "f: error: is a folder\n" },
    { "a scenario that is not there", "session-race sweep no.ini", 3, "", "no.ini: error: " },
    { "a broken scenario", "printf '[client a]\\nstrat = 1ms\\n' > x.ini; session-race sweep x.ini", 2, "", "x.ini:2:1: error: unknown key 'strat' in [client a]" },
    { "help", "session-race sweep --help", 0, "Usage:\n  session-race sweep [OPTION…] SCENARIO\n", "" },
    { "an option that is meant", "session-race sweep --shrad 1/2 x.ini", 2, "", "there is no option --shrad; did you mean '--shard'?" },
    { "the option of another verb", "session-race sweep --seed 1 x.ini", 2, "", "--seed is an option of 'run'" },

    { "seeds that are no range", SAFE "session-race sweep --seeds 5 safe.ini", 2, "", "--seeds: error: '5' is not a range of seeds\n    study.seeds=5\n" },
    { "seeds that run backwards", SAFE "session-race sweep --seeds 5..1 safe.ini", 2, "", "--seeds: error: the first seed is greater than the last" },
    { "an unknown key is varied", SAFE "session-race sweep --vary 'server.leway=1s|2s' safe.ini", 2, "", "--vary: error: unknown key 'leway' in [server]" },
    { "values of no key", SAFE "session-race sweep --vary network.latency safe.ini", 2, "", "--vary: no '=' in 'network.latency'; write GROUP.KEY=V1|V2, such as " },
    { "small scenarios into a file", SAFE "session-race sweep --shrink safe.ini safe.ini", 2, "", "--shrink safe.ini: is a file, not a folder\n" },
    { "a value that will not do", SAFE "session-race sweep --vary 'server.leeway=1s|2' safe.ini", 2, "", "--vary: error: '2' needs a unit" },
    { "a key that is not varied is zipped", SAFE "session-race sweep --zip server.leeway,client\\ bob.start safe.ini", 2, "", "--zip: error: 'server.leeway' is not varied here" },
    { "a threshold of nothing", SAFE "session-race sweep --require 'rate(keyfound)<1%' safe.ini", 2, "", "--require: error: there is no share of runs 'keyfound'\n    study.require=rate(keyfound)<1%\n" },
    { "a point that will not do", SAFE "session-race sweep --vary 'client bob.count=1|2' --set 'expect.winner=bob' safe.ini", 2, "", "session-race sweep: nothing was run: at the point client bob.count=2\n" },
    { "an external provider", SAFE "session-race sweep --vary 'encryption-provider.kind=stored|exec' safe.ini", 2, "", "nothing was run: at the point encryption-provider.kind=exec\n" },
    { "a shard of none", SAFE "session-race sweep --shard 0/2 safe.ini", 2, "", "--shard: '0/2' is not a part such as 1/8, from 1/N to N/N" },
    { "a shard beyond the last", SAFE "session-race sweep --shard 3/2 safe.ini", 2, "", "--shard: '3/2' is not" },
    { "a shard with something behind it", SAFE "session-race sweep --shard 1/2x safe.ini", 2, "", "--shard: '1/2x' is not" },
    { "a shard that ends early", SAFE "session-race sweep --shard 1/2 --until-failure safe.ini", 2, "", "--shard and --until-failure do not go together" },
    { "a shard of some precision", SAFE "session-race sweep --shard 1/2 --precision 1% safe.ini", 2, "", "--shard and --precision do not go together" },
    { "a precision without its sign", SAFE "session-race sweep --precision 0.1 safe.ini", 2, "", "--precision: '0.1' is not a percentage" },
    { "no precision at all", SAFE "session-race sweep --precision 0% safe.ini", 2, "", "--precision: '0%' is not" },
    { "half of everything", SAFE "session-race sweep --precision 50% safe.ini", 2, "", "--precision: '50%' is not" },
    { "a precision too fine", SAFE "session-race sweep --precision 0.0000001% safe.ini", 2, "", "--precision: '0.0000001%' is not" },
    { "a memory without a unit", SAFE "session-race sweep --graph-memory 64 safe.ini", 2, "", "--graph-memory: '64' is not a size such as 64MiB or 2GiB" },
    { "a memory that is no number", SAFE "session-race sweep --graph-memory MiB safe.ini", 2, "", "--graph-memory: 'MiB' is not" },
    { "what became of the seeds", SAFE "session-race sweep -q --stats --seeds 1..1000 -j1 safe.ini", 0, "", "session-race sweep: 1000 runs, " },
    { "all seeds are played", SAFE "session-race sweep -q --stats --no-graph --seeds 1..1000 safe.ini", 0, "", "1000 runs, 100.00 % of them played, 0 written down; 0 worlds, 0 steps, 0 KiB" },
    { "why all seeds are played", SAFE "session-race sweep -q --stats --set token-provider.cache=1s --seeds 1..2000 -j1 safe.ini", 0, "", "every seed of some point is played: the graph does not take 'cache'" },
    { "no time", SAFE "session-race sweep --time 0s safe.ini", 2, "", "--time: '0s' is not a duration such as 30s or 10min" },
    { "the scenario as its result", SAFE "session-race sweep -o safe.ini safe.ini", 2, "", "--output safe.ini: is an input, which is never replaced" },
    { "the result as its checkpoint", SAFE "session-race sweep -o x --checkpoint x safe.ini", 2, "", "--checkpoint x: is written twice" },
    { "a checkpoint to nowhere", SAFE "session-race sweep --checkpoint '' safe.ini", 2, "", "--checkpoint: the name of the file is empty" },
    { "a result to nowhere", SAFE "session-race sweep -o no/where safe.ini", 3, "", "no/where: error: folder no does not exist\n" },

    { "nothing fails", SAFE "session-race sweep safe.ini", 0, "1000 seeds (1..1000)\n", "" },
    { "nothing is drawn", SAFE "session-race sweep --seeds 1..20 --set 'client bob.start=12ms' --set network.latency=10ms safe.ini", 0, "20 seeds (1..20)\n", "session-race sweep: nothing in safe.ini is drawn from the seed: all runs are the same one, " },
    { "… and what may be", SAFE "session-race sweep --seeds 1..20 --set 'client bob.start=12ms' --set network.latency=10ms safe.ini", 0, NULL, "--set 'client bob.start=uniform(0ms, 1s)'\n" },
    { "… at one point, and at the other it is", SAFE "session-race sweep --seeds 1..20 --set network.latency=10ms --vary 'client bob.start=12ms | uniform(0ms, 1s)' safe.ini", 0, NULL, "" },
    { "… of a single seed", SAFE "session-race sweep --seeds 7..7 --set 'client bob.start=12ms' --set network.latency=10ms safe.ini", 0, NULL, "" },
    { "… and nobody wants to know", SAFE "session-race sweep -q --seeds 1..20 --set 'client bob.start=12ms' --set network.latency=10ms safe.ini", 0, "", "" },
    { "no key is orphaned, and ages of keys have their heading", SAFE "session-race sweep --seeds 1..20 --set 'client bob.start=5s' safe.ini | grep -A1 'keys and tokens'", 0, "  keys and tokens\n    age of a key asked for ", "" },
    { "something fails", RARE "session-race sweep rare.ini", 1, "replay: session-race run --seed 45 rare.ini\n", "" },
    { "something fails, as the scenario expects", RARE "session-race sweep --seeds 45..45 --set 'expect.verdict=fail(key-kept, key-found, all-collaborate)' rare.ini", 0, "key-found ", "" },
    { "… but not in every run", RARE "session-race sweep --set 'expect.verdict=fail(key-kept, key-found, all-collaborate)' rare.ini", 1, "runs not as expected ", "" },
    { "… as run says of its seed", RARE "session-race sweep --until-failure --set 'expect.verdict=fail(key-kept, key-found, all-collaborate)' rare.ini | sed -n 's/^ *replay: //p' > replay; sh replay; s=$?; grep -c 'seed 1 ' replay; exit $s", 1, NULL, "" },
    { "no check fails, and somebody is locked out", AHEAD "session-race sweep ahead.ini", 1, "runs with an editor locked out ", "" },
    { "… until the first of them", AHEAD "session-race sweep --until-failure -q -o r ahead.ini; s=$?; n=$(sed -n 's/.*\"parts\":\\[\"1\\.\\.\\([0-9]*\\)\".*/\\1/p' r); session-race run -q --seed $n ahead.ini > t; [ $? = 1 ] || exit 9; for i in $(seq $((n - 1))); do session-race run -q --seed $i ahead.ini || exit 8; done; exit $s", 1, "", NULL },
    { "… though nothing can be made small of that", AHEAD "session-race sweep -q --shrink d ahead.ini; s=$?; [ ! -e d ] && exit $s", 1, "", "--shrink: no check failed that was not expected to" },
    { "what fails as expected is not made small", RARE "session-race sweep -q --shrink d --set 'expect.verdict=fail(key-kept, all-collaborate)' --seeds 45..45 rare.ini; s=$?; ls d; exit $s", 1, "key-found.ini\n", NULL },
    { "less than that is expected", RARE "session-race sweep --set 'expect.verdict=fail(key-kept)' rare.ini", 1, NULL, "" },
    { "few may fail", RARE "session-race sweep --require 'rate(fail) < 50%' rare.ini", 0, "rate(fail) < 50%", "" },
    { "fewer may fail", RARE "session-race sweep --require 'rate(fail) < 1%' rare.ini", 1, "not met", "" },
    { "few may be locked out", AHEAD "session-race sweep --require 'clients(locked-out) < 30%, clients(locked-out(jwt)) > 20%' ahead.ini", 0, "met     clients(locked-out(jwt)) > 20%: ", "" },
    { "fewer may be", AHEAD "session-race sweep --require 'clients(locked-out) < 20%' ahead.ini", 1, "    not met clients(locked-out) < 20%: ", "" },
    { "… of runs", AHEAD "session-race sweep -q --require 'runs(locked-out) < 20%' ahead.ini", 1, "", "1 of 1 points do not keep what is required" },
    { "another measure", AHEAD "session-race sweep --require 'max(token-early) <= 1s' ahead.ini", 0, "met     max(token-early) <= 1s: 1 s (of ", "" },
    { "it takes too long", SAFE "session-race sweep --require 'p99(time-to-collaborate) < 1ms' safe.ini", 1, "not met", "" },
    { "quiet, and nothing to say", SAFE "session-race sweep -q safe.ini", 0, "", "" },
    { "quiet, and something to say", RARE "session-race sweep -q rare.ini", 1, "", "session-race sweep: some runs are not as expected, at 1 of 1 points\n" },
    { "quiet, and too much of it", RARE "session-race sweep -q --require 'rate(fail)<1%' rare.ini", 1, "", "session-race sweep: 1 of 1 points do not keep what is required\n" },
    { "from standard input", SAFE "session-race sweep - < safe.ini", 0, "1000 seeds", "" },
    { "NDJSON", SAFE "session-race sweep --format json safe.ini", 0, "{\"type\":\"sweep\",\"format\":2,", "" },
    { "NDJSON, by the name of standard output", SAFE "session-race sweep -o - safe.ini", 0, "{\"type\":\"sweep\",\"format\":2,", "" },
    { "CSV", SAFE "session-race sweep --format csv --vary 'server.leeway=0s|1s' safe.ini | cut -d, -f1-4", 0, "point,at.server.leeway,runs,clients.locked-out.n\n0,0ms,1000,0\n1,1s,1000,0\n", "" },
    { "CSV to a file, and no table", SAFE "session-race sweep -f csv -o t safe.ini; wc -l < t", 0, "2\n", "" },
    { "CSV, and something to say", RARE "session-race sweep -f csv rare.ini", 1, "point,runs,", "some runs are not as expected, at 1 of 1 points\n" },
    { "Markdown", RARE "session-race sweep -f markdown --require 'runs(failed) < 1%' rare.ini", 1, "\n- point 0: **not met** runs(failed) \\< 1%: ", "1 of 1 points do not keep what is required\n" },
    { "a format that is none", SAFE "session-race sweep --format tap safe.ini", 2, "", "'tap' is not one of human, json, csv, markdown" },
    { "seeds are numbers, and what they are named for can be replayed", AHEAD "session-race sweep -f json ahead.ini | grep -o '\"locked-out(jwt)\":\\[[0-9,]*\\]' | grep -o '[0-9]*' > seeds; wc -l < seeds; for s in $(cat seeds); do session-race run --seed $s ahead.ini | grep -c 'fails(jwt) at'; done | uniq", 0, "8\n1\n", "some runs are not as expected" },
    { "a result and a table", SAFE "session-race sweep -o r safe.ini && tail -n 1 r", 0, "{\"type\":\"end\",\"points\":1,\"complete\":true,", "" },
    { "a result and no table", SAFE "session-race sweep -f json -o r safe.ini", 0, "", "" },
    { "the options of the replay are quoted", RARE "session-race sweep --set 'client bob.derive=30ms' --vary 'client bob.start=20ms|uniform(1ms, 2s)' rare.ini", 1, "session-race run --set 'client bob.derive=30ms' --set 'client bob.start=20ms' --seed 1 rare.ini\n", "" },
    { "what is replayed fails", RARE "$(session-race sweep rare.ini | sed -n 's/^ *replay: //p') | grep key-kept", 0, "key-kept failed", "" },

    { "until the first failure", RARE "session-race sweep --until-failure -f json rare.ini | grep -o '\"parts\":[^,]*'", 0, "\"parts\":[\"1..45\"]\n", NULL },
    { "until the first failure, which is one", RARE "session-race sweep --until-failure -q rare.ini", 1, "", NULL },
    { "until the first failure, and there is none", SAFE "session-race sweep --until-failure -q safe.ini", 0, "", "" },
    { "until the first failure, whatever is required", RARE "session-race sweep --until-failure -q --require 'rate(fail)<99%' rare.ini", 1, "", NULL },
    { "precise enough", RARE "session-race sweep --precision 5% -f json --require 'rate(fail)<50%' rare.ini | grep -o '\"parts\":[^,]*'", 0, "\"parts\":[\"1..512\"]\n", "" },
    { "too few seeds for that", RARE "session-race sweep --precision 0.01% --require 'rate(fail)<50%' rare.ini", 4, "1000 seeds", "session-race sweep: the seeds are too few for --precision at 1 of 1 points\n" },
    { "time is up", SAFE "session-race sweep --time 20ms --seeds 1..1000000000 -o r safe.ini; s=$?; grep -c complete.:false r; exit $s", 4, "1\n", "session-race sweep: --time is up: " },
    { "time is up before the points are read", SAFE "session-race sweep --time 1ns --vary 'network.rto=1ms..1s step 1ms' -o r safe.ini; s=$?; test -e r && exit 9; exit $s", 4, "", "--time is up: 0 of 1000 points are read, and nothing was run" },
    { "a run that is too long", SAFE "session-race sweep --seeds 1..50 --vary 'scenario.max-events=1000|20' safe.ini", 4, "2 points, 50 seeds each", "scenario.max-events=20, seed 1: the run needs more than 20 events ('max-events' in [scenario]) and was ended at " },
    { "… after something has failed", RARE "session-race sweep --seeds 1..2000 --vary 'scenario.max-events=1000|20' rare.ini", 1, "replay: ", "the sweep ends there, with 2000 of 4000 runs done" },
    { "time is up, but something has failed", RARE "session-race sweep --time 100ms --seeds 1..1000000000 rare.ini", 1, "replay: ", "" },
    { "an empty shard", SAFE "session-race sweep --shard 1/5 --seeds 1..3 -f json safe.ini", 0, "{\"type\":\"end\",\"points\":0,\"complete\":false,", "" },
    { "a part is not judged by shares", RARE "session-race sweep --shard 1/5 --require 'rate(fail)<1%' rare.ini", 0, NULL, "" },
    { "parts are judged together", PARTS "session-race merge --scenario rare.ini -o all [123].ndjson", 1, "", "session-race merge: 1 of 1 points do not keep what is required\n" },
    { "… and not without the scenario", PARTS "session-race merge -o all [123].ndjson", 0, "", "" },
    { "… as the unsplit sweep is", PARTS "session-race merge -f human --scenario rare.ini [123].ndjson > table; session-race sweep rare.ini | cmp - table && echo same", 0, "same\n", "" },
    { "… by what the sweep was told", PARTS "session-race sweep -q --seeds 1..40 -o r rare.ini; session-race merge --scenario rare.ini --set study.seeds=1..40 -o all r", 0, "", "" },
    { "… not by another study", PARTS "session-race merge --scenario rare.ini --set study.seeds=1..40 -o all [123].ndjson", 2, "", "--scenario rare.ini: the sweep is not of this scenario and study; " },
    { "… not when one is missing", PARTS "session-race merge --scenario rare.ini -o all [12].ndjson", 4, "", "warning: seeds missing: 667..1000\n" },
    { "… unless it may be", PARTS "session-race merge --scenario rare.ini --allow-gaps -o all [12].ndjson", 1, "", "1 of 1 points do not keep what is required\n" },
    { "what fails unexpectedly in parts", RARE "session-race sweep -q --shard 1/2 -o r rare.ini; session-race merge -q --allow-gaps --scenario rare.ini -o all r", 1, "", NULL },
    { "a broken scenario to judge by", PARTS "echo x >> rare.ini; session-race merge --scenario rare.ini -o all [123].ndjson; s=$?; [ ! -e all ] && exit $s", 2, "", "rare.ini:" },
    { "no scenario to set", PARTS "session-race merge --set study.seeds=1..40 [123].ndjson", 2, "", "--set needs --scenario" },
    { "no temporary file is left", SAFE "session-race sweep -q --checkpoint c -o r safe.ini; ls -A", 0, "c\nr\nsafe.ini\n", "" },
};
/* clang-format on */

/* ---- the same result ---- */

static void
any_number_of_threads_writes_the_same(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        STUDY
        "for j in 1 2 7; do session-race sweep --seeds 1..2000 -j $j -o $j study.ini > t$j "
        "|| exit 9; done; cmp 1 2 && cmp 1 7 && cmp t1 t2 && cmp t1 t7 && "
        "grep -c complete.:true 1");

    assert_string_equal(did.out, "1\n");
}

/* Whether steps are kept changes nothing, nor how many; an early end comes at the same seed. */
static void
the_graph_writes_the_same(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        STUDY
        "session-race sweep -q --no-graph --seeds 1..6000 -o all study.ini || exit 9; "
        "for o in '-j 1' '-j 2' '-j 7' '-j 1 --graph-memory 64KiB'; do "
        "session-race sweep -q --seeds 1..6000 $o -o r study.ini && cmp r all || exit 9; done; "
        "for o in --no-graph '-j 2'; do session-race sweep -q --until-failure $o "
        "--seeds 1..6000 -o \"u$o\" study.ini; done; cmp u--no-graph 'u-j 2' && "
        "grep -c complete.:true all");

    assert_string_equal(did.out, "1\n");
}

static void
shards_are_merged_in_any_order(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        STUDY
        "session-race sweep -q --seeds 1..2003 -o all study.ini || exit 9; "
        "for k in 1 2 3 4 5; do session-race sweep -q --seeds 1..2003 --shard $k/5 -o s$k "
        "study.ini || exit 9; done; session-race merge -o m1 s3 s1 s5 s2 s4 && cmp all m1 && "
        "session-race merge -o m2 s5 s4 s3 s2 s1 && cmp all m2");

    assert_string_equal(did.err, "");
}

/* More shards than seeds: some have nothing, and still go together. */
static void
empty_shards_are_merged(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        SAFE "session-race sweep -q --seeds 1..3 -o all safe.ini || exit 9; "
             "for k in 1 2 3 4 5; do session-race sweep -q --seeds 1..3 --shard $k/5 -o s$k "
             "safe.ini || exit 9; done; session-race merge -o m s1 s2 s3 s4 s5 && cmp all m");

    assert_string_equal(did.err, "");
}

/* ---- checkpoints ---- */

static void
a_checkpoint_is_of_one_command(void **state)
{
    static const struct {
        const char *command, *message;
    } others[] = {
        { "sweep --set server.leeway=1s safe.ini", "is of another scenario, study or --set" },
        { "sweep --seeds 1..999 safe.ini", "is of the seeds 1..1000" },
        { "sweep --shard 1/2 safe.ini", "is of a sweep without --shard" },
        { "sweep --until-failure safe.ini", "is of a sweep without --until-failure" },
        { "sweep --precision 1% safe.ini", "is of a sweep with no --precision" },
        { "sweep rare.ini", "is of the scenario ''" },
    };
    g_auto(Did) first =
        shell(*state, 0, SAFE RARE "session-race sweep -q --checkpoint c safe.ini; cp c d");

    assert_string_equal(first.err, "");
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *script =
            g_strdup_printf("session-race %s --checkpoint c; s=$?; cmp c d || exit 9; exit $s",
                            others[i].command);
        g_auto(Did) did = shell(*state, 2, script);

        assert_string_equal(did.out, "");
        contains(did.err, "c: error: the checkpoint ");
        contains(did.err, others[i].message);
    }
}

static void
a_complete_checkpoint_is_the_result(void **state)
{
    g_auto(Did) did = shell(
        *state, 1,
        RARE
        "session-race sweep --checkpoint c -o 1 rare.ini > t1; session-race sweep "
        "--checkpoint c -o 2 rare.ini > t2; s=$?; cmp 1 2 && cmp t1 t2 || exit 9; exit $s");

    assert_string_equal(did.err, "");
}

static void
a_failure_that_was_found_stays_found(void **state)
{
    g_auto(Did) did = shell(
        *state, 1,
        RARE
        "session-race sweep --until-failure --checkpoint c -o 1 rare.ini > t1; session-race "
        "sweep --until-failure --checkpoint c -o 2 rare.ini > t2; s=$?; "
        "cmp 1 2 && cmp t1 t2 || exit 9; exit $s");

    assert_string_equal(did.err, "");
}

/* Every byte that is changed is seen, and so is every cut. */
static void
a_damaged_checkpoint_is_refused(void **state)
{
    g_autofree char *path = g_build_filename(*state, "c", NULL);
    g_autofree char *text = NULL;
    gsize length;
    g_auto(Did) first =
        shell(*state, 0, SAFE "session-race sweep -q --seeds 1..20 --checkpoint c safe.ini");

    assert_string_equal(first.err, "");
    assert_true(g_file_get_contents(path, &text, &length, NULL));
    for (gsize at = 0; at < length; at += 1 + length / 23) {
        g_autofree char *damaged = g_memdup2(text, length);

        damaged[at] ^= 1;
        assert_true(g_file_set_contents(path, damaged, (gssize) length, NULL));
        g_auto(Did) did =
            shell(*state, 2, "session-race sweep -q --seeds 1..20 --checkpoint c safe.ini");
        contains(did.err, "c: error: th");
        assert_true(g_file_set_contents(path, text, (gssize) at, NULL));
        g_auto(Did) cut =
            shell(*state, 2, "session-race sweep -q --seeds 1..20 --checkpoint c safe.ini");
        contains(cut.err, "c: error: th");
    }
}

static void
a_checkpoint_that_cannot_be_written_is_an_error(void **state)
{
    g_auto(Did) did = shell(*state, 3, SAFE "session-race sweep -q --checkpoint no/c safe.ini");

    assert_string_equal(did.err, "no/c: error: folder no does not exist\n");
}

/* ---- signals ---- */

/* Starts the program in @folder with @arguments. */
static GPid
start(const char *folder, const char *const *arguments)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    GPid pid = 0;

    g_ptr_array_add(argv, g_strdup(g_getenv("SR_PROGRAM")));
    for (; *arguments != NULL; arguments++)
        g_ptr_array_add(argv, g_strdup(*arguments));
    g_ptr_array_add(argv, NULL);
    assert_true(g_spawn_async(folder, (char **) argv->pdata, NULL,
                              G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                                  G_SPAWN_STDERR_TO_DEV_NULL,
                              NULL, NULL, &pid, NULL));
    return pid;
}

/* What tells one checkpoint from the next: each is a new file. */
static struct timespec
changed_at(const char *path)
{
    struct stat there;

    return stat(path, &there) == 0 ? there.st_mtim : (struct timespec){ 0 };
}

/* Waits until @path is another than it was at @before. Returns: whether @pid still runs */
static bool
wait_for_change(GPid pid, const char *path, struct timespec before)
{
    for (unsigned i = 0; i < 600000; i++) {
        struct timespec now = changed_at(path);
        siginfo_t ended = { 0 };

        if (waitid(P_PID, (id_t) pid, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            ended.si_pid != 0)
            return false;
        if (now.tv_sec != before.tv_sec || now.tv_nsec != before.tv_nsec)
            return true;
        g_usleep(100);
    }
    return false;
}

static int
status_of(GPid pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Ten times in the middle of a sweep: now and then a checkpoint is just being written, since they
 * come closest together at the start. */
static void
a_sweep_that_is_killed_goes_on(void **state)
{
    /* So many that the sweep lasts until it has been killed ten times; a slow program needs fewer. */
    g_autofree char *count =
        g_strdup_printf("client bob.count=%u", (unsigned) effort_cases(20));
    const char *const arguments[] = { "sweep",     "--checkpoint", "c",   "-o", "killed",
                                      "study.ini", "--set",        count, NULL };
    g_autofree char *whole = g_strconcat(STUDY "session-race sweep -o whole study.ini --set '",
                                         count, "' > table", NULL);
    g_autofree char *again = g_strconcat(
        "test -e killed && exit 9; session-race sweep --checkpoint c -o killed study.ini --set "
        "'",
        count, "' > killed-table; cmp whole killed && cmp table killed-table", NULL);
    g_autofree char *checkpoint = g_build_filename(*state, "c", NULL);
    g_autoptr(GRand) moments = g_rand_new_with_seed(7);
    g_auto(Did) did = shell(*state, 0, whole);
    unsigned n_killed = 0;

    assert_string_equal(did.err, "");
    for (unsigned round = 0; round < 10; round++) {
        struct timespec before = changed_at(checkpoint);
        GPid pid = start(*state, arguments);
        bool runs = true;

        for (unsigned i = (unsigned) g_rand_int_range(moments, 1, 3); i > 0 && runs; i--) {
            runs = wait_for_change(pid, checkpoint, before);
            before = changed_at(checkpoint);
        }
        for (unsigned i = (unsigned) g_rand_int_range(moments, 0, 200); i > 0; i--)
            g_thread_yield();
        kill(pid, SIGKILL);
        n_killed += status_of(pid) == 128 + SIGKILL;
    }
    assert_true(n_killed >= 8);
    g_auto(Did) last = shell(*state, 0, again);
    assert_string_equal(last.err, "");
}

static void
a_signal_keeps_what_is_done(void **state)
{
    static const char *const arguments[] = { "sweep",        "--checkpoint", "c",
                                             "-o",           "part",         "--seeds",
                                             "1..900000000", "safe.ini",     NULL };
    static const int signals[] = { SIGINT, SIGTERM };
    g_autofree char *checkpoint = g_build_filename(*state, "c", NULL);
    g_auto(Did) made = shell(*state, 0, SAFE "true");

    assert_string_equal(made.err, "");
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
        struct timespec before = changed_at(checkpoint);
        GPid pid = start(*state, arguments);

        assert_true(wait_for_change(pid, checkpoint, before));
        kill(pid, signals[i]);
        assert_int_equal(status_of(pid), 128 + signals[i]);
        /* What is left is a result: only seeds are missing. */
        g_auto(Did) merged = shell(
            *state, 4, "session-race merge part > m; s=$?; cmp part m || exit 9; exit $s");
        contains(merged.err, "seeds missing: ");
        contains(merged.err, "..900000000\n");
    }
    /* The part and the checkpoint hold the same seeds, and a sweep of just these has the same rows. */
    g_auto(Did) same = shell(*state, 0,
                             "parts() { grep -o '\"parts\":[^]]*]' $1; }; test \"$(parts "
                             "part)\" = \"$(parts c)\" || "
                             "exit 9; last=$(parts part | sed 's/.*[.]//; s/\".*//'); "
                             "session-race sweep -q -o short "
                             "--seeds 1..$last safe.ini || exit 8; sed -n 2p part > 1; sed "
                             "-n 2p short > 2; cmp 1 2");
    assert_string_equal(same.err, "");
}

static void
progress_is_drawn_on_a_terminal(void **state)
{
    g_autofree char *script_program = g_find_program_in_path("script");

    if (script_program == NULL)
        skip();
    g_auto(Did) did = shell(
        *state, 0,
        RARE "export TERM=xterm; script -qc 'session-race sweep --time 900ms --seeds "
             "1..100000000000 -o r "
             "rare.ini' log < /dev/null > /dev/null; grep -o '100000000000 runs (0.0 %)' log | "
             "sort -u; "
             "grep -o '[0-9] not as expected' log | head -n 1 | tail -c 16; grep -c ' in "
             "[0-9.]* m*s: "
             ".*runs/s' log; "
             "printf '\\r\\033[K' > erase; grep -c -F -f erase log");

    contains(did.out, "100000000000 runs (0.0 %)\nnot as expected\n1\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SHELL_TEST(any_number_of_threads_writes_the_same),
        SHELL_TEST(the_graph_writes_the_same),
        SHELL_TEST(shards_are_merged_in_any_order),
        SHELL_TEST(empty_shards_are_merged),
        SHELL_TEST(a_checkpoint_is_of_one_command),
        SHELL_TEST(a_complete_checkpoint_is_the_result),
        SHELL_TEST(a_failure_that_was_found_stays_found),
        SHELL_TEST(a_damaged_checkpoint_is_refused),
        SHELL_TEST(a_checkpoint_that_cannot_be_written_is_an_error),
        SHELL_TEST(a_sweep_that_is_killed_goes_on),
        SHELL_TEST(a_signal_keeps_what_is_done),
        SHELL_TEST(progress_is_drawn_on_a_terminal),
    };

    return (shell_check_rows("sweep, command line", rows, G_N_ELEMENTS(rows)) +
            cmocka_run_group_tests_name("sweep, program", tests, NULL, NULL)) != 0;
}
