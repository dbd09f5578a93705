/* A provider of the user's own as a user meets it: --provider and what belongs to it. The child is
 * child-of-ours, which needs no Node. */
#include "shell.h"

#define EXEC "[encryption-provider]\\nkind = exec\\n"
#define RACE "[network]\\nlatency = 10ms\\n[client alice]\\n[client bob]\\nstart = 12ms\\n"
/* x.ini needs a provider, y.ini does not. */
#define X "printf '" EXEC RACE "' > x.ini\n"
#define Y "printf '" RACE "' > y.ini\n"
/* --provider with the child in @mode; the path has no character that a shell takes for its own */
#define WITH(mode) " --provider \"$SR_CHILD " mode "\" "

/* clang-format off */
static const struct shell_row rows[] = {
    /* what is skipped */
    { "a single file needs it", X "session-race run x.ini", 2, "", "x.ini: error: 'kind = exec' needs --provider COMMAND" },
    { "so does a sweep", X "session-race sweep --seeds 1..3 x.ini", 2, "", "x.ini: error: 'kind = exec' needs --provider COMMAND" },
    { "so does shrink", X "session-race shrink x.ini", 2, "", "x.ini: error: 'kind = exec' needs --provider COMMAND" },
    { "so does a report of one file", X "session-race report --figures none -o r.html x.ini", 2, "", "x.ini: error: 'kind = exec' needs --provider COMMAND" },
    { "of several it is skipped", X Y "session-race run x.ini y.ini", 0, "skip  x.ini\nok    y.ini ", "" },
    { "one line names the option", X Y "session-race run x.ini y.ini", 0, "2 scenarios: 1 as expected, 1 skipped\nskipped: 'kind = exec' needs --provider COMMAND\n", "" },
    { "in a folder too", X Y "session-race run .", 0, "1 skipped", "" },
    { "quietly", X Y "session-race run -q .", 0, "", "" },
    { "TAP", X Y "session-race run --format tap .", 0, "ok 1 - ./x.ini # SKIP 'kind = exec' needs --provider COMMAND\nok 2 - ./y.ini", "" },
    { "JUnit", X Y "session-race run --format junit .", 0, "skipped=\"1\"", "" },
    { "JUnit's element", X Y "session-race run --format junit .", 0, "<skipped message=\"&apos;kind = exec&apos; needs --provider COMMAND\"/>", "" },
    { "JSON", X Y "session-race run --format json . | jq -c '[.results[0].skipped, .summary.skipped, .results[1].as_expected]'", 0, "[\"'kind = exec' needs --provider COMMAND\",1,true]", "" },
    { "GitHub", X Y "session-race run --format github .", 0, "skipped: 'kind = exec' needs --provider COMMAND\n", "" },
    { "all are skipped", X "cp x.ini z.ini; session-race run .", 4, "2 scenarios: 0 as expected, 2 skipped\n", "" },
    { "all of JSON", X "cp x.ini z.ini; session-race run --format json . | jq '.results | length'; session-race run -q --format json . > x.json", 4, "2\n", "" },
    { "a failure beside a skipped one", X "printf '" RACE "[expect]\\nwinner = bob\\n' > z.ini; session-race run .", 1, "1 not as expected, 1 skipped", "" },
    { "a report skips", X Y "session-race report --figures none -o r.html . && grep -A1 'Not played' r.html", 0, "<li><code>./x.ini</code>: &apos;kind = exec&apos; needs --provider COMMAND</li>", "" },
    { "a report of nothing", X "session-race report --figures none -o r.html .; echo $?; ls", 0, "4\nx.ini\n", "nothing was played" },
    { "nobody asks it", Y "session-race run" WITH("good") "y.ini", 2, "", "--provider: no scenario has 'kind = exec', so it would not be asked" },
    { "no scenario of a folder", Y "session-race run" WITH("good") ".", 2, "", "so it would not be asked" },
    { "not even in a sweep", Y "session-race sweep --seeds 1..3" WITH("good") "y.ini", 2, "", "so it would not be asked" },
    { "nor in shrink", Y "session-race shrink" WITH("good") "y.ini", 2, "", "so it would not be asked" },
    { "nor in a report", Y "session-race report" WITH("good") "-o r.html y.ini", 2, "", "so it would not be asked" },
    { "what belongs to it alone", Y "session-race run --provider-env HOME y.ini", 2, "", "need --provider" },
    /* playing */
    { "a good provider", X "session-race run" WITH("good") "x.ini", 0, "ok    x.ini", "" },
    { "a report", X "session-race report --figures none" WITH("good") "-o r.html x.ini && grep -c 'ok x.ini\\|as expected' r.html", 0, NULL, "" },
    { "the replay command names it", X "session-race run" WITH("forgets") "x.ini", 1, "replay: session-race run --provider '", "" },
    { "and all that belongs to it", X "export A=1; session-race run" WITH("forgets") "--provider-env A --provider-deadline 3s x.ini", 1, " forgets' --provider-env A --provider-deadline 3s --seed 1 x.ini\n", "" },
    { "it replays", X "session-race run" WITH("forgets") "x.ini > out; sh -c \"$(sed -n 's/^ *replay: //p' out | head -n 1)\" | diff out - && echo same", 0, "same", "" },
    { "the failures of a sweep are replayed with it", X "session-race sweep --seeds 1..3" WITH("forgets") "x.ini", 1, "replay: session-race run --provider '", "" },
    { "a report's command names it", X "session-race report --figures none" WITH("forgets") "-o r.html x.ini; grep -o 'session-race run --provider .*' r.html", 0, "--seed 1 x.ini", "1 of 1 not as expected" },
    /* shrinking */
    { "shrink", X "session-race shrink" WITH("forgets") "x.ini > small.ini && session-race run" WITH("forgets") "small.ini", 0, "as expected", "2 clients, 0 faults" },
    { "shrink keeps the provider", X "session-race shrink -q" WITH("forgets") "x.ini", 0, "kind = exec", "" },
    { "shrink what breaks each time", X "session-race shrink -q" WITH("crashes") "x.ini", 0, "fail(", "" },
    { "shrink without a failure", X "session-race shrink" WITH("good") "x.ini", 1, "", "no check fails under seed 1" },
    { "shrink with what cannot be started", X "session-race shrink --provider /nonexistent/x x.ini", 3, "", "x.ini: error: /nonexistent/x: No such file or directory" },
    { "the failures of a sweep", X "session-race sweep -q --seeds 1..3" WITH("forgets") "--shrink small x.ini; ls small", 0, "key-kept.ini\n", "small scenarios in small" },
};
/* clang-format on */

int
main(void)
{
    g_assert(g_getenv("SR_CHILD") != NULL);
    g_autofree char *child = g_canonicalize_filename(g_getenv("SR_CHILD"), NULL);

    g_setenv("SR_CHILD", child, TRUE);
    return shell_check_rows("--provider", rows, G_N_ELEMENTS(rows)) != 0;
}
