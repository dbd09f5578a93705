/* `diagram` as a user meets it: by its command line, its exit status and what it leaves behind.
 *
 * In the shell lines `session-race` is the program, which the environment variable SR_PROGRAM
 * names, and $GOLDEN the folder of the golden traces. Each runs in a fresh folder with a copy of
 * a small trace, `two.ndjson`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <sys/wait.h>

static char *program_folder, *golden_folder;

/* clang-format off */
static const struct row {
    const char *name, *script;
    int status;
    const char *out, *err; /* parts; NULL: nothing at all is printed there */
} rows[] = {
    { "text is what a terminal gets", "session-race diagram two.ndjson", 0, "  2  alice\n", NULL },
    { "a format is named", "session-race diagram two.ndjson --as mermaid", 0, "sequenceDiagram\n", NULL },
    { "an ending names the format", "session-race diagram two.ndjson -o two.svg && cmp two.svg $GOLDEN/pictures/two-clients.svg && "
      "session-race diagram two.ndjson -o two.mmd && cmp two.mmd $GOLDEN/pictures/two-clients.mmd && "
      "session-race diagram two.ndjson -o two.json && cmp two.json $GOLDEN/pictures/two-clients.json && "
      "session-race diagram two.ndjson -o two.txt && cmp two.txt $GOLDEN/pictures/two-clients.txt", 0, NULL, NULL },
    { "a named format beats the ending", "session-race diagram two.ndjson --as text -o two.svg && cmp two.svg $GOLDEN/pictures/two-clients.txt", 0, NULL, NULL },
    { "an ending that says nothing", "session-race diagram two.ndjson -o two.gif; s=$?; [ ! -e two.gif ] && exit $s", 2, NULL,
      "--output two.gif: neither its ending nor --as says svg, mermaid (.mmd), text (.txt) or perfetto (.json)\n" },
    { "no ending is text", "session-race diagram two.ndjson -o ./two && cmp two $GOLDEN/pictures/two-clients.txt", 0, NULL, NULL },
    { "dark paper", "session-race diagram two.ndjson --dark -o d.svg && cmp d.svg $GOLDEN/pictures/two-clients-dark.svg", 0, NULL, NULL },
    { "standard input", "session-race diagram - --as svg <two.ndjson | cmp - $GOLDEN/pictures/two-clients.svg", 0, NULL, NULL },
    { "a pipe is standard input", "cat two.ndjson | session-race diagram - --as svg | cmp - $GOLDEN/pictures/two-clients.svg", 0, NULL, NULL },
    { "a part by time", "session-race diagram two.ndjson --between 126ms..136ms | grep -c create", 0, "2\n", NULL },
    { "a part from a time on", "session-race diagram two.ndjson --between 221ms.. --as mermaid | grep -c p.-", 0, "2\n", NULL },
    { "a part up to a time", "session-race diagram two.ndjson --between ..11ms --as mermaid | grep -c p.-", 0, "2\n", NULL },
    { "a part by node", "! session-race diagram two.ndjson --node bob | grep -q alice", 0, NULL, NULL },
    { "several nodes", "session-race diagram two.ndjson --node bob --node alice | cmp - $GOLDEN/pictures/two-clients.txt", 1, "differ", NULL },
    { "several steps", "session-race diagram two.ndjson --step 3 --step 4 --as mermaid | grep -c p.-", 0, "4\n", NULL },
    { "help", "session-race diagram --help", 0, "Exit status:", NULL },
    { "the list of verbs", "session-race help", 0, "  diagram  show me the messages\n", NULL },
    { "no trace", "session-race diagram", 2, NULL, "one trace is needed" },
    { "two traces", "session-race diagram two.ndjson two.ndjson", 2, NULL, "one trace is needed" },
    { "an unknown format", "session-race diagram two.ndjson --as png", 2, NULL, "'png' is not one of svg, mermaid, text, perfetto" },
    { "an unknown node", "session-race diagram two.ndjson --node alic -o x.svg; s=$?; [ ! -e x.svg ] && exit $s", 2, NULL, "did you mean 'alice'?" },
    { "a hostile node", "session-race diagram two.ndjson --node \"$(printf '\\033[1m')\"", 2, NULL, "\\x1b[1m" },
    { "an unknown step", "session-race diagram two.ndjson --step 8", 2, NULL, "is not a step" },
    { "a step that is no digit", "session-race diagram two.ndjson --step 11", 2, NULL, "is not a step" },
    { "a time without unit", "session-race diagram two.ndjson --between 1..2", 2, NULL, "is not a span of time" },
    { "times the wrong way round", "session-race diagram two.ndjson --between 2ms..1ms", 2, NULL, "is not a span of time" },
    { "one time only", "session-race diagram two.ndjson --between 2ms", 2, NULL, "is not a span of time" },
    { "a time that ends at the start", "session-race diagram two.ndjson --between 0ms..0ms", 2, NULL, "is not a span of time" },
    { "a trace that is not there", "session-race diagram none.ndjson", 3, NULL, "none.ndjson: error: " },
    { "a folder", "session-race diagram .", 3, NULL, ".: error: is a folder" },
    { "no trace at all", "echo '[scenario]' >x.ini; session-race diagram x.ini", 2, NULL, "x.ini:1:1: error: not a trace" },
    { "a damaged trace", "sed 's/\"t\":10000000,/\"t\":10000001,/' two.ndjson >bad.ndjson; session-race diagram bad.ndjson -o x.svg; s=$?; "
      "[ ! -e x.svg ] && exit $s", 2, NULL, "the trace is damaged" },
    { "a trace that breaks off", "head -n 5 two.ndjson >cut.ndjson; session-race diagram cut.ndjson", 2, NULL, "cut.ndjson:6:1: error: the last line is missing" },
    { "a hostile path", "cp two.ndjson \"$(printf 'a\\033b')\"; echo >>\"$(printf 'a\\033b')\"; session-race diagram \"$(printf 'a\\033b')\"", 2, NULL, "a\\x1bb:100:1: error" },
    { "an input is never replaced", "ln two.ndjson other.svg; session-race diagram two.ndjson -o other.svg; s=$?; cmp two.ndjson $GOLDEN/steps.two-clients.ndjson && exit $s",
      2, NULL, "is an input, which is never replaced" },
    { "a place that is not there", "session-race diagram two.ndjson -o none/x.svg", 3, NULL, "none/x.svg: error: " },
    { "a full disk", "session-race diagram two.ndjson -o /dev/full", 3, NULL, "/dev/full: error: " },
    { "nothing temporary is left", "session-race diagram two.ndjson -o x.svg; session-race diagram cut.ndjson -o y.svg; ls -A", 0, "two.ndjson\nx.svg\n", "cut.ndjson" },
    { "a verb is meant", "session-race diagrams two.ndjson", 2, NULL, "did you mean 'diagram'?" },
};
/* clang-format on */

static void
check_row(void **state)
{
    const struct row *row = *state;
    g_autofree char *folder = g_dir_make_tmp("session-race-diagram-cli-XXXXXX", NULL);
    g_autofree char *script =
        g_strconcat("cp $GOLDEN/steps.two-clients.ndjson two.ndjson\n", row->script, NULL);
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
    failed = cmocka_run_group_tests_name("diagram on the command line", tests, NULL, NULL);
    g_free(program_folder);
    g_free(golden_folder);
    return failed != 0;
}
