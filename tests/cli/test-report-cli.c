/* `report` as a user meets it: what it makes of which files, what it says when a figure cannot be
 * drawn, and what it leaves behind.
 *
 * In the shell lines `session-race` is the program, which the environment variable SR_PROGRAM
 * names; `bare` runs it where neither jq nor gnuplot is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

/* What one shell line did. */
typedef struct {
    int status;
    char *out, *err;
} Did;

static void
did_clear(Did *did)
{
    g_free(did->out);
    g_free(did->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Did, did_clear)

static char *program_folder;

static int
enter_folder(void **state)
{
    char *folder = g_dir_make_tmp("session-race-report-cli-XXXXXX", NULL);

    assert_non_null(folder);
    *state = folder;
    return 0;
}

static int
leave_folder(void **state)
{
    g_autofree char *folder = *state;
    g_autofree char *command = g_strdup_printf("rm -rf %s", folder);

    return g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL) ? 0 : -1;
}

/* A race that goes well, and one in which the provider forgets the winner's key. Temporary
 * folders go below `tmp`, which is to be empty afterwards. */
#define BEFORE                                                                                 \
    "mkdir -p tmp; export TMPDIR=$PWD/tmp\n"                                                   \
    "bare() { p=$(command -v session-race); PATH=/nowhere \"$p\" \"$@\"; }\n"                  \
    "printf '[client alice]\\n[client bob]\\nstart = 12ms\\n' > good.ini\n"                    \
    "printf '[scenario]\\ntitle = Forgetful\\n[encryption-provider]\\nretention = "            \
    "on-new-key\\n[client alice]\\n[client bob]\\nstart = 12ms\\n' > bad.ini\n"
#define AFTER                                                                                  \
    "\ns=$?; rmdir tmp || exit 99; ls -A | grep -q '^[.]session-race' && exit 98; exit $s"

static Did
sh(const char *folder, int status, const char *script)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *whole = g_strconcat(BEFORE, script, AFTER, NULL);
    const char *argv[] = { "sh", "-c", whole, NULL };
    g_auto(GStrv) environment = g_get_environ();
    g_autofree char *path = g_strdup_printf("%s:%s", program_folder, g_getenv("PATH"));
    Did did = { 0, NULL, NULL };
    int wait_status;

    environment = g_environ_setenv(environment, "PATH", path, TRUE);
    environment = g_environ_unsetenv(environment, "GITHUB_ACTIONS");
    if (!g_spawn_sync(folder, (char **) (uintptr_t) argv, environment, G_SPAWN_SEARCH_PATH,
                      NULL, NULL, &did.out, &did.err, &wait_status, &error))
        fail_msg("%s", error->message);
    did.status =
        WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
    if (did.status != status)
        fail_msg("%s: status %d is wanted, not %d\nout: %s\nerr: %s", script, status,
                 did.status, did.out, did.err);
    return did;
}

static void
contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in %s", part, text);
}

static bool
has_programs(void)
{
    g_autofree char *gnuplot = g_find_program_in_path("gnuplot");
    g_autofree char *jq = g_find_program_in_path("jq");

    return gnuplot != NULL && jq != NULL;
}

/* clang-format off */
static const struct row {
    const char *name, *script;
    int status;
    const char *out, *err; /* (nullable) parts; "" wants nothing at all */
} rows[] = {
    { "help", "session-race report --help", 0, "--figures=WHICH", "" },
    { "no file", "session-race report", 2, "", "a file is needed: a scenario, a folder of them, or a trace" },
    { "a word that --figures does not know", "session-race report --figures some good.ini", 2, "", "'some' is not one of auto, all, required, none" },
    { "a misspelt scenario", "printf '[client a]\\nstrat = 1ms\\n' > x.ini; session-race report -o r.html x.ini good.ini; s=$?; test -e r.html && exit 9; (exit $s)", 2, "", "x.ini:2:1: error: " },
    { "a file that is not there", "session-race report gone.ini", 3, "", "gone.ini: error: " },
    { "a trace that is not there", "session-race report gone.ndjson", 3, "", "gone.ndjson: error: " },
    { "a damaged trace", "session-race run -t t.ndjson good.ini > tmp.txt; sed -i 's/\"t\":0,/\"t\":x,/' t.ndjson; session-race report -o r.html t.ndjson; s=$?; test -e r.html && exit 9; (exit $s)", 2, "", "t.ndjson:2:" },
    { "half a trace", "session-race run -t t.ndjson good.ini > tmp.txt; head -n 9 t.ndjson > h.ndjson; session-race report h.ndjson", 2, "", "h.ndjson:" },
    { "an input as the output", "session-race report -o good.ini good.ini", 2, "", "is an input, which is never replaced" },
    { "a trace as the output", "session-race run -t t.ndjson good.ini > tmp.txt; session-race report -o t.ndjson t.ndjson", 2, "", "is an input, which is never replaced" },
    { "a folder that is not there", "session-race report --figures none -o no/r.html good.ini", 3, "", "no/r.html: error: " },
    { "a full disk", "session-race report --figures none -o /dev/full good.ini", 3, "", "/dev/full: error: " },
    { "a good race", "session-race report --figures none good.ini", 0, "<h1>Session race: 1 as expected</h1>", "" },
    { "a bad race", "session-race report --figures none bad.ini", 1, "Expected pass, got fail(key-kept, key-found, all-collaborate)", "1 of 1 not as expected" },
    { "a bad race, quietly", "session-race report -q --figures none bad.ini", 1, "0 as expected, 1 not", "" },
    { "the command that plays it again", "session-race report --figures none --seed 9 --set server.leeway=2s good.ini", 0, "session-race run --set server.leeway=2s --seed 9 good.ini</pre>", "" },
    { "a folder", "mkdir d; cp good.ini d/b.ini; cp good.ini d/a.ini; session-race report --figures none d", 0, "<section id=\"s2\"><h2>d/b.ini</h2>", "" },
    { "standard input", "session-race report --figures none - < good.ini", 0, "<h1>", "" },
    { "without jq and gnuplot", "bare report good.ini bad.ini", 1, "This picture is missing: ", "warning: 4 figures are missing: " },
    { "without jq and gnuplot, one file", "bare report --figures all good.ini", 0, "<p class=\"missing\">", "warning: 2 figures are missing: " },
    { "without jq and gnuplot where they are required", "bare report --figures required -o r.html good.ini; s=$?; test -e r.html && exit 9; (exit $s)", 3, "", "error: " },
    { "without figures nothing is missing", "bare report --figures none good.ini", 0, "<svg", "" },
    { "many files have figures of what fails only", "mkdir d; for i in $(seq 24); do cp good.ini d/$i.ini; done; bare report d bad.ini", 1, "<section id=\"s25\">", "warning: 2 figures are missing: " },
    { "many files have all figures when asked", "mkdir d; for i in $(seq 25); do cp good.ini d/$i.ini; done; bare report --figures all d", 0, "<section id=\"s25\">", "warning: 50 figures are missing: " },
};
/* clang-format on */

static void
check_row(void **state)
{
    const struct row *row = *state;
    void *folder;

    assert_int_equal(enter_folder(&folder), 0);
    g_auto(Did) did = sh(folder, row->status, row->script);
    leave_folder(&folder);
    if (row->out != NULL && row->out[0] == '\0')
        assert_string_equal(did.out, "");
    else if (row->out != NULL)
        contains(did.out, row->out);
    if (row->err[0] == '\0')
        assert_string_equal(did.err, "");
    else
        contains(did.err, row->err);
}

static void
any_number_of_threads_makes_the_same_page(void **state)
{
    g_auto(Did) did = sh(*state, 0,
                         "cp good.ini g.ini; cp bad.ini b.ini\n"
                         "session-race report -q -j 1 -o 1.html *.ini; test $? = 1 || exit 9\n"
                         "session-race report -q -j 7 -o 7.html *.ini; test $? = 1 || exit 8\n"
                         "cmp 1.html 7.html");

    if (has_programs())
        assert_string_equal(did.err, "");
}

static void
scenarios_and_traces_keep_their_order(void **state)
{
    g_auto(Did) did =
        sh(*state, 1,
           "session-race run -t t.ndjson bad.ini > said; cp t.ndjson 'a <b>.ndjson'\n"
           "session-race report --figures none good.ini t.ndjson bad.ini 'a <b>.ndjson'");

    const char *good = strstr(did.out, "<section id=\"s1\"><h2>good.ini</h2>");
    const char *trace = strstr(did.out, "<section id=\"s2\"><h2>Forgetful</h2>");
    assert_non_null(good);
    assert_non_null(trace);
    contains(trace, "<code class=\"muted\">t.ndjson</code>");
    contains(trace, "A recorded trace of session-race");
    contains(trace, "<code class=\"muted\">a &lt;b&gt;.ndjson</code>");
    contains(did.err, "3 of 4 not as expected");
}

/* A trace says the same of its clients and checks as the run that made it. */
static void
a_trace_is_told_as_its_run(void **state)
{
    g_auto(Did) did = sh(*state, 0,
                         "session-race run -t t.ndjson bad.ini > said\n"
                         "session-race report -q --figures none -o run.html bad.ini\n"
                         "session-race report -q --figures none -o trace.html t.ndjson\n"
                         "for f in run trace; do grep -E '^<t[rd]|<dl|^<div "
                         "class=.failure..<p><b class' $f.html "
                         "| "
                         "grep -v '<tr><td class=\"num muted\">1' > $f.lines; done\n"
                         "test -s run.lines && cmp run.lines trace.lines");

    assert_string_equal(did.out, "");
}

static void
figures_are_in_the_page(void **state)
{
    if (!has_programs())
        skip();
    g_auto(Did) did = sh(*state, 1, "session-race report -q --figures required bad.ini");
    const char *p = did.out;
    unsigned n = 0;

    for (; (p = strstr(p, "<svg ")) != NULL; p++)
        n++;
    assert_int_equal(n, 3);
    contains(did.out, "aria-label=\"Timeline of bad.ini\"");
    assert_null(strstr(did.out, "<title>gnuplot"));
}

static void
hostile_titles_are_text_in_figures_too(void **state)
{
    g_auto(Did) did =
        sh(*state, 0,
           "printf '[scenario]\\ntitle = </text><script>x()</script>`id`%%{@\\342\\200\\256\\n"
           "[client a]\\n' > '<h>&.ini'\n"
           "session-race report -o r.html '<h>&.ini' && cat r.html\n"
           "! command -v xmllint > said || xmllint --noout r.html");

    contains(did.out, "&lt;/text&gt;&lt;script&gt;x()&lt;/script&gt;`id`%{@");
    assert_null(strstr(did.out, "<script"));
    assert_null(strstr(did.out, "\xe2\x80\xae"));
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test_setup_teardown(any_number_of_threads_makes_the_same_page, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(scenarios_and_traces_keep_their_order, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(a_trace_is_told_as_its_run, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(figures_are_in_the_page, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(hostile_titles_are_text_in_figures_too, enter_folder,
                                        leave_folder),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];

    program_folder = g_path_get_dirname(g_getenv("SR_PROGRAM"));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    int failed = cmocka_run_group_tests_name("report, by its command line", tests, NULL, NULL);
    failed += cmocka_run_group_tests_name("report", others, NULL, NULL);
    g_free(program_folder);
    return failed != 0;
}
