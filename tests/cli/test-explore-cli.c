/* `explore` as a user meets it. */
#include "shell.h"

#define BAD                                                                                    \
    "printf '[encryption-provider]\\nretention = on-new-key\\n[client alice]\\n"               \
    "[client bob]\\n' > bad.ini\n"
#define GOOD "printf '[client alice]\\n[client bob]\\n' > good.ini\n"
#define KNOWN                                                                                  \
    BAD "printf '[explore]\\nverdict = fail(key-kept, key-found, all-collaborate)\\n' "        \
        ">> bad.ini\n"

#define EXEC                                                                                   \
    "printf '[encryption-provider]\\nkind = exec\\n[client alice]\\n[client bob]\\n' > "       \
    "exec.ini\n"
#define ORDERS(mode) EXEC "session-race explore --provider \"$SR_CHILD " mode "\" "

/* Both make a key in the same hour, so that bob is refused as often as he asks. */
#define LIMITED                                                                                \
    "printf '[encryption-provider]\\nhint = timestamp(1h)\\n[client alice]\\n"                 \
    "[client bob]\\nstart = 12ms\\nkey-retry = 1 times from 10ms to 10ms\\n"                   \
    "[network]\\nlatency = 10ms\\n' > limited.ini\n"

/* Links that take 10 to 80 ms: a key is needed for 760 ms. */
#define TIMED(more)                                                                            \
    "printf '[network]\\nlatency = uniform(10ms, 80ms)\\n[token-provider]\\nprocessing = "      \
    "0ms\\n[encryption-provider]\\ngenerate = uniform(20ms, 80ms)\\nlookup = uniform(5ms, "    \
    "30ms)\\n" more                                                                            \
    "[client near]\\ncount = 2\\nderive = 5ms\\n[client far]\\ncount = 2\\nderive = 5ms\\n' > timed.ini\n"
#define SHORT TIMED("retention = for(760ms)\\n")

/* clang-format off */
static const struct shell_row rows[] = {
    { "with times", TIMED("") "session-race explore --timed --clients 2 timed.ini", 0, "PASS  timed.ini: 2 clients, every delay within its bounds\n", " MiB" },
    { "the need of a key", TIMED("") "session-race explore --timed --clients 2 timed.ini | grep need", 0, "  key-need       760 ms, ", " MiB" },
    { "clients by their names", TIMED("") "session-race explore --timed --clients near-2,far-1 timed.ini", 0, "PASS  timed.ini: 2 clients, ", " MiB" },
    { "no such client", TIMED("") "session-race explore --timed --clients near-2,bob timed.ini", 2, "", "--clients: 'bob' is no client of the scenario" },
    { "names without times", TIMED("") "session-race explore --clients near-2 timed.ini", 2, "", "--clients: 'near-2' is not a whole number from 1 to 8" },
    { "too short by nothing", SHORT "session-race explore --timed -q --clients near timed.ini", 1, "  key-kept can fail\n", "" },
    { "spans of a key that is discarded", SHORT "session-race explore --timed -q --clients near timed.ini | grep spans", 0, "  the spans above are those of runs in which no key is discarded\n", "" },
    { "who does not wait long enough", TIMED("") "printf '[explore]\ntimed = yes\nclients = 2\nverdict = fail(all-collaborate)\n' | cat - timed.ini > p.ini; session-race explore -q --set 'client near.patience=200ms' --scenario f.ini p.ini; session-race run -q f.ini && grep -c 'patience = 200ms' f.ini", 0, "1\n", "" },
    { "… and when", TIMED("") "session-race explore --timed -q --clients near --set 'client near.patience=200ms' timed.ini | grep 'no longer'", 0, " waits no longer, after 200ms\n", "" },
    { "a run of it", SHORT "session-race explore --timed -q --clients near --scenario f.ini timed.ini > /dev/null; session-race run -q f.ini", 0, "", "" },
    { "a file that asks for times", SHORT "printf '[explore]\\ntimed = yes\\nclients = 2\\nverdict = fail(key-kept)\\n' >> timed.ini; session-race explore -q timed.ini", 0, "", "" },
    { "as JSON", TIMED("") "session-race explore --timed --clients 2 --format json timed.ini | jq '.watches[1].most'", 0, "760000000\n", " MiB" },
    { "no bounds", GOOD "session-race explore --timed good.ini", 2, "", "'network.latency': the latency of a link of alice has no greatest value: write '[scenario] cut = 99.9%'" },
    { "a cut without times", GOOD "session-race explore --cut 99% good.ini", 2, "", "--cut needs --timed" },
    { "a budget with times", TIMED("") "session-race explore --timed --crashes 1 timed.ini", 2, "", "--crashes does not go with --timed" },
    { "little memory", TIMED("") "session-race explore --timed --clients 3 --memory 1KiB timed.ini", 4, "nothing is proved: the memory that was allowed is full\n", " MiB" },
    { "help", "session-race explore --help", 0, "--no-reduction", "" },
    { "no scenario", "session-race explore", 2, "", "a scenario is needed" },
    { "two scenarios", BAD GOOD "session-race explore bad.ini good.ini", 2, "", "explore takes one scenario" },
    { "a misspelt check", BAD "session-race explore --check key-keep bad.ini", 2, "", "--check: there is no check 'key-keep'; did you mean 'key-kept'?" },
    { "a check like no other", BAD "session-race explore --check x bad.ini", 2, "", "--check: there is no check 'x', only: one-winner, same-key, key-kept, " },
    { "a folder", "mkdir f; session-race explore f", 2, "", "f is a folder; explore takes one scenario\n" },
    { "no clients", BAD "session-race explore --clients 0 bad.ini", 2, "", "--clients: '0' is not a whole number from 1 to 8" },
    { "more clients than there are", BAD "session-race explore --clients 3 bad.ini", 2, "", "bad.ini: error: 3 clients were asked for, and the scenario has 2; 'count' in [client NAME] makes more of one\n" },
    { "it speaks of these clients only", BAD "session-race explore bad.ini", 1, "not covered: other numbers of clients, times and clocks, ", NULL },
    { "too many clients", "printf '[client c]\\ncount = 9\\n' > many.ini; session-race explore many.ini", 2, "", "many.ini: error: 9 clients are too many to look at every order of their events; at most 8 can be" },
    { "a memory without a unit", BAD "session-race explore --memory 100 bad.ini", 2, "", "--memory: '100' is not a size such as 512MiB" },
    { "a time without a unit", BAD "session-race explore --time 5 bad.ini", 2, "", "--time: '5' is not a duration such as 1min" },
    { "what holds", GOOD "session-race explore good.ini", 0, "PASS  good.ini: 2 clients, no crashes, no disconnects, no expirations\n  hold: one-winner, same-key, ", " states/s" },
    { "… and quietly", GOOD "session-race explore -q good.ini", 0, "", "" },
    { "what fails", BAD "session-race explore bad.ini", 1, "FAIL  bad.ini: 2 clients, no crashes, no disconnects, no expirations\n  key-kept fails in 21 steps\n", " states/s" },
    { "… in a story", BAD "session-race explore bad.ini", 1, "How key-kept fails:\n     1  alice starts\n", " states/s" },
    { "… to its end", BAD "session-race explore bad.ini", 1, "          check failed: key-kept: the provider discarded the key under hint u1 (on-new-key) while it\n", " states/s" },
    { "hints are numbered as in a run, behind that of an older session", BAD "printf '[document d]\\nprevious = yes\\n' >> bad.ini; session-race explore bad.ini", 1, "          encryption-provider makes a key under hint u1\n", " states/s" },
    { "… of another check", BAD "session-race explore --check key-found bad.ini", 1, "How key-found fails:", " states/s" },
    { "what fails as expected", KNOWN "session-race explore bad.ini", 0, "  key-kept fails in 21 steps, as expected\n", " states/s" },
    { "what does not fail as expected", KNOWN "session-race explore --set encryption-provider.retention=forever bad.ini", 1, "expected to fail, but hold: key-kept, key-found, all-collaborate", " states/s" },
    { "a small search as a graph", GOOD "session-race explore -q --graph g.dot good.ini; head -n 1 g.dot; grep -c shape=doublecircle g.dot; grep -c 'label=\"  alice starts\"' g.dot; grep -c d55e00 g.dot", 1, "digraph exploration {\n8\n1\n0\n", "" },
    { "… any number of threads draws it alike", BAD "session-race explore -q --jobs 1 --graph 1.dot bad.ini > out; session-race explore -q --jobs 3 --graph 3.dot bad.ini > out; cmp 1.dot 3.dot", 0, "", "" },
    { "… with the way to the failure", BAD "session-race explore -q --graph g.dot bad.ini > out; grep -c -e '->.*penwidth' g.dot", 0, "21\n", "" },
    { "… that Graphviz draws", BAD "session-race explore -q --graph g.dot bad.ini > out; ! command -v dot > out || dot -Tsvg g.dot > g.svg", 0, "", "" },
    { "a large search as the way to its failure", BAD "printf '[client carol]\n' >> bad.ini; session-race explore --graph g.dot bad.ini > out; grep -c -e '->' g.dot", 0, "21\n", "more than 400 states: the graph shows the way to the failure of key-kept only" },
    { "a large search without a failure", GOOD "printf '[client carol]\n' >> good.ini; session-race explore --graph g.dot good.ini > out; s=$?; test -e g.dot && exit 9; (exit $s)", 0, "", "no graph is written: there are more than 400 states, and no failure" },
    { "a graph that cannot be written", GOOD "session-race explore --graph no/g.dot good.ini", 3, "", "no/g.dot: error: folder no does not exist" },
    { "a graph in place of the scenario", GOOD "session-race explore --graph good.ini good.ini", 2, "", "--graph good.ini: is an input, which is never replaced" },
    { "a graph of orders", ORDERS("") "--graph g.dot exec.ini", 2, "", "--graph does not go with --provider" },
    { "a diagram of a counterexample", BAD "session-race explore -q --trace t.ndjson bad.ini > out; session-race diagram --as text t.ndjson | grep -c 'encryption-provider: discards u1'", 0, "1\n", "" },
    { "a limit of retries that a run uses up", LIMITED "session-race run --quiet limited.ini", 1, "all-collaborate", "" },
    { "… is not counted, and that is said", LIMITED "session-race explore limited.ini", 0, " limits of retries (a client asks again as\n               often as it takes; --count-retries counts them down)\n", " states/s" },
    { "… unless it is asked for", LIMITED "session-race explore --count-retries limited.ini", 1, ", no expirations, retries counted\n  all-collaborate fails in ", " states/s" },
    { "… which leaves less that is not covered", LIMITED "session-race explore --count-retries limited.ini", 1, "order, crashes and upgrades of the server, attempts to connect during an outage\n", " states/s" },
    { "… with a scenario that run plays", LIMITED "session-race explore -q --count-retries --scenario how.ini limited.ini; session-race run how.ini", 0, "as expected: all-collaborate", "" },
    { "… for programs", LIMITED "session-race explore --format json limited.ini", 0, "\"limits of retries (a client asks again as often as it takes; --count-retries counts them down)\"],\n\"checks\"", " states/s" },
    { "… counted for programs", LIMITED "session-race explore --count-retries --format json limited.ini", 1, "\"count_retries\": true, ", " states/s" },
    { "too many retries to be counted", LIMITED "session-race explore --count-retries --set 'client bob.key-retry=256 times from 1s to 1s' limited.ini", 2, "", "limited.ini: error: at most 255 retries can be counted\n" },
    { "a limit behind a failure", BAD "session-race explore --no-reduction --depth 25 bad.ini", 1, "  key-kept fails in 21 steps\n", " states/s" },
    { "… is said as well", BAD "session-race explore --no-reduction --depth 25 bad.ini", 1, "not every state was looked at: more lies beyond the steps that were allowed\n", " states/s" },
    { "… and leaves a failure that is expected open", KNOWN "session-race explore --no-reduction --depth 25 bad.ini", 4, "OPEN  bad.ini: ", " states/s" },
    { "a limit before any failure", BAD "session-race explore --no-reduction --depth 19 bad.ini", 4, "OPEN  bad.ini: ", " states/s" },
    { "the first failure", BAD "session-race explore --first bad.ini", 1, "  not seen to fail: one-winner", " states/s" },
    { "a depth", GOOD "session-race explore --depth 5 good.ini", 4, "OPEN  good.ini: ", " states/s" },
    { "a memory", GOOD "session-race explore --memory 64KiB --no-reduction good.ini", 4, "not every state was looked at: the memory that was allowed is full", " states/s" },
    { "a time", GOOD "session-race explore --time 0ms good.ini", 4, "not every state was looked at: its time was up", " states/s" },
    { "a budget", GOOD "session-race explore --crashes 1 --set server.on-owner-lost=wait good.ini", 1, "2 clients, 1 crash, no disconnects", " states/s" },
    { "no savings", GOOD "session-race explore --no-symmetry --no-reduction good.ini", 0, "no expirations, clients told apart, every order\n", " states/s" },
    { "one thread or two", GOOD "session-race explore -j1 --no-reduction -o 1 good.ini && session-race explore -j2 --no-reduction -o 2 good.ini && cmp 1 2 && echo same", 0, "same\n", " states/s" },
    { "a scenario that run plays", BAD "session-race explore -q --scenario how.ini bad.ini; session-race run how.ini", 0, "as expected: key-kept", "" },
    { "… of the check that is asked for", BAD "session-race explore -q --check key-found --scenario how.ini bad.ini; grep title how.ini", 0, "title = How key-found fails", "" },
    { "a trace that diagram reads", BAD "session-race explore -q --trace how.ndjson bad.ini; session-race diagram how.ndjson", 0, "create-session", "" },
    { "a trace that verify explains", BAD "session-race explore -q --trace how.ndjson bad.ini; session-race verify how.ndjson", 1, "key-kept", "" },
    { "nothing to write", GOOD "session-race explore --scenario how.ini good.ini; ls", 0, "good.ini\n", "no failure to write" },
    { "a check that does not fail", BAD "session-race explore --check same-key bad.ini", 1, "no story of same-key: it does not fail\n", " states/s" },
    { "how it is replayed", BAD "session-race explore --scenario 'h w.ini' bad.ini", 1, "\n  replay: session-race run --seed 1 'h w.ini'\n", " states/s" },
    { "… and it is replayed", BAD "$(session-race explore --scenario how.ini bad.ini | sed -n 's/^ *replay: //p')", 0, "as expected: key-kept", " states/s" },
    { "how it would be replayed", BAD "session-race explore bad.ini", 1, "\n  --scenario FILE writes this as a scenario that 'run' replays\n", " states/s" },
    { "no line is wider than a screen", GOOD "session-race explore good.ini | awk 'length > 100' | wc -l", 0, "0\n", " states/s" },
    { "… nor in a story", KNOWN "session-race explore bad.ini | awk 'length > 100' | wc -l", 0, "0\n", " states/s" },
    { "colours", KNOWN "session-race explore --color always bad.ini", 0, "\x1b[32mPASS  \x1b[0mbad.ini: ", " states/s" },
    { "… of what is expected", KNOWN "session-race explore --color always bad.ini", 0, "  key-kept \x1b[33mfails\x1b[0m in 21 steps, as expected\n", " states/s" },
    { "… and of what is not", BAD "session-race explore --color always bad.ini", 1, "  key-kept \x1b[1;31mfails\x1b[0m in 21 steps\n", " states/s" },
    { "a scenario to nowhere", BAD "session-race explore -q --scenario no/how.ini bad.ini", 3, "", "no/how.ini: error: folder no does not exist\n" },
    { "the input as the output", BAD "session-race explore --scenario bad.ini bad.ini", 2, "", "is an input, which is never replaced" },
    { "every order of a provider", ORDERS("waits") "exec.ini", 0, "PASS  exec.ini: every order of 2 clients: 340 runs, all checks hold\n", " runs/s" },
    { "… that fails in some", ORDERS("forgets") "exec.ini", 1, "FAIL  exec.ini: every order of 2 clients: 10 runs, checks fail in 6\n  fail: key-kept, key-found, all-collaborate\n\nThe shortest of them has ", " runs/s" },
    { "… with its story", ORDERS("reads-then-writes") "exec.ini", 1, "check failed: hint-stable  <==", " runs/s" },
    { "… as expected", ORDERS("forgets") "--set 'explore.verdict=fail(key-kept, key-found, all-collaborate)' exec.ini", 0, "PASS  exec.ini: every order", " runs/s" },
    { "… not as expected", ORDERS("waits") "--set 'explore.verdict=fail(key-kept)' exec.ini", 1, "expected to fail, but did not: key-kept\n", " runs/s" },
    { "… quietly", ORDERS("waits") "-q exec.ini", 0, "", "" },
    { "some orders", ORDERS("waits") "--runs 7 exec.ini", 4, "OPEN  exec.ini: some orders of 2 clients: 7 runs, no check failed\n  not every order was tried: the runs that were allowed are used up", " runs/s" },
    { "… for a time", ORDERS("waits") "--time 0ms exec.ini", 4, "some orders of 2 clients: 0 runs, no check failed\n  not every order was tried: its time was up\n", " runs/s" },
    { "… of few switches", ORDERS("waits") "--switches 1 exec.ini", 0, "every order of 2 clients with at most 1 switch: ", " runs/s" },
    { "… to the first that fails", ORDERS("forgets") "--first exec.ini", 1, "not every order was tried: it was to end with the first failure\n", " runs/s" },
    { "orders as a scenario", ORDERS("reads-then-writes") "-q --scenario how.ini -o /dev/null exec.ini; grep -c '^encryption-provider/io .* = [0-9]*ns' how.ini; session-race check how.ini", 0, "how.ini: ok\n", "" },
    { "… and as a trace", ORDERS("reads-then-writes") "-q --trace how.ndjson exec.ini; session-race diagram how.ndjson", 0, "create-session", "" },
    { "orders for programs", ORDERS("waits") "--format json exec.ini", 0, "\"end\": \"complete\", \"as_expected\": true,\n\"runs\": 340, \"failing\": 0, ", " runs/s" },
    { "a provider that nobody asks", GOOD "session-race explore --provider x good.ini", 2, "", "--provider: no scenario has 'kind = exec'" },
    { "a provider that is not there", EXEC "session-race explore --provider ./nobody exec.ini", 3, "", "nobody" },
    { "a provider and crashes", EXEC "session-race explore --provider x --crashes 1 exec.ini", 2, "", "--crashes does not go with --provider" },
    { "switches of no provider", GOOD "session-race explore --switches 1 good.ini", 2, "", "--switches, --runs and --io-max need --provider" },
    { "a leg without a unit", EXEC "session-race explore --provider x --io-max 5 exec.ini", 2, "", "--io-max: '5' is not a duration such as 1s" },
    { "orders with a timeline", EXEC "printf '[timeline]\\n1s = crash bob\\n' >> exec.ini; session-race explore --provider x exec.ini", 2, "", "exec.ini: error: orders have no instants, so nothing of [timeline] can happen in them" },
    { "for programs", BAD "session-race explore --format json bad.ini", 1, "{\"format\": \"session-race-explore\", \"version\": 1, ", " states/s" },
    { "… every check", BAD "session-race explore --format json bad.ini", 1, "{\"check\": \"key-kept\", \"verdict\": \"fails\", \"expected\": \"holds\", \"steps\": [\"alice starts\", ", " states/s" },
    { "standard input", BAD "session-race explore - < bad.ini", 1, "FAIL  standard input: 2 clients", " states/s" },
    { "a full disk", BAD "session-race explore -o /dev/full bad.ini", 3, "", "/dev/full: error: " },
};
/* clang-format on */

int
main(void)
{
    return shell_check_rows("explore", rows, G_N_ELEMENTS(rows)) != 0;
}
