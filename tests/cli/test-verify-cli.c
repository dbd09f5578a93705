/* `verify` and `diff` as a user meets them: by their command line, their exit status and what they
 * print.
 *
 * In the shell lines `session-race` is the program, which the environment variable SR_PROGRAM
 * names, and $GOLDEN the folder of the golden traces. Each runs in a fresh folder with a copy of
 * a small trace, `two.ndjson`; `sends` prints what a real system would have of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <sys/wait.h>

static char *program_folder, *golden_folder;

static const char prelude[] =
    "cp $GOLDEN/steps.two-clients.ndjson two.ndjson\n"
    "first='{\"type\":\"trace\",\"nodes\":[\"alice\",\"bob\"]}'\n"
    "sends() { echo \"$first\"; grep -E '\"event\":\"(send|receive)\"' two.ndjson; }\n";

/* clang-format off */
static const struct row {
    const char *name, *script;
    int status;
    const char *out, *err; /* parts; NULL: nothing at all is printed there */
} rows[] = {
    { "a trace of ours", "session-race verify two.ndjson", 0, "ok    two.ndjson  97 lines, all explained; 15 checks hold\n", NULL },
    { "standard input", "session-race verify - <two.ndjson", 0, "ok    standard input  97 lines", NULL },
    { "several traces of ours are judged one by one", "cp two.ndjson one.ndjson; session-race verify --quiet one.ndjson $GOLDEN/retention.on-new-key.ndjson two.ndjson",
      1, "on-new-key.ndjson  120 lines, all explained; 3 checks fail; 12 checks hold\n", NULL },
    { "a check that fails has its line", "session-race verify $GOLDEN/retention.on-new-key.ndjson", 1,
      "key-found                   FAILS, line 118: bob gave up on the announced hint u1", NULL },
    { "a scenario expects it", "session-race verify $GOLDEN/retention.on-new-key.ndjson --scenario $GOLDEN/../../scenarios/retention/on-new-key.ini", 0,
      "fails as expected, line 118: bob", NULL },
    { "a scenario expects what does not happen", "printf '[client a]\\n[client b]\\n[expect]\\nverdict = fail(waits)\\n' >x.ini; session-race verify two.ndjson --scenario x.ini",
      1, "note: the trace is not of this scenario", NULL },
    { "quiet says nothing of what is good", "session-race verify --quiet two.ndjson", 0, NULL, NULL },
    { "damage is named", "sed 's/\"t\":10000000,/\"t\":10000001,/' two.ndjson >bad.ndjson; session-race verify bad.ndjson", 2, NULL,
      "bad.ndjson:99:" },
    { "a line is missing", "sed 20d two.ndjson >bad.ndjson; session-race verify bad.ndjson", 2, NULL, "bad.ndjson:20:23: error: seq is 20 where 19 is due" },
    { "a trace that breaks off", "head -n 50 two.ndjson >cut.ndjson; session-race verify cut.ndjson", 2, NULL, "the last line is missing" },
    { "a part of one is asked for", "head -n 50 two.ndjson >cut.ndjson; session-race verify --partial cut.ndjson", 0, "49 lines, all explained", NULL },
    { "sends and receives are enough", "sends >log; session-race verify log", 0, "ok    log  54 lines, all explained; 6 checks hold; 9 not judged\n", NULL },
    { "what is not judged says why", "sends >log; session-race verify log", 0, "token-time                  not judged: the log has no 'token-judged'\n", NULL },
    { "a file a node", "for n in server token-provider encryption-provider alice bob; do (echo \"$first\"; sends | grep \"\\\"node\\\":\\\"$n\\\"\") >$n; done; "
      "session-race verify bob encryption-provider alice token-provider server", 0, "ok    bob and 4 more  54 lines, all explained", NULL },
    { "lines in any order among nodes", "sends | (read l; echo \"$l\"; sort -s -t: -k 5,5 -r) >log; session-race verify log", 0, "54 lines, all explained", NULL },
    { "a node without lines", "sends | grep -v '\"node\":\"server\"' >log; session-race verify log", 1, "nobody has sent a message with the id 6 (--partial when lines of its sender are\n", NULL },
    { "a node without lines, on purpose", "sends | grep -v '\"node\":\"server\"' >log; session-race verify --partial log", 0, "ok    log", NULL },
    { "the first line that cannot be", "sends | sed 's/\"msg\":\"create-rejected\"/\"msg\":\"session-pending\"/' >log; session-race verify log", 1,
      "why not:  the server does not do that here\n        allowed:  server sends create-rejected to bob", NULL },
    { "a message that changes on its way", "sends | sed '/receive.*session-available/s/u1/u2/' >log; session-race verify log", 1,
      "why not:  hint is not what was sent at line ", NULL },
    { "a message that overtakes another", "sends | awk '/receive.*create-rejected/ { held = $0; next } { print } /bob.*receive.*session-available/ { print held }' >log; "
      "session-race verify log", 1, "on an ordered link", NULL },
    { "a link that is not ordered", "sends | awk '/receive.*create-rejected/ { held = $0; next } { print } /bob.*receive.*session-available/ { print held }' >log; "
      "session-race verify --unordered log", 0, "note: messages overtake others, first at line ", NULL },
    { "what comes before itself", "printf '%s\\n' \"$first\" "
      "'{\"type\":\"event\",\"node\":\"alice\",\"event\":\"receive\",\"msg\":\"token\",\"from\":\"token-provider\",\"id\":2}' "
      "'{\"type\":\"event\",\"node\":\"alice\",\"event\":\"send\",\"msg\":\"token-request\",\"to\":\"token-provider\",\"id\":1}' "
      "'{\"type\":\"event\",\"node\":\"token-provider\",\"event\":\"receive\",\"msg\":\"token-request\",\"from\":\"alice\",\"id\":1}' "
      "'{\"type\":\"event\",\"node\":\"token-provider\",\"event\":\"send\",\"msg\":\"token\",\"to\":\"alice\",\"id\":2}' >log; session-race verify log", 1,
      "arrives before it can have been sent", NULL },
    { "JSON", "sends >log; session-race verify --format json log | jq -r '.format, .version, (.results[0] | .as_expected, .records, .explained.records, (.checks | length))' "
      "| tr '\\n' ' '", 0, "session-race-verify 1 true 54 54 15 ", NULL },
    { "JSON of what is not explained", "sends | sed 's/\"msg\":\"create-rejected\"/\"msg\":\"session-pending\"/' >log; session-race verify --format json log "
      "| jq -r '.results[0].explained.unexplained | .line, .node, .allowed[0].what' | tr '\\n' ' '", 0, " server sends create-rejected to bob ", NULL },
    { "JSON goes to a file", "session-race verify --format json two.ndjson -o out.json; jq -r .summary.as_expected out.json", 0, "1\n", NULL },
    { "a hostile name stays text", "echo '{\"type\":\"trace\",\"nodes\":[\"a\\u001b[1m\"]}' >log; echo '{\"type\":\"event\",\"node\":\"a\\u001b[1m\",\"event\":\"send\",\"msg\":\"join\","
      "\"to\":\"server\",\"id\":1}' >>log; session-race verify log", 1, "a\\x1b[1m sends join", NULL },
    { "no trace", "session-race verify", 2, NULL, "a trace is needed" },
    { "a trace that is not there", "session-race verify none", 3, NULL, "none: error: " },
    { "one of several is not there", "session-race verify two.ndjson none", 3, NULL, "none: error: " },
    { "no log at all", "echo hello >log; session-race verify log", 2, NULL, "log:1:1: error: not a log: its first line is no JSON object\n" },
    { "a scenario in place of a log", "printf '[client a]\\n' >x.ini; session-race verify x.ini", 2, NULL,
      "note: a scenario? 'session-race run --trace FILE' plays it and writes its trace\n" },
    { "--set without a scenario", "session-race verify --set scenario.seed=1 two.ndjson", 2, NULL, "--set needs --scenario" },
    { "a scenario that is not there", "session-race verify --scenario none.ini two.ndjson", 3, NULL, "none.ini" },
    { "an input is never replaced", "session-race verify two.ndjson -o two.ndjson", 2, NULL, "is an input" },
    { "colours", "session-race verify --color always two.ndjson", 0, "\x1b[32mok    \x1b[0mtwo.ndjson", NULL },
    { "… of what fails", "session-race verify --color always $GOLDEN/retention.on-new-key.ndjson", 1, "  \x1b[1;31mFAILS\x1b[0m, line 118", NULL },
    { "no colours in a file, a pipe or JSON", "session-race verify -o file two.ndjson; session-race verify two.ndjson; session-race verify --color always --format json two.ndjson >json; "
      "grep -c '\x1b' file json", 1, "15 checks hold\n\n", NULL },
    { "no line of a verdict is wider than a screen", "session-race verify $GOLDEN/retention.on-new-key.ndjson $GOLDEN/upgrade.race.ndjson | awk 'length > 100 && !/^FAIL/' | wc -l", 0, "0\n", NULL },
    { "help", "session-race verify --help", 0, "Exit status:", NULL },

    { "equal traces", "cp two.ndjson b; session-race diff two.ndjson b", 0, "the traces are equal\n", NULL },
    { "traces that part", "session-race diff two.ndjson $GOLDEN/retention.on-new-key.ndjson", 1,
      "they part at event 52:\n  a  line 53         103 ms  encryption-provider  sends key to bob, hint u2\n", NULL },
    { "what the first lines say", "session-race diff two.ndjson $GOLDEN/retention.on-new-key.ndjson", 1,
      "  scenario  a: Two editors open the same new document\n", NULL },
    { "what led to it", "session-race diff --context 1 two.ndjson $GOLDEN/retention.on-new-key.ndjson", 1,
      "in common there:\n     line 52         103 ms  encryption-provider  makes a key under hint u2\n\nthey part", NULL },
    { "one goes on", "sends >a; head -n 30 a >b; session-race diff a b", 1, "  b  ends here\n", NULL },
    { "JSON of a difference", "session-race diff --format json two.ndjson $GOLDEN/retention.on-new-key.ndjson | jq -r '.equal, .record, .a.line, (.common | length)' | tr '\\n' ' '",
      0, "false 52 53 5 ", NULL },
    { "a difference in colours", "session-race diff --color always two.ndjson $GOLDEN/retention.on-new-key.ndjson", 1, "\x1b[1;31mthey part at event 52:\x1b[0m\n", NULL },
    { "equal in colours", "session-race diff --color always two.ndjson two.ndjson", 0, "\x1b[32mthe traces are equal\x1b[0m\n", NULL },
    { "quiet", "session-race diff --quiet two.ndjson $GOLDEN/retention.on-new-key.ndjson", 1, NULL, NULL },
    { "one trace", "session-race diff two.ndjson", 2, NULL, "two traces are needed" },
    { "standard input twice", "session-race diff - -", 2, NULL, "can be read once" },
    { "the result of a sweep to compare", "echo '{\"type\":\"sweep\"}' > r; session-race diff two.ndjson r", 2, NULL, "r:1:1: error: not a log: a first line of the type trace that names the nodes is missing" },
    { "a context that is no number", "session-race diff --context x two.ndjson two.ndjson", 2, NULL, "--context: 'x' is not a whole number from 0 to 1000" },
    { "a context below zero", "session-race diff --context -1 two.ndjson two.ndjson", 2, NULL, "from 0 to 1000" },
    { "a damaged trace to compare", "sed 20d two.ndjson >bad; session-race diff two.ndjson bad", 2, NULL, "bad:20:23: error" },
};
/* clang-format on */

static void
check_row(void **state)
{
    const struct row *row = *state;
    g_autofree char *folder = g_dir_make_tmp("session-race-verify-cli-XXXXXX", NULL);
    g_autofree char *script = g_strconcat(prelude, row->script, NULL);
    g_autofree char *path = g_strdup_printf("%s:%s", program_folder, g_getenv("PATH"));
    g_autofree char *remove = NULL, *out = NULL, *err = NULL;
    const char *argv[] = { "sh", "-c", script, NULL };
    g_auto(GStrv) environment = g_get_environ();
    int status;

    assert_non_null(folder);
    environment = g_environ_setenv(environment, "PATH", path, TRUE);
    environment = g_environ_setenv(environment, "GOLDEN", golden_folder, TRUE);
    environment = g_environ_setenv(environment, "LC_ALL", "C", TRUE);
    assert_true(g_spawn_sync(folder, (char **) (uintptr_t) argv, environment,
                             G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status, NULL));
    remove = g_strdup_printf("rm -rf %s", folder);
    assert_true(g_spawn_command_line_sync(remove, NULL, NULL, NULL, NULL));
    status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (status != row->status ||
        (row->out != NULL ? strstr(out, row->out) == NULL : *out != '\0') ||
        (row->err != NULL ? strstr(err, row->err) == NULL : *err != '\0'))
        fail_msg("%s\nstatus %d\nout: %s\nerr: %s", row->script, status, out, err);
    assert_null(strchr(err, '\x1b'));
}

int
main(void)
{
    const char *program = g_getenv("SR_PROGRAM");
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    int failed;

    g_assert(program != NULL && g_getenv("SR_SOURCE_ROOT") != NULL);
    program_folder = g_path_get_dirname(program);
    golden_folder = g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests", "golden", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    failed =
        cmocka_run_group_tests_name("verify and diff on the command line", tests, NULL, NULL);
    g_free(program_folder);
    g_free(golden_folder);
    return failed != 0;
}
