/* `advise` as a user meets it: what it advises follows from the scenario, and it says so when it does not
 * hold. */
#include "shell.h"

/* One editor, constant times: a key made at 91 ms, by the arithmetic of the seven steps, is needed until the run ends at
 * 166 ms: 75 ms, for which the next span that people write is 80 ms. */
#define SOLO "printf '[network]\\nlatency = 10ms\\n[client alice]\\n' > solo.ini\n"
/* A signer that is ahead by 0.7 s: a token can come from one second ahead and no more. */
#define AHEAD                                                                                  \
    "printf '[network]\\nlatency = 10ms\\n[token-provider]\\nclock-offset = 700ms\\n[client "  \
    "alice]\\nstart = uniform(0s, 1s)\\n' > ahead.ini\n"
/* Latencies of a heavy tail: what covers a run of a hundred covers few others. */
#define HEAVY                                                                                  \
    "printf '[network]\\nlatency = pareto(1ms, 30ms)\\n[client alice]\\n[client bob]\\nstart " \
    "= "                                                                                       \
    "uniform(0ms, 100ms)\\n' > heavy.ini\n"
/* The race that was worked out by hand: a key is needed for 760 ms. */
#define THREE                                                                                  \
    "printf '[network]\\nlatency = uniform(10ms, 80ms)\\n[token-provider]\\nprocessing = "     \
    "0ms\\n[encryption-provider]\\ngenerate = uniform(20ms, 80ms)\\nlookup = uniform(5ms, "    \
    "30ms)\\n[client e]\\ncount = 3\\nderive = 5ms\\n' > three.ini\n"
/* Clients of two kinds. */
#define KINDS                                                                                  \
    "printf '[network]\\nlatency = uniform(10ms, 80ms)\\n[client near]\\ncount = 2\\n"         \
    "[client far]\\ncount = 2\\nderive = 90ms\\n[encryption-provider]\\ngenerate = 20ms\\n"    \
    "lookup = 5ms\\n' > kinds.ini\n"
/* One run covers few others. */
#define REFUTED                                                                                \
    "session-race advise --quiet --reliability 99% --confidence 1% --seeds 1..1 --check 200 "
#define FEW " --quiet --reliability 99% --check 500 "

/* clang-format off */
static const struct shell_row rows[] = {
    { "help", "session-race advise --help", 0, "--reliability", "" },
    { "no scenario", "session-race advise", 2, "", "a scenario is needed" },
    { "standard input", SOLO "session-race advise" FEW "- < solo.ini", 2, "", "the scenario is read several times: name a file" },
    { "two scenarios", SOLO "cp solo.ini two.ini; session-race advise" FEW "solo.ini two.ini", 2, "", "takes one scenario" },
    { "a misspelt scenario", "printf '[client a]\\nstrat = 1ms\\n' > x.ini; session-race advise x.ini", 2, "", "x.ini:2:1: error: " },
    { "a share that is none", SOLO "session-race advise --reliability 0.99 solo.ini", 2, "", "--reliability: '0.99' is not a share" },
    { "a share that is all", SOLO "session-race advise --reliability 100% solo.ini", 2, "", "--reliability: '100%' is not a share" },
    { "too few seeds", SOLO "session-race advise --reliability 99% --seeds 1..298 solo.ini", 2, "", "--seeds: 298 seeds are too few for this reliability and confidence: it takes 299" },
    { "no seeds", SOLO "session-race advise --seeds 9..1 solo.ini", 2, "", "--seeds: '9..1' is not a range of seeds" },
    { "no check", SOLO "session-race advise --check 0 solo.ini", 2, "", "--check: '0' is not a number of seeds" },
    { "what constant times need", SOLO "session-race advise" FEW "solo.ini", 0, "retention  80ms     a key was needed until 75 ms", "" },
    { "as many runs as it takes", SOLO "session-race advise" FEW "solo.ini", 0, "299 runs, seeds 1..299;", "" },
    { "lines to paste", SOLO "session-race advise" FEW "solo.ini", 0, "  [encryption-provider]\n  retention = for(80ms)\n\n  [server]\n  leeway = 0s\n", "" },
    { "what it does not cover", SOLO "session-race advise" FEW "solo.ini", 0, "for as long as its session lives", "" },
    { "a signer ahead", AHEAD "session-race advise" FEW "ahead.ini", 0, "leeway     1s       a token came up to 1 s from its server's future", "" },
    { "fresh seeds", SOLO "session-race advise --format json" FEW "solo.ini", 0, "\"check\": {\"seeds\": \"300..799\", \"runs\": 500, \"broken\": 0", "" },
    { "the file's own retention is set aside", SOLO "session-race advise" FEW "--set encryption-provider.retention='for(1ms)' solo.ini", 0, "for(80ms)", "" },
    { "nothing is stored", SOLO "session-race advise" FEW "--set encryption-provider.kind=derived solo.ini", 0, "stores no keys", "" },
    { "nothing is judged", SOLO "session-race advise" FEW "--set token-provider.enabled=no solo.ini", 0, "no token is judged", "" },
    { "a run that is too long", SOLO "session-race advise" FEW "--set scenario.max-events=10 solo.ini", 4, "", "seed 1: the run needs more than 10 events ('max-events' in [scenario]) and was ended at " },
    { "fresh seeds refute it", HEAVY REFUTED "--color always heavy.ini", 1, "\n\x1b[1;31mREFUTED\x1b[0m: 200 fresh seeds refute that it covers 99 %. ", "" },
    { "… and what is to be done", HEAVY REFUTED "heavy.ini | tr '\\n' ' '", 0, "The advice stays what the measurement says. Measure with more runs, such as --seeds 1..10, or ask for a higher --reliability, such as 99.9 %.", "" },
    { "… in JSON", HEAVY REFUTED "--format json heavy.ini", 1, "\"confirmed\": false}", "" },
    { "some failures are allowed", HEAVY "session-race advise --quiet --reliability 60% --check 2000 heavy.ini", 0, "Confirmed: 2000 fresh seeds confirm that it covers 60 %. ", "" },
    { "how much work there is", SOLO "session-race advise --time 1s --check 1000000000000 solo.ini > out", 4, "", "2995731 runs to measure and 1000000000000 to check: about " },
    { "time is up", SOLO "session-race advise --time 1ns solo.ini", 4, "", "--time is up: there is no advice yet" },
    { "no time", SOLO "session-race advise --time 0s solo.ini", 2, "", "--time: '0s' is not a duration such as 30s or 10min" },
    { "… and the replay shows it", HEAVY REFUTED "--set server.processing=1ms heavy.ini | sed -n 's/^ *replay: //p' > how; cat how; sh how", 1,
      "session-race run --set server.processing=1ms --set 'encryption-provider.retention=for(", "" },
    { "colours", SOLO "session-race advise --color always" FEW "solo.ini", 0, "\n\x1b[32mConfirmed\x1b[0m: 500 fresh seeds confirm that it covers 99 %. ", "" },
    { "no line is wider than a screen", SOLO "session-race advise" FEW "solo.ini | awk 'length > 100' | wc -l", 0, "0\n", "" },
    { "an exact answer is pointed at, or refused", HEAVY "session-race advise --reliability 60% --check 9 heavy.ini", 0, "\nExact: not for this scenario: ", "" },
    { "nothing is drawn", SOLO "session-race advise --reliability 99% --check 9 solo.ini", 0, "\nExact: ", "session-race advise: nothing in solo.ini is drawn from the seed: all runs are the same one, " },
    { "… unless told to be quiet", SOLO "session-race advise" FEW "solo.ini | grep -c ^Exact", 1, "0\n", "" },
    { "exact, with an option of the seeds", SOLO "session-race advise --exact --check 9 solo.ini", 2, "", "--check does not go with --exact, which plays no seeds" },
    { "an option of the exact answer without it", SOLO "session-race advise --clients 2 solo.ini", 2, "", "--clients needs --exact" },
    { "exact, for no clients", SOLO "session-race advise --exact --clients 0 solo.ini", 2, "", "--clients: '0' is not a number of clients that the scenario has" },
    { "exact, for more than there are", SOLO "session-race advise --exact --clients 7 solo.ini", 2, "", "'7' is not a number of clients that the scenario has" },
    { "exact, for too many", SOLO "session-race advise --exact --set 'client alice.count=9' --clients 7 solo.ini", 2, "", "7 clients are too many to look at all their delays at once; at most 6 can be" },
    { "exact, for the first of each group in turn", KINDS "session-race advise -q --exact --clients 2 kinds.ini | grep -c 'derived by far-1$'", 0, "1\n", "" },
    { "exact, for clients by their names", KINDS "session-race advise -q --exact --clients far-2,near kinds.ini | grep 'clients,'", 0, "kinds.ini: 3 clients, ", "" },
    { "exact, for somebody who is not there", KINDS "session-race advise --exact --clients bob kinds.ini", 2, "", "--clients: 'bob' is no client of the scenario" },
    { "exact, for more than the file has", SOLO "session-race advise --exact --set explore.clients=2 solo.ini", 2, "", "2 clients were asked for, and the scenario has 1; 'count' in [client NAME] makes more of one\n" },
    { "a cut that is none", SOLO "session-race advise --exact --cut 9 solo.ini", 2, "", "--cut: error: '9' needs a unit: %" },
    { "a cut of everything", SOLO "session-race advise --exact --cut 100% solo.ini", 2, "", "--cut: error: '100%' must be less than 100%" },
    { "a size that is none", SOLO "session-race advise --exact --memory 9 solo.ini", 2, "", "--memory: '9' is not a size such as 512MiB" },
    { "the exact answer for three", THREE "session-race advise -q --exact three.ini | tr -s ' '", 0, "\n retention 761ms a key is needed to the age of 760 ms, never more\n patience 231ms a client waits in step 5 for 230 ms, never more\n request-timeout 241ms a provider answers within 240 ms, never more\n establish-timeout 161ms an accepted creation is established within 160 ms, never more\n collaborates 1.4 s from its start, a client takes 1.4 s, never more\n", "" },
    { "… its reason", THREE "session-race advise -q --exact three.ini | tr -s ' \\n' ' '", 0, "+80ms, create-accepted to ", "" },
    { "… and which faults it reckons with", "session-race advise -q --exact \"$SR_SOURCE_ROOT/scenarios/owner/lost-wait-timeout.ini\"", 0, "every delay within its bounds, with faults, ", "" },
    { "… and what a signer may be ahead", THREE "session-race advise -q --exact --set server.leeway=1s three.ini", 0, "signer ahead       1.02 s     at most (leeway 1 s + 20 ms, the shortest way", "" },
    { "… and what is not proved", THREE "session-race advise -q --exact three.ini", 0, "\nNot proved: other numbers of clients; ", "" },
    { "… for continuing clients", THREE "session-race advise -q --exact --set 'client e.early-available=continue' three.ini", 0, "for(1.151s) holds for all delays; for(1.15s) fails key-kept: --scenario FILE writes the run.", "" },
    { "… for starts over 2 s", THREE "session-race advise -q --exact --set 'client e.start=uniform(0s, 2s)' three.ini", 0, "for(2.746s) holds for all delays; for(2.745s) fails key-kept: --scenario FILE writes the run.", "" },
    { "… for constant delays, as in the run", SOLO "session-race advise -q --exact solo.ini", 0, "retention          76ms       a key is needed to the age of 75 ms, never more", "" },
    { "the run that fails, a nanosecond short", THREE "session-race advise -q --exact --scenario w.ini three.ini; session-race run w.ini", 0, "fails as expected: key-kept", "" },
    { "… and holds with one more", THREE "session-race advise -q --exact --scenario w.ini three.ini >/dev/null; session-race run -q --set expect.verdict=pass --set 'encryption-provider.retention=for(760.000001ms)' w.ini", 0, "", "" },
    { "the file's own time-outs are set aside", THREE "session-race advise -q --exact --set 'client e.patience=1ms' --set server.establish-timeout=1ms --set 'encryption-provider.retention=for(1ms)' three.ini", 0, "  patience           231ms ", "" },
    { "exact, without tokens", THREE "session-race advise -q --exact --set token-provider.enabled=no three.ini", 0, "leeway             -          no token is judged", "" },
    { "exact, of keys that are not stored", THREE "session-race advise -q --exact --set encryption-provider.kind=derived three.ini", 0, "retention          -          this kind of provider stores no keys", "" },
    { "exact, with a tail", SOLO "session-race advise -q --exact --set 'network.latency=exponential(9ms)' solo.ini", 2, "", "--cut 99.9%" },
    { "… that is cut", SOLO "session-race advise -q --exact --cut 99.9% --set 'network.latency=exponential(9ms)' solo.ini", 0, "  cut at 99.9%: every draw is clamped to its bounds; 9", "" },
    { "… and its bounds", SOLO "session-race advise -q --exact --cut 99.9% --set 'network.latency=exponential(9ms)' solo.ini", 0, "    latency exponential(9ms): 4 us to 68.41 ms\n", "" },
    { "exact, with too little memory", THREE "session-race advise -q --exact --memory 1MiB three.ini", 4, "The search did not end: --memory was full. Nothing is proved", "" },
    { "… whose columns stay columns", THREE "session-race advise -q --exact --memory 2MiB three.ini | grep '^  [a-z -]*  .* \\(a key\\|at most\\)' | awk '{ print match($0, /a key|at most/) }' | uniq", 0, "42\n", "" },
    { "… and what may help", THREE "session-race advise -q --exact --memory 1MiB three.ini | tr -s ' \\n' ' '", 0, "With fewer clients it ends sooner (--clients N), and 'advise' without --exact says what is likely. ", "" },
    { "what is no setting is told to four digits", THREE "session-race advise -q --exact --clients 2 --set 'client e.start=uniform(0s, 1s)' --set network.latency='uniform(10ms, 80.0005ms)' three.ini | grep '^  collaborates'", 0, " s  ", "" },
    { "exact, with too little time", THREE "session-race advise -q --exact --time 1ns three.ini", 4, "The search did not end: --time was up. Nothing is proved", "" },
    { "exact, in JSON", THREE "session-race advise -q --exact --format json three.ini | jq -c '[.complete, .clients, .retention_fails_at, (.advice[] | select(.value == \"retention\") | .most, .advice, .attained, ([.path[].delay] | add)), .leeway.least]'", 0, "[true,3,760000000,760000000,761000000,true,760000000,20000000]", "" },
    { "… with a cut", SOLO "session-race advise -q --exact --cut 50% --format json --set 'network.latency=exponential(9ms)' solo.ini | jq -c .cut.bounds", 0, "[{\"key\":\"latency\",\"distribution\":\"exponential(9ms)\",\"least\":2589000,\"most\":12477000}]", "" },
    { "the same for any number of threads", SOLO "session-race advise" FEW "-j 1 solo.ini > 1; session-race advise" FEW "-j 7 solo.ini > 7; cmp 1 7", 0, "", "" },
};
/* clang-format on */

/* The lines that it prints, pasted, let fresh seeds pass; a third of the span does not. */
static void
the_advice_holds_and_a_third_of_it_does_not(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        SOLO
        "session-race advise" FEW "solo.ini | sed -n 's/^  //; /^\\[enc/,/^leeway/p' > advice\n"
        "cat solo.ini advice > pasted.ini\n"
        "session-race run --quiet pasted.ini && "
        "session-race run --quiet --set 'encryption-provider.retention=for(25ms)' solo.ini; "
        "echo $?");

    contains(did.out, "key-kept");
    assert_true(g_str_has_suffix(did.out, "\n1\n"));
}

/* Five scenarios, five sizes of the check, the smallest of which sees nothing: the value does not
 * move. */
static void
the_advice_does_not_depend_on_its_check(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        SOLO AHEAD HEAVY
        "printf '[network]\nlatency = mix(90%% 10ms, 10%% uniform(100ms, 1s))\n[client "
        "a]\n[client "
        "b]\n' > mixed.ini\n"
        "printf '[network]\npreset = mobile\n[client a]\ncount = 3\nstart = uniform(0ms, "
        "100ms)\n' > mobile.ini\n"
        "for i in solo ahead heavy mixed mobile; do\n"
        "  for n in 1 10 100 500 3000; do\n"
        "    session-race advise --quiet --format json --reliability 99% --check $n $i.ini |\n"
        "      sed 's/, \"check\".*//'\n"
        "  done | sort | uniq -c | sed \"s/ *\\([0-9]*\\) .*/$i \\1/\"\n"
        "done");

    assert_string_equal(did.out, "solo 5\nahead 5\nheavy 5\nmixed 5\nmobile 5\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SHELL_TEST(the_advice_holds_and_a_third_of_it_does_not),
        SHELL_TEST(the_advice_does_not_depend_on_its_check),
    };

    return (shell_check_rows("advise", rows, G_N_ELEMENTS(rows)) +
            cmocka_run_group_tests_name("what is advised", tests, NULL, NULL)) != 0;
}
