/* The program as a user meets it: by its command line. Each test runs the real program by a
 * shell, in a fresh folder, and looks at the exit status, at both outputs and at the files that
 * are left. */
#include "shell.h"

#include <stdbool.h>

#define FAIL_DID(did, ...)                                                                     \
    do {                                                                                       \
        g_autofree char *message = g_strdup_printf(__VA_ARGS__);                               \
        fail_msg("%s\nstatus %d\nout: %s\nerr: %s", message, (did).status, (did).out,          \
                 (did).err);                                                                   \
    } while (0)

#define CONTAINS(did, text, part)                                                              \
    do {                                                                                       \
        if (strstr((did).text, part) == NULL)                                                  \
            FAIL_DID(did, "'%s' is not in " #text, part);                                      \
    } while (0)
#define LACKS(did, text, part)                                                                 \
    do {                                                                                       \
        if (strstr((did).text, part) != NULL)                                                  \
            FAIL_DID(did, "'%s' is in " #text, part);                                          \
    } while (0)
#define IS(did, text, wanted)                                                                  \
    do {                                                                                       \
        if (strcmp((did).text, wanted) != 0)                                                   \
            FAIL_DID(did, "'%s' is wanted as " #text, wanted);                                 \
    } while (0)

/* A race that goes well, and one in which the provider forgets the winner's key. */
#define GOOD "printf '[client alice]\\n[client bob]\\nstart = 12ms\\n' > good.ini; "
#define BAD                                                                                    \
    "printf '[scenario]\\ntitle = Forgetful\\n[network]\\nlatency = "                          \
    "10ms\\n[encryption-provider]\\nretention = on-new-key\\n"                                 \
    "[client alice]\\nstart = 0ms\\n[client bob]\\nstart = 12ms\\n' > bad.ini; "
#define BROKEN "printf '[client alice]\\nstrat = 12ms\\n' > broken.ini; "
/* Prints the digest of the verdict on standard input. */
#define DIGEST "grep -oE '[0-9a-f]{32}' | head -n 1"
/* Fails when a temporary file is left. */
#define TIDY "; s=$?; ls -A . | grep -q '^[.]session-race' && exit 99; exit $s"

static bool
has_program(const char *name)
{
    g_autofree char *path = g_find_program_in_path(name);

    return path != NULL;
}

/* ---- the command line ---- */

/* clang-format off */
static const struct shell_row rows[] = {
    { "a run that is too long", GOOD "session-race run --set scenario.max-events=20 good.ini", 4, "OPEN  good.ini\n      error: the run needs more than 20 events ('max-events' in [scenario]) and was ended", "" },
    { "… leaves no trace", GOOD "session-race run --set scenario.max-events=20 -t t.ndjson good.ini; s=$?; test -e t.ndjson && exit 9; (exit $s)", 4, "1 scenario: 0 as expected, 1 not finished", "" },
    { "… nor that of an earlier run", GOOD "session-race run -q -t t.ndjson good.ini; session-race run --set scenario.max-events=20 -t t.ndjson good.ini; s=$?; test -e t.ndjson && exit 9; (exit $s)", 4, "1 not finished", "" },
    { "… in a check failed before", BAD "session-race run --set scenario.max-events=40 bad.ini", 1, "the run needs more than 40 events", "" },
    { "… in which that check is expected to fail", BAD "printf '[expect]\\nverdict = fail(key-kept)\\n' >> bad.ini; session-race run --set scenario.max-events=40 bad.ini", 4, "OPEN ", "" },
    { "… beside one that fails", GOOD BAD "session-race run --set scenario.max-events=30 good.ini bad.ini", 1, "1 not as expected, 1 not finished", "" },
    { "… in JSON", GOOD "session-race run --set scenario.max-events=20 --format json good.ini", 4, "\"unfinished\": 1", "" },
    { "… in JUnit", GOOD "session-race run --set scenario.max-events=20 --format junit good.ini", 4, "<error type=\"limit\"", "" },
    { "… in TAP", GOOD "session-race run --set scenario.max-events=20 --format tap good.ini", 4, "not ok 1 - good.ini # was not finished", "" },
    { "no verb", "session-race", 2, "", "session-race: error: a verb is needed" },
    { "an unknown verb, with what was meant", "session-race rnu x.ini", 2, "", "'rnu' is not a verb; did you mean 'run'?" },
    { "an unknown verb like no other", "session-race frobnicate", 2, "", "'frobnicate' is not a verb\n" },
    { "a file in the place of the verb", "session-race two.ini", 2, "", "did you mean 'session-race run two.ini'?" },
    { "a verb of terminal commands", "session-race \"$(printf 'a\\033[2J')\"", 2, "", "'a\\x1b[2J' is not a verb" },
    { "the version", "session-race --version", 0, "session-race 0.", "" },
    { "help", "session-race --help", 0, "Exit status:", "" },
    { "help as a verb", "session-race help", 0, "Example:", "" },
    { "help of a verb", "session-race help run", 0, "session-race run [OPTION", "" },
    { "help of an unknown verb", "session-race help rnu", 2, "", "did you mean 'run'?" },
    { "run --help", "session-race run --help", 0, "Exit status:", "" },
    { "no help is wider than a screen", "for v in run sweep advise explore shrink verify diff check keys new plot diagram report merge; do session-race $v --help; done > help; test $(LC_ALL=C.UTF-8 wc -L < help) -le 100", 0, "", "" },
    { "help goes on below its column", "session-race verify --help | grep -A 1 ' --scenario='", 0, "trace of it is compared\n                            line by line\n", "" },
    { "check --help", "session-race check --help", 0, "Exit status:", "" },
    { "keys --help", "session-race keys --help", 0, "Examples:", "" },
    { "new --help", "session-race new -h", 0, "Examples:", "" },
    { "help on a full disk", "session-race run --help > /dev/full", 3, "",
      "standard output: error: No space left on device\n" },
    { "the version on a full disk", "session-race --version > /dev/full", 3, "", "standard output: error: " },
    { "an unknown option, with what was meant", "session-race run --sede 1 x.ini", 2, "",
      "session-race run: error: there is no option --sede; did you mean '--seed'?\nTry 'session-race run --help'.\n" },
    { "an option of another verb", "session-race keys --trace x", 2, "", "error: --trace is an option of 'run' and 'explore'\n" },
    { "an option without its value", "session-race run x.ini --set", 2, "", "error: --set needs a value\n" },
    { "an option of check", "session-race run --json x.ini", 2, "", "error: --json is an option of 'check'\n" },
    { "a letter of run", "session-race check -t x y.ini", 2, "", "error: -t is an option of 'run' and 'explore'\n" },
    { "an option of many verbs", "session-race keys --set=x", 2, "", "error: --set is an option of 'run', 'sweep', 'advise' and others\n" },
    { "an option that only other verbs have", "session-race run --seeds 1..9 x.ini", 2, "", "error: --seeds is an option of 'sweep' and 'advise'\n" },
    { "an option like no other", "session-race run -x x.ini", 2, "", "error: there is no option -x\n" },
    { "a misspelt option before a verb", "session-race --verison", 2, "", "error: there is no option --verison; did you mean '--version'?\n" },
    { "an option before its verb", "session-race --seed 1 run x.ini", 2, "", "error: there is no option --seed before a verb; those of a verb come behind it\n" },
    { "an option of one verb twice", "session-race sweep --seeds 1..2 --seeds 3..4 x.ini", 2, "", "error: --seeds is given twice\n" },
    { "a letter of one verb with its value", "session-race explore -n0 x.ini", 2, "", "--clients: '0' is not a whole number" },
    { "a seed twice", "session-race run --seed 1 -s2 x.ini", 2, "", "error: --seed is given twice\n" },
    { "a value where none belongs", "session-race run --quiet=yes x.ini", 2, "", "error: --quiet takes no value\n" },
    { "a file without a name", "session-race run ''", 2, "", "error: an argument is empty\n" },
    { "a trace for a scenario", "echo '{\"type\":\"trace\"}' > t.ndjson; session-race run t.ndjson", 2, "", "note: this is a trace, which verify, diff, diagram, plot and report read\n" },
    { "a result for a scenario", "echo '{\"type\":\"sweep\"}' > r.ndjson; session-race check r.ndjson", 2, "", "note: this is the result of a sweep, which merge and plot read\n" },
    { "nothing from standard input", "session-race check - < /dev/null", 3, "", "standard input: error: is neither a file nor a pipe\n" },
    { "a wrong line from standard input", "echo x | session-race check -", 2, "", "standard input:1:1: error: this line stands before the first [group]\n" },
    { "one draw of many, and how to see the others", GOOD "session-race run --set server.leeway=1s good.ini | tail -n 2", 0, "note: one draw of many: delays of this scenario are drawn from its seed. Many seeds:\n      session-race sweep --set server.leeway=1s good.ini\n", "" },
    { "… which are played by that command", GOOD "$(session-race run good.ini | tail -n 1)", 0, "1000 seeds (1..1000)\n", "" },
    { "no draw, no other seeds", GOOD "session-race run --set network.latency=5ms good.ini | grep -c note; session-race run --set network.latency=5ms good.ini | tail -n 1", 0, "0\n1 scenario: 1 as expected\n", "" },
    { "one draw of many, quietly", GOOD "session-race run -q good.ini", 0, "", "" },
    { "one draw that is not well", BAD "session-race run --set 'network.latency=uniform(10ms, 11ms)' bad.ini > t; s=$?; grep -c 'one draw' t; exit $s", 1, "0\n", "" },
    { "draws of a folder, once at the end", "mkdir f; cd f; " GOOD "cp good.ini a.ini; cp good.ini b.ini; printf '[network]\\nlatency = 1ms\\n[client a]\\n' > c.ini; cd ..; session-race run f > t; grep -c 'draw' t; tail -n 2 t", 0, "1\nnote: 3 of them draw delays from their seeds, and this was one draw of many. Many seeds of one:\n      session-race sweep SCENARIO\n", "" },
    { "draws in a report for programs", GOOD "for f in tap junit json github; do session-race run -f $f good.ini; done | grep -c 'one draw'", 1, "0\n", "" },
    { "how editors ended", BAD "session-race run bad.ini", 1, "      editors: 1 locked out (encryption), 1 collaborated\n", "" },
    { "how editors ended, for programs", BAD "session-race run -f json bad.ini | grep -o '\"ended\": {[^}]*}'", 0, "\"ended\": {\"locked-out(encryption)\": 1, \"collaborated\": 1}\n", "" },
    { "standard input has a name", GOOD "session-race run - good.ini < good.ini", 0, "ok    standard input  ", "" },
    { "keys to a folder", "mkdir f; session-race keys -o f", 3, "", "f: error: is a folder\n" },
    { "no trace", "session-race run --trace= x.ini", 2, "", "error: --trace: the name of the file is empty\n" },
    { "letters with their values", GOOD "session-race run -j1 -s7 -qfjson -oout.json good.ini && cat out.json", 0, "\"seed\": \"7\"", "" },
    { "a letter with a wrong value", "session-race run -jx x.ini", 2, "", "'x' is not a whole number from 1 to 1024" },
    { "a value like an option", "session-race run --set -s7 -s7 x.ini", 3, "", "x.ini: error: " },
    { "a file like an option", GOOD "cp good.ini ./-s7; session-race run -q -- -s7", 0, "", "" },
    { "help of help", "session-race help --help", 0, "-h, --help", "" },
    { "help of two verbs", "session-race help run check", 2, "", "help takes one verb, but 2 were given" },
    { "help without an empty last line", "session-race run --help | tail -n 1 | grep .", 0, "session-race run", "" },
    { "Markdown of one group", "session-race keys --markdown client", 2, "", "--markdown prints all groups and takes none" },
    { "the draws of a run make it under any seed",
      GOOD "session-race run -q --draws draws.ini -t one good.ini && cat good.ini draws.ini > fixed.ini && session-race run -q -s 9 -t two fixed.ini && "
           "for i in one two; do grep '\"event\"' $i | sed 's/\"\\(key\\|nonce\\)\":\"[0-9a-f]*\"//g' > $i.events; done; cmp one.events two.events && grep -c 'link/latency/to/server alice' draws.ini", 0, "4\n", "" },
    { "draws of several", GOOD "session-race run --draws d good.ini good.ini", 2, "", "--draws d: the draws of one scenario, and these are 2" },
    { "draws and results in one", GOOD "session-race run --draws - good.ini", 2, "", "--draws -: the results go to standard output already" },
    { "a trace in a folder that is not there", GOOD "session-race run -t a/b/t good.ini", 3, "", "a/b/t: error: folder a/b does not exist\n" },
    { "results in a folder that is not there", GOOD "session-race run -o a/b/t good.ini", 3, "", "a/b/t: error: folder a/b does not exist\n" },
    { "no scenario", "session-race run", 2, "", "session-race run: error: a scenario is needed" },
    { "a seed below 0", "session-race run --seed -1 x.ini", 2, "", "--seed: '-1' is not a whole number" },
    { "a seed of 2^64", "session-race run --seed 18446744073709551616 x.ini", 2, "", "is not a whole number" },
    { "a seed with something behind", "session-race run --seed 1x x.ini", 2, "", "is not a whole number" },
    { "a seed of nothing", "session-race run --seed 0x x.ini", 2, "", "is not a whole number" },
    { "no threads", "session-race run --jobs 0 x.ini", 2, "", "--jobs: '0' is not a whole number from 1 to 1024" },
    { "an unknown format", "session-race run --format xml x.ini", 2, "", "is not one of human, tap, junit, json, github" },
    { "a format that check has not", "session-race check --format tap x.ini", 2, "", "is not one of human, github" },
    { "an unknown colour", "session-race run --color red x.ini", 2, "", "is not one of auto, always, never" },
    { "a file that is not there", "session-race run gone.ini", 3, "", "gone.ini: error: " },
    { "a name without its ending", GOOD "for v in run sweep explore; do session-race $v good; done 2>&1 | sort | uniq -c | tr -s ' '", 0, " 3 good: error: no such file\n 3 note: did you mean 'good.ini'?\n", "" },
    { "a folder without scenarios", "mkdir empty; session-race run empty", 2, "", "there is no scenario (*.ini) in or below empty" },
    { "standard input twice", "session-race run - -", 2, "", "standard input can be read only once" },
    { "keys", "session-race keys", 0, "retention", "" },
    { "keys of a group", "session-race keys server", 0, "leeway", "" },
    { "keys of an unknown group", "session-race keys sevrer", 2, "", "there is no group 'sevrer'; did you mean 'server'?" },
    { "keys of several", "session-race keys clients", 2, "", "there is no group 'clients'; did you mean 'client'?" },
    { "keys of a key", "session-race keys retention", 2, "", "there is no group 'retention', but a key of [encryption-provider] is called so" },
    { "keys of nothing like it", "session-race keys xyzzyx", 2, "", "there is no group 'xyzzyx', only: scenario, network, link, document, client, " },
    { "one key", "session-race keys encryption-provider.retention", 0, "\n      on-new-key     A new key discards the earlier ones of its document.\n", "" },
    { "one key of a named group", "session-race keys client.start", 0, "[client NAME]  an editor, or several alike\n  start = ", "" },
    { "a misspelt key", "session-race keys client.strat", 2, "", "there is no key 'strat' in [client]; did you mean 'start'?" },
    { "a key like no other", "session-race keys client.xyzzyx", 2, "", "there is no key 'xyzzyx' in [client]; 'session-race keys client' lists its keys" },
    { "a key of an unknown group", "session-race keys cleint.start", 2, "", "there is no group 'cleint'; did you mean 'client'?" },
    { "keys are no wider than 80 columns, whatever the environment says", "COLUMNS=200 session-race keys > k; test $(LC_ALL=C.UTF-8 wc -L < k) -le 80", 0, "", "" },
    { "keys as Markdown", "session-race keys --markdown", 0, "| ", "" },
    { "keys on a full disk", "session-race keys > /dev/full", 3, "", "standard output: error: No space left" },
    { "a name with a blank", "session-race new 'a b'", 2, "", "'a b' is not a name" },
    { "a name with an option's dash", "session-race new -- -a", 2, "", "'-a' is not a name" },
    { "no name", "session-race new", 2, "", "one name is needed" },
    { "a filter of paths", "session-race run --filter retention/for- $SCENARIOS | tail -n 1", 0, "3 scenarios: 3 as expected", "" },
    { "a filter of titles, whatever the case", "session-race run --filter 'seven TENTHS' $SCENARIOS", 0, "tokens/sub-second-skew.ini", "" },
    { "a filter leaves one of many as it is in many", "session-race run -q --filter sub-second --trace t $SCENARIOS; ls t/tokens", 0, "sub-second-skew.ndjson\n", "" },
    { "a filter that leaves nothing", "session-race run --filter xyzzy $SCENARIOS/steps", 2, "", "--filter: 'xyzzy' is in no path and no title of 18 scenarios\n" },
    { "a filter of one scenario", "session-race new -q two; session-race run --filter xyzzy two.ini", 2, "", "is in no path and no title of 1 scenario\n" },
    { "nothing is played while a scenario that is left out is malformed", "mkdir d; session-race new -q d/two; echo x > d/bad.ini; session-race run --filter two d", 2, "", "nothing was run: 1 of 2 scenarios is malformed" },
    { "a failure says where to read on", "session-race new -q two; session-race run --set encryption-provider.retention=on-new-key two.ini", 1, "1 not as expected\nnote: what a failure says, and what to try next: session-race help run, 'When a run fails'\n", "" },
    { "where to read on is said once", "for i in a b; do session-race new -q $i; done; session-race run --set encryption-provider.retention=on-new-key a.ini b.ini | grep -c ^note", 0, "1\n", "" },
    { "what is as expected needs no reading", "session-race new -q --from retention x; session-race run x.ini | grep ^note", 1, "", "" },
    { "where to read on is not for the quiet", "session-race new -q two; session-race run -q --set encryption-provider.retention=on-new-key two.ini | grep ^note", 1, "", "" },
    { "where to read on is there", "session-race help run", 0, "\nWhen a run fails:\n  read    'check:' is the rule that broke", "" },
    { "new: a race", "session-race new -q --from race x && session-race run x.ini", 0, "2/2 collaborate", "" },
    { "new: a store that forgets", "session-race new -q --from retention x && session-race run x.ini", 0, "fails as expected: key-kept, key-found, all-collaborate", "" },
    { "new: a clock that is ahead", "session-race new -q --from skew x && session-race run x.ini", 0, "refused as issued-in-future", "" },
    { "new: with a leeway everybody joins", "session-race new -q --from skew x && sed -i -e 's/leeway = 0s/leeway = 1s/' -e 's/outcome = .*/outcome = joins/' -e 's/collaborating = lucky/collaborating = all/' x.ini && session-race run x.ini", 0, "2/2 collaborate", "" },
    { "new: a store of copies", "session-race new -q --from replicas x && session-race run x.ini", 0, "2/2 collaborate", "" },
    { "new: any copy answers", "session-race new -q --from replicas x && session-race sweep --seeds 1..50 x.ini", 0, "times asked for in vain", "" },
    { "new: two continents", "session-race new -q --from wan x && session-race run x.ini", 0, "12/12 collaborate", "" },
    { "new: faults", "session-race new -q --from chaos x && session-race run x.ini", 0, "4/4 collaborate", "" },
    { "new: each start has its comments", "for w in race retention skew replicas wan chaos; do session-race new -q --from $w $w; grep -c '^#' $w.ini; done | awk '$1 < 5'", 0, "", "" },
    { "new: what there is to start from", "session-race new --help", 0, "  replicas   a store of several copies, which learn of a key later\n", "" },
    { "new: a start that there is not", "session-race new --from clocks x", 2, "", "'clocks' is not one of race, retention, skew, replicas, wan, chaos, provider" },
    { "new in a folder that is not there", "session-race new gone/two", 3, "", "gone/two.ini: error: folder gone does not exist\n" },
};
/* clang-format on */

/* ---- new and check ---- */

static void
new_writes_what_run_plays(void **state)
{
    g_auto(Did) did =
        shell(*state, 0,
              "session-race new two && session-race check two.ini && session-race run two.ini");

    CONTAINS(did, out, "Wrote two.ini. Next: session-race run two.ini\n");
    CONTAINS(did, out, "two.ini: ok\n");
    CONTAINS(did, out, "1 scenario: 1 as expected\n");
}

static void
new_never_replaces(void **state)
{
    g_auto(Did) did = shell(*state, 2, "echo mine > two.ini; session-race new two" TIDY);
    g_auto(Did) kept = shell(*state, 0, "cat two.ini");
    g_auto(Did) other = shell(*state, 2, "session-race new three -o two.ini" TIDY);

    CONTAINS(did, err, "session-race new: error: two.ini exists already and is kept\n");
    CONTAINS(other, err, "two.ini exists already");
    IS(kept, out, "mine\n");
}

static void
new_writes_where_it_is_told(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        "mkdir d; session-race new -q d/a.ini && session-race new a -o - | cmp - d/a.ini");

    IS(did, out, "");
}

static void
check_tells_errors_and_goes_on(void **state)
{
    g_auto(Did) did = shell(*state, 2, GOOD BROKEN "session-race check broken.ini good.ini");
    g_auto(Did) quiet = shell(*state, 0, "session-race check -q good.ini");
    g_auto(Did) github =
        shell(*state, 2, "GITHUB_ACTIONS=true session-race check broken.ini good.ini");

    IS(did, out, "good.ini: ok\n");
    CONTAINS(did, err, "broken.ini:2:1: error: ");
    IS(quiet, out, "");
    CONTAINS(github, out, "::error file=broken.ini,line=2,col=1::");
}

static void
check_prints_json(void **state)
{
    g_auto(Did) one = shell(*state, 0, GOOD "session-race check --json good.ini");
    g_auto(Did) two = shell(*state, 0, "session-race check --json good.ini good.ini");
    g_auto(Did) none = shell(*state, 2, BROKEN "session-race check --json good.ini broken.ini");

    assert_true(one.out[0] == '{');
    assert_true(g_str_has_prefix(two.out, "[\n{"));
    IS(none, out, "");
    if (has_program("jq")) {
        g_auto(Did) parsed =
            shell(*state, 0, "session-race check --json good.ini good.ini | jq length");
        IS(parsed, out, "2\n");
    }
}

/* ---- run ---- */

static void
run_exits_by_what_was_expected(void **state)
{
    g_auto(Did) good = shell(*state, 0, GOOD BAD "session-race run good.ini");
    g_auto(Did) bad = shell(*state, 1, "session-race run bad.ini good.ini");
    g_auto(Did) missed =
        shell(*state, 1, "session-race run --set 'expect.winner=bob' good.ini");

    CONTAINS(good, out, "ok    good.ini");
    CONTAINS(bad, out, "FAIL  bad.ini");
    CONTAINS(bad, out, "key-kept failed at ");
    CONTAINS(bad, out, "who suffers:");
    CONTAINS(bad, out, "replay: session-race run --seed 1 bad.ini\n");
    CONTAINS(bad, out,
             "2 scenarios: 1 as expected, 1 not as expected\nFAIL  bad.ini: expected pass, got "
             "fail(key-kept");
    CONTAINS(missed, out, "not met: winner");
}

static void
run_takes_an_expected_failure_as_expected(void **state)
{
    g_auto(Did) did =
        shell(*state, 0,
              BAD "v=$(session-race run -f json bad.ini | "
                  "sed -n 's/.*\"expected\": \\[\\], \"failed\": //p' | "
                  "grep -oE '\"check\": \"[a-z-]+\"' | cut -d '\"' -f 4 | paste -sd , -); "
                  "session-race run --set \"expect.verdict=fail($v)\" bad.ini bad.ini");

    CONTAINS(did, out, "2 scenarios: 2 as expected (2 of them fail as expected)\n");
    CONTAINS(did, out, "fails as expected: key-kept");
}

static void
nothing_runs_when_a_file_is_malformed(void **state)
{
    g_auto(Did) did =
        shell(*state, 2,
              GOOD BROKEN
              "session-race run --trace t good.ini broken.ini gone.ini; s=$?; ls; exit $s");

    IS(did, out, "broken.ini\ngood.ini\n");
    CONTAINS(did, err, "broken.ini:2:1: error: ");
    CONTAINS(did, err, "gone.ini: error: ");
}

static void
nothing_was_run_is_said_where_a_report_is_missing(void **state)
{
    g_auto(Did) did =
        shell(*state, 2,
              GOOD BROKEN "mkdir d; cp good.ini broken.ini d; session-race run -f junit -o "
                          "out.xml d; s=$?; test ! -e out.xml || exit 9; exit $s");

    IS(did, out, "");
    CONTAINS(did, err, "session-race run: nothing was run: 1 of 2 scenarios is malformed\n");
}

static void
a_wrong_override_is_told_once(void **state)
{
    g_auto(Did) did =
        shell(*state, 2,
              GOOD "cp good.ini b.ini; session-race run --set server.leewya=1s good.ini b.ini");

    IS(did, out, "");
    const char *first = strstr(did.err, "--set");
    assert_non_null(first);
    assert_true(g_str_has_prefix(did.err, "--set"));
    CONTAINS(did, err, "leewya");
    const char *error = strstr(did.err, ": error: ");
    assert_non_null(error);
    assert_null(strstr(error + 1, ": error: "));
}

static void
seeds_are_the_same_in_both_notations(void **state)
{
    g_auto(Did) did =
        shell(*state, 0,
              GOOD "a=$(session-race run --seed 42 good.ini | " DIGEST "); "
                   "b=$(session-race run --seed 0x2A good.ini | " DIGEST "); "
                   "c=$(session-race run --seed 0xffffffffffffffff good.ini | " DIGEST "); "
                   "d=$(session-race run --seed 18446744073709551615 good.ini | " DIGEST "); "
                   "test -n \"$a\" -a $a = $b -a $c = $d -a $a != $c");

    IS(did, err, "");
}

static void
standard_input_is_a_scenario(void **state)
{
    g_auto(Did) did = shell(*state, 0,
                            GOOD "a=$(session-race run good.ini | " DIGEST "); "
                                 "b=$(session-race run - < good.ini | " DIGEST
                                 "); test -n \"$a\" -a $a = $b; "
                                 "cat good.ini | session-race run -f json -");

    CONTAINS(did, out, "\"file\": \"-\"");
    LACKS(did, out, "\"replay\"");
    g_auto(Did) human = shell(*state, 0, "session-race run - < good.ini");
    CONTAINS(human, out, "      (the scenario was read from standard input)\n");
}

static void
folders_are_walked_in_the_order_of_bytes(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        GOOD
        "mkdir -p d/a d/Z d/b.ini; ln -s .. d/a/loop; echo x > d/notes.txt; "
        "for f in d/a/z d/a-b d/a.x d/Z/q d/B d/b.ini/y d/z; do cp good.ini $f.ini; done 2>&1; "
        "session-race run -j 3 d/ | sed -n 's/^ok *\\([^ ]*\\) .*/\\1/p'");

    IS(did, out,
       "d/B.ini\nd/Z/q.ini\nd/a-b.ini\nd/a.x.ini\nd/a/z.ini\nd/b.ini/y.ini\nd/z.ini\n");
}

static void
any_number_of_threads_prints_the_same(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        GOOD BAD "mkdir d; for i in 1 2 3 4 5 6 7 8; do cp good.ini d/g$i.ini; cp bad.ini "
                 "d/b$i.ini; done; "
                 "for f in human tap junit json github; do "
                 "session-race run -f $f -j 1 d > 1.$f; test $? = 1 || exit 9; "
                 "session-race run -f $f -j 7 d > 7.$f; cmp 1.$f 7.$f || exit 8; done");

    IS(did, out, "");
}

static void
quiet_prints_what_is_unexpected(void **state)
{
    g_auto(Did) good = shell(*state, 0, GOOD BAD "session-race run -q good.ini good.ini");
    g_auto(Did) both = shell(*state, 1, "session-race run --quiet good.ini bad.ini");

    IS(good, out, "");
    LACKS(both, out, "good.ini");
    CONTAINS(both, out, "FAIL  bad.ini");
}

static void
formats_are_read_by_their_readers(void **state)
{
    g_auto(Did) made = shell(
        *state, 1,
        GOOD BAD "cp good.ini 'x # TODO <&>.ini'; cp bad.ini 'y # SKIP.ini'; "
                 "for f in tap junit json; do session-race run -f $f -o out.$f *.ini; done");

    CONTAINS(made, err, "2 of 4 scenarios not as expected; see out.tap\n");
    if (has_program("prove")) {
        g_auto(Did) did = shell(*state, 1, "prove -v -e cat out.tap");
        CONTAINS(did, out, "Failed 2/4 subtests");
        LACKS(did, out, "Parse errors");
    }
    if (has_program("xmllint")) {
        g_auto(Did) did = shell(
            *state, 0,
            "xmllint --xpath 'string(/testsuites/testsuite/testcase[3]/@name)' out.junit");
        IS(did, out, "x # TODO <&>.ini\n");
    }
    if (has_program("jq")) {
        g_auto(Did) did = shell(
            *state, 0,
            "jq -c '[.format, .version, .summary.unexpected, (.results | length)]' out.json");
        IS(did, out, "[\"session-race-run\",1,2,4]\n");
    }
}

static void
a_github_runner_gets_annotations(void **state)
{
    g_auto(Did) did = shell(*state, 1, BAD "GITHUB_ACTIONS=true session-race run bad.ini");
    g_auto(Did) human =
        shell(*state, 1, "GITHUB_ACTIONS=true session-race run -f human bad.ini");

    CONTAINS(did, out,
             "\n::error file=bad.ini,line=1,title=key-kept::expected pass, got fail(key-kept");
    LACKS(human, out, "::error");
}

static void
colour_is_for_terminals(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        GOOD "session-race run good.ini; NO_COLOR=1 session-race run --color always good.ini");
    const char *escape = strchr(did.out, '\x1b');

    /* Only the second report, which asked for it, has any. */
    assert_non_null(escape);
    assert_true(escape > strstr(did.out, "1 scenario"));
}

static void
sentences_fit_the_terminal(void **state)
{
    if (!has_program("script"))
        skip();
    g_auto(Did) did = shell(
        *state, 0,
        "s=$SCENARIOS/tokens/sub-second-skew.ini\n"
        "told() { tr -d '\\r' | grep -v '^Script\\|^ok \\|replay:\\|^$'; }\n"
        "for n in 60 80 200; do script -qc \"stty cols $n; exec session-race run --color never "
        "$s\" log < /dev/null > /dev/null; told < log > $n; done\n"
        "session-race run $s | told > none\n"
        "cmp 200 none && test $(LC_ALL=C.UTF-8 wc -L < none) -gt 80\n"
        "for n in 60 80; do test $(LC_ALL=C.UTF-8 wc -L < $n) -le $n && echo $n; done");

    assert_string_equal(did.out, "60\n80\n");
}

/* What was broken for a wider screen is filled anew, with the same words, and lists stay lists. */
static void
help_fits_the_terminal(void **state)
{
    if (!has_program("script"))
        skip();
    g_auto(Did) did = shell(
        *state, 0,
        "words() { tr -s ' \n' '\n\n'; }\n"
        "for v in $(session-race help | sed -n 's/^  \\([a-z]*\\)  .*?$/\\1/p' | grep -v help); do\n"
        "script -qc \"stty cols 80; exec session-race help $v\" log < /dev/null > /dev/null\n"
        "tr -d '\r' < log | grep -v '^Script' > 80; session-race help $v > 100\n"
        "words < 80 > a; words < 100 > b; cmp a b || exit 9\n"
        "test $(grep -v '^  session-race' 80 | LC_ALL=C.UTF-8 wc -L) -le 80 || exit 8\n"
        "test $v = advise && sed -n '/^Measures/,/^  1 /p' 80; done; :");

    assert_string_equal(
        did.out,
        "Measures over many seeds what the handshake needs, bounds it for the share of\n"
        "runs that --reliability names without assuming any distribution, and rounds it\n"
        "up. That is the advice; the file's own retention and leeway are set aside.\n"
        "--check fresh seeds then confirm the reliability, or refute it: where more of\n"
        "them lack a key or a token than it allows, at the confidence that is asked for.\n"
        "The advice stays what it is. The default reliability takes 2 995 731 runs;\n"
        "99.99% takes 29 956.\n\n"
        "--exact plays no seeds: it proves what is enough for all delays within their\n"
        "bounds, and says what the longest way is made of. Distributions with a tail need\n"
        "--cut.\n\n"
        "Exit status:\n"
        "  0  the fresh seeds confirm the reliability\n"
        "  1  they refute it: more runs or a higher --reliability are needed\n");
}

/* ---- replay ---- */

static void
a_replay_plays_the_same_again(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        BAD
        "for f in 'a b.ini' \"it's.ini\" '$(touch pwned).ini' -dash.ini '--set.ini' "
        "'\"q\\n.ini' '`x`;&.ini' \"$(printf 'c\\033[2J\\nd.ini')\"; do "
        "cp bad.ini ./\"$f\"; "
        "session-race run --seed 7 --set 'client bob.start=13ms' -- \"$f\" > first; "
        "sed -n 's/^ *replay: //p' first > line; test -s line || exit 9; sh -n line || exit 8; "
        "sh ./line > second; cmp first second || exit 7; done; test ! -e pwned");

    IS(did, err, "");
}

static void
nothing_printed_controls_a_terminal(void **state)
{
    g_auto(Did) did = shell(
        *state, 1,
        BAD "f=$(printf 'a\\033[2J\\nb.ini'); cp bad.ini \"$f\"; session-race run \"$f\"");

    CONTAINS(did, out, "FAIL  a\\x1b[2J\\x0ab.ini");
    assert_null(strchr(did.out, '\x1b'));
}

/* ---- files and what goes wrong with them ---- */

static void
a_trace_is_written_whole(void **state)
{
    g_auto(Did) did =
        shell(*state, 0, GOOD "session-race run -t t.ndjson good.ini > verdict" TIDY);
    g_auto(Did) agrees =
        shell(*state, 0,
              "d=$(" DIGEST
              " < verdict); tail -n 1 t.ndjson | grep -q \"\\\"digest\\\":\\\"$d\\\"\"; "
              "head -n 1 t.ndjson; tail -n 1 t.ndjson");
    g_auto(Did) again = shell(
        *state, 0, "cp t.ndjson u; session-race run -q -t t.ndjson good.ini && cmp t.ndjson u");

    (void) did;
    (void) again;
    CONTAINS(agrees, out, "\"type\":\"trace\"");
    CONTAINS(agrees, out, "\"type\":\"end\"");
    CONTAINS(agrees, out, "\"verdict\":\"pass\"");
}

static void
several_traces_make_a_folder(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        GOOD "mkdir -p d/e; cp good.ini d/e/x.ini; cp good.ini d/y.ini; "
             "session-race run -q -t out/t good.ini d && find out -type f | LC_ALL=C sort");
    g_auto(Did) same = shell(*state, 2, "session-race run -t out/u good.ini d d");
    g_auto(Did) file = shell(*state, 2, "session-race run -t good.ini d");

    IS(did, out, "out/t/e/x.ndjson\nout/t/good.ndjson\nout/t/y.ndjson\n");
    CONTAINS(same, err, "is written twice");
    CONTAINS(file, err, "several traces need a folder");
}

static void
one_trace_goes_into_a_folder(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        GOOD
        "mkdir there; session-race run -q -t there good.ini && session-race run -q -t new/ "
        "good.ini && session-race run -q -t . good.ini && find . -name '*.ndjson' | "
        "LC_ALL=C sort");

    IS(did, out, "./good.ndjson\n./new/good.ndjson\n./there/good.ndjson\n");
}

static void
traces_of_equal_names_keep_their_folders(void **state)
{
    g_auto(Did) did = shell(
        *state, 0,
        GOOD
        "mkdir -p a/x b/x; for d in a b; do cp good.ini $d/g.ini; cp good.ini $d/x/h.ini; "
        "done; session-race run -q -t t a ./b && session-race run -q -t u a/g.ini "
        "../*/b/g.ini; cd t && find . -type f | LC_ALL=C sort; cd ../u && find . -type f | "
        "wc -l");

    IS(did, out, "./a/g.ndjson\n./a/x/h.ndjson\n./b/g.ndjson\n./b/x/h.ndjson\n2\n");
}

static void
an_input_is_never_replaced(void **state)
{
    static const char *const scripts[] = {
        "session-race run -o good.ini good.ini",
        "session-race run -t good.ini good.ini",
        "session-race run -t ./../*${PWD##*-}/good.ini good.ini",
        "ln -sf good.ini link; session-race run -t link good.ini",
        "ln -f good.ini hard; session-race run -o hard good.ini",
        "session-race check --json -o good.ini good.ini",
        "session-race run -o . good.ini",
        "session-race run -o x -t x good.ini",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++) {
        g_autofree char *script =
            g_strconcat(GOOD "cp good.ini kept; ", scripts[i],
                        "; s=$?; cmp good.ini kept || exit 99; exit $s", NULL);
        g_auto(Did) did = shell(*state, 2, script);
        IS(did, out, "");
    }
}

static void
a_full_disk_is_an_error(void **state)
{
    g_auto(Did) standard = shell(*state, 3, GOOD "session-race run good.ini > /dev/full");
    g_auto(Did) device = shell(*state, 3, "session-race run -o /dev/full good.ini");
    g_auto(Did) trace = shell(*state, 3, "session-race run --trace /dev/full good.ini");
    g_auto(Did) limit = shell(
        *state, 3,
        "ulimit -f 1; session-race run --set 'client bob.count=200' -t t.ndjson good.ini" TIDY);
    g_auto(Did) nothing =
        shell(*state, 0,
              "session-race run --trace /dev/null -o /dev/null good.ini && test ! -e t.ndjson");

    CONTAINS(standard, err, "standard output: error: No space left on device\n");
    CONTAINS(device, err, "/dev/full: error: No space left on device\n");
    CONTAINS(trace, err, "/dev/full: error: No space left on device\n");
    CONTAINS(trace, out, "ERROR good.ini");
    CONTAINS(limit, err, "t.ndjson: error: File too large\n");
    IS(nothing, err, "");
}

static void
a_closed_output_is_an_error(void **state)
{
    g_auto(Did) closed = shell(*state, 3, GOOD "session-race run good.ini >&-");
    g_auto(Did) trace = shell(
        *state, 3,
        "session-race run --trace t.ndjson good.ini >&-; s=$?; head -c 8 t.ndjson; exit $s");
    g_auto(Did) input = shell(*state, 3, "session-race run - <&-");

    CONTAINS(closed, err, "standard output: error: Bad file descriptor\n");
    IS(trace, out, "{\"type\":");
    IS(input, out, "");
}

/* Descriptor 5 is a pipe that nobody reads any more. */
#define UNREAD "rm -f q; mkfifo q; exec 4<>q 5>q 4<&-; "

static void
a_broken_pipe_is_quiet(void **state)
{
    g_auto(Did) did = shell(*state, 141, GOOD UNREAD "session-race run good.ini >&5");
    g_auto(Did) left = shell(
        *state, 0,
        UNREAD "session-race run -t new.ndjson good.ini >&5; echo $?; ls -A | grep tmp; true");

    /* It ends by SIGPIPE, as other programs do, and leaves nothing temporary. */
    IS(did, err, "");
    IS(left, out, "141\n");
    IS(left, err, "");
}

/* Some programs start others with SIGPIPE ignored; then a broken pipe is an error like any other. */
static void
a_broken_pipe_without_its_signal_is_an_error(void **state)
{
    g_auto(Did) did = shell(*state, 3, GOOD UNREAD "trap '' PIPE; session-race run good.ini >&5");

    IS(did, err, "standard output: error: Broken pipe\n");
}

static void
a_trace_goes_down_a_pipe(void **state)
{
    g_auto(Did) did =
        shell(*state, 0,
              GOOD "mkfifo p; cat p > copy & session-race run -q -t p good.ini && wait && "
                   "session-race run -q -t t good.ini && cmp t copy && test -p p && "
                   "session-race run -t - -o /dev/null good.ini | cmp - t");
    g_auto(Did) both = shell(*state, 2, "session-race run -t - good.ini");

    IS(did, err, "");
    CONTAINS(both, err, "send them elsewhere with --output FILE");
}

/* The first trace waits for a reader, so the signal comes while the first scenario is played.
 */
static void
a_signal_ends_it_after_what_is_complete(void **state)
{
    g_auto(Did) did = shell(
        *state, 143,
        GOOD "mkdir d t; for i in 1 2 3; do cp good.ini d/$i.ini; done; mkfifo t/1.ndjson; "
             "session-race run -j 1 -t t d & pid=$!; sleep 0.4; kill -TERM $pid; sleep 0.1; "
             "cat t/1.ndjson > /dev/null; wait $pid; s=$?; ls -A t >&2; exit $s");

    CONTAINS(did, out, "ok    d/1.ini");
    LACKS(did, out, "d/2.ini");
    CONTAINS(did, out, "3 scenarios: stopped after 1; 1 as expected\n");
    IS(did, err, "1.ndjson\n");
}

static void
what_a_signal_left_out_is_skipped(void **state)
{
    g_auto(Did) did = shell(
        *state, 143,
        GOOD "mkdir d t; for i in 1 2 3; do cp good.ini d/$i.ini; done; mkfifo t/1.ndjson; "
             "session-race run -j 1 -f junit -t t d & pid=$!; sleep 0.4; kill -TERM $pid; "
             "sleep 0.1; cat t/1.ndjson > /dev/null; wait $pid");

    CONTAINS(did, out, "tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"2\"");
    CONTAINS(did, out,
             "name=\"d/3.ini\" file=\"d/3.ini\" time=\"0.000000000\">\n"
             "      <skipped message=\"stopped by SIGTERM\"/>");
}

/* The terminal is one that `script` makes; a shell's background jobs ignore SIGINT, so it is the
 * rest that goes there. */
static void
an_interrupt_says_what_it_waits_for(void **state)
{
    if (!has_program("script"))
        skip();
    g_auto(Did) did = shell(
        *state, 0,
        GOOD
        "mkfifo p; { sleep 0.5; kill -INT $(cat pid); sleep 0.2; cat p > /dev/null; } & "
        "script -qc 'echo $$ > pid; exec session-race run -t p good.ini' log < /dev/null > "
        "/dev/null; wait; tr -d '\\r' < log");

    CONTAINS(did, out, "finishing good.ini; press Ctrl-C again to stop at once\n");
    CONTAINS(did, out, "good.ini");
}

static void
a_second_signal_ends_it_at_once(void **state)
{
    g_auto(Did) did = shell(
        *state, 143,
        GOOD "mkfifo p; session-race run -t p good.ini & pid=$!; sleep 0.4; kill -TERM $pid; "
             "sleep 0.1; kill -TERM $pid; wait $pid");

    IS(did, out, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SHELL_TEST(new_writes_what_run_plays),
        SHELL_TEST(new_never_replaces),
        SHELL_TEST(new_writes_where_it_is_told),
        SHELL_TEST(check_tells_errors_and_goes_on),
        SHELL_TEST(check_prints_json),
        SHELL_TEST(run_exits_by_what_was_expected),
        SHELL_TEST(run_takes_an_expected_failure_as_expected),
        SHELL_TEST(nothing_runs_when_a_file_is_malformed),
        SHELL_TEST(nothing_was_run_is_said_where_a_report_is_missing),
        SHELL_TEST(a_wrong_override_is_told_once),
        SHELL_TEST(seeds_are_the_same_in_both_notations),
        SHELL_TEST(standard_input_is_a_scenario),
        SHELL_TEST(folders_are_walked_in_the_order_of_bytes),
        SHELL_TEST(any_number_of_threads_prints_the_same),
        SHELL_TEST(quiet_prints_what_is_unexpected),
        SHELL_TEST(formats_are_read_by_their_readers),
        SHELL_TEST(a_github_runner_gets_annotations),
        SHELL_TEST(colour_is_for_terminals),
        SHELL_TEST(sentences_fit_the_terminal),
        SHELL_TEST(help_fits_the_terminal),
        SHELL_TEST(a_replay_plays_the_same_again),
        SHELL_TEST(nothing_printed_controls_a_terminal),
        SHELL_TEST(a_trace_is_written_whole),
        SHELL_TEST(several_traces_make_a_folder),
        SHELL_TEST(one_trace_goes_into_a_folder),
        SHELL_TEST(traces_of_equal_names_keep_their_folders),
        SHELL_TEST(an_input_is_never_replaced),
        SHELL_TEST(a_full_disk_is_an_error),
        SHELL_TEST(a_closed_output_is_an_error),
        SHELL_TEST(a_broken_pipe_is_quiet),
        SHELL_TEST(a_broken_pipe_without_its_signal_is_an_error),
        SHELL_TEST(a_trace_goes_down_a_pipe),
        SHELL_TEST(a_signal_ends_it_after_what_is_complete),
        SHELL_TEST(what_a_signal_left_out_is_skipped),
        SHELL_TEST(an_interrupt_says_what_it_waits_for),
        SHELL_TEST(a_second_signal_ends_it_at_once),
    };

    return (shell_check_rows("command line", rows, G_N_ELEMENTS(rows)) +
            cmocka_run_group_tests_name("program", tests, NULL, NULL)) != 0;
}
