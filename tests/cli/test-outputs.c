/* No command replaces what it reads: every verb, each of its outputs, each of its inputs, by four names of that input. The
 * command ends with 2, names the file, prints no result, and leaves the folder as it was. */
#include <stdbool.h>
#include <unistd.h>

#include "shell.h"

#include <glib/gstdio.h>

/* clang-format off */
#define SETUP \
    "for f in ping other one two; do printf '5ms\\n7ms\\n' > $f.csv; done; printf '5ms\\nx\\n' > broken.csv;" \
    "scenario() { printf '[network]\\nlatency = empirical(\"%s\")\\n[client a]\\n[client b]\\n' $1; };" \
    "scenario ping.csv > in.ini; scenario broken.csv > broken.ini; scenario ping.csv > bad.ini; echo '[nothing]' >> bad.ini;" \
    "mkdir many shards empty; cp in.ini many/a.ini; cp in.ini many/b.ini; cp ping.csv many;" \
    "session-race run -q -t t.ndjson in.ini && cp t.ndjson u.ndjson &&" \
    "session-race sweep -q --set study.seeds=1..4 -o all.ndjson in.ini &&" \
    "session-race sweep -q --seeds 1..4 --shard 1/2 -o shards/1.ndjson in.ini &&" \
    "session-race sweep -q --seeds 1..4 --shard 2/2 -o shards/2.ndjson in.ini"

static const struct row {
    const char *command;
    const char *outputs; /* the options, a blank between two */
    const char *inputs;  /* a blank between two */
} rows[] = {
    { "run in.ini", "-o --trace", "in.ini ping.csv" },
    { "run - < in.ini", "-o --trace", "in.ini ping.csv" },
    { "run many", "-o", "many/a.ini many/b.ini many/ping.csv" },
    { "run in.ini many/a.ini", "-o", "in.ini ping.csv many/a.ini many/ping.csv" },
    { "run --set 'network.latency=empirical(\"other.csv\")' in.ini", "-o --trace", "in.ini other.csv" },
    { "sweep --seeds 1..2 in.ini", "-o --checkpoint", "in.ini ping.csv" },
    { "sweep --seeds 1..2 - < in.ini", "-o --checkpoint", "in.ini ping.csv" },
    { "sweep --seeds 1..2 --vary 'network.latency=empirical(\"one.csv\")|empirical(\"two.csv\")' in.ini", "-o --checkpoint", "in.ini ping.csv one.csv two.csv" },
    { "sweep --seeds 1..2 --format json in.ini", "-o", "in.ini ping.csv" },
    { "advise --reliability 90% --check 10 in.ini", "-o", "in.ini ping.csv" },
    { "explore in.ini", "-o --scenario --trace --graph", "in.ini ping.csv" },
    { "explore - < in.ini", "-o --scenario --trace --graph", "in.ini ping.csv" },
    { "shrink in.ini", "-o", "in.ini ping.csv" },
    { "shrink - < in.ini", "-o", "in.ini ping.csv" },
    { "verify t.ndjson u.ndjson", "-o", "t.ndjson u.ndjson" },
    { "verify - < t.ndjson", "-o", "t.ndjson" },
    { "verify --scenario in.ini t.ndjson", "-o", "t.ndjson in.ini ping.csv" },
    { "verify --scenario - t.ndjson < in.ini", "-o", "t.ndjson in.ini ping.csv" },
    { "diff t.ndjson u.ndjson", "-o", "t.ndjson u.ndjson" },
    { "diff - u.ndjson < t.ndjson", "-o", "t.ndjson u.ndjson" },
    { "check in.ini", "-o", "in.ini ping.csv" },
    { "check - < in.ini", "-o", "in.ini ping.csv" },
    { "check many", "-o", "many/a.ini many/b.ini many/ping.csv" },
    { "check bad.ini", "-o", "bad.ini ping.csv" },
    { "check broken.ini", "-o", "broken.ini broken.csv" },
    { "plot timeline --format svg t.ndjson", "-o", "t.ndjson" },
    { "plot ecdf --format svg t.ndjson u.ndjson", "-o", "t.ndjson u.ndjson" },
    { "plot ecdf --format svg all.ndjson", "-o", "all.ndjson" },
    { "diagram --as text t.ndjson", "-o", "t.ndjson" },
    { "diagram --as text - < t.ndjson", "-o", "t.ndjson" },
    { "report --figures none in.ini t.ndjson", "-o", "in.ini ping.csv t.ndjson" },
    { "report --figures none many", "-o", "many/a.ini many/b.ini many/ping.csv" },
    { "report --figures none - < in.ini", "-o", "in.ini ping.csv" },
    { "merge shards/1.ndjson shards/2.ndjson", "-o", "shards/1.ndjson shards/2.ndjson" },
    { "merge shards", "-o", "shards/1.ndjson shards/2.ndjson" },
    { "merge - shards/2.ndjson < shards/1.ndjson", "-o", "shards/1.ndjson shards/2.ndjson" },
    { "merge --scenario in.ini --set study.seeds=1..4 all.ndjson", "-o", "all.ndjson in.ini ping.csv" },
};

/* clang-format on */

/* How an output may name an input. */
enum { AS_GIVEN, BY_ANOTHER_PATH, BY_A_SYMBOLIC_LINK, BY_A_HARD_LINK, N_NAMES };

/* Of the table above; fewer are a hole in it. */
#define CASES 424u
static unsigned n_cases;

/* Where all commands run; nothing in it ever changes. */
static char *folder;

/* Appends everything below @path: names, inodes, and what is in the files. */
static void
look(const char *path, GString *out)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    g_autofree char *text = NULL;
    GStatBuf there;
    const char *name;

    assert_int_equal(g_lstat(path, &there), 0);
    if (dir == NULL)
        assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_string_append_printf(out, "%s %" G_GUINT64_FORMAT "\n%s", path, (guint64) there.st_ino,
                           text != NULL ? text : "");
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *below = g_build_filename(path, name, NULL);

        look(below, out);
    }
}

/* Makes the name. Returns: (transfer full): it */
static char *
name_of(const char *input, int kind)
{
    g_autofree char *path = g_build_filename(folder, input, NULL);
    g_autofree char *alias = g_build_filename(folder, "alias", NULL);

    if (kind == BY_A_SYMBOLIC_LINK)
        assert_int_equal(symlink(path, alias), 0);
    if (kind == BY_A_HARD_LINK)
        assert_int_equal(link(path, alias), 0);
    return kind == AS_GIVEN          ? g_strdup(input)
           : kind == BY_ANOTHER_PATH ? g_strconcat("empty/../", input, NULL)
                                     : g_strdup("alias");
}

static void
check_case(const char *command, const char *option, const char *input, int kind)
{
    g_autoptr(GString) before = g_string_new(NULL);
    g_autoptr(GString) after = g_string_new(NULL);
    g_autofree char *alias = g_build_filename(folder, "alias", NULL);
    g_autofree char *name = name_of(input, kind);
    g_autofree char *script =
        g_strdup_printf("exec session-race %s %s %s", command, option, name);

    look(folder, before);
    g_auto(Did) did = shell(folder, 2, script);

    assert_string_equal(did.out, "");
    contains(did.err, name);
    contains(did.err, "is an input, which is never replaced");
    look(folder, after);
    if (strcmp(before->str, after->str) != 0)
        fail_msg("%s\nbefore: %s\nafter: %s", script, before->str, after->str);
    g_unlink(alias);
    n_cases++;
}

/* All inputs of a row at all its outputs. */
static void
check_row(void **state)
{
    const struct row *row = *state;
    g_auto(GStrv) outputs = g_strsplit(row->outputs, " ", -1);
    g_auto(GStrv) inputs = g_strsplit(row->inputs, " ", -1);

    for (size_t i = 0; outputs[i] != NULL; i++)
        for (size_t j = 0; inputs[j] != NULL; j++)
            for (int kind = 0; kind < N_NAMES; kind++)
                check_case(row->command, outputs[i], inputs[j], kind);
}

static void
the_table_has_every_case(void **state)
{
    (void) state;
    print_message("%u cases\n", n_cases);
    assert_int_equal(n_cases, CASES);
}

/* `keys` and `new` read no file. */
static void
the_table_has_every_verb(void **state)
{
    g_auto(Did) did = shell(*state, 0,
                            "session-race --help | "
                            "sed -n '/^Verbs:/,/^$/s/^  \\([a-z]*\\) .*/\\1/p'");
    g_auto(GStrv) verbs = g_strsplit(g_strchomp(did.out), "\n", -1);

    assert_true(g_strv_length(verbs) >= 14);
    for (size_t i = 0; verbs[i] != NULL; i++) {
        g_autofree char *begins = g_strconcat(verbs[i], " ", NULL);
        bool found =
            g_strv_contains((const char *const[]){ "keys", "new", "help", NULL }, verbs[i]);

        for (size_t j = 0; j < G_N_ELEMENTS(rows); j++)
            found |= g_str_has_prefix(rows[j].command, begins);
        if (!found)
            fail_msg("no row is of the verb '%s'", verbs[i]);
    }
}

int
main(void)
{
    enum { N = G_N_ELEMENTS(rows) };
    struct CMUnitTest tests[N + 2];
    void *state = NULL;
    int failed;

    for (size_t i = 0; i < N; i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].command,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    tests[N] = (struct CMUnitTest) cmocka_unit_test(the_table_has_every_case);
    tests[N + 1] = (struct CMUnitTest) cmocka_unit_test(the_table_has_every_verb);
    shell_enter(&state);
    folder = state;
    g_auto(Did) did = shell_run(folder, SETUP);
    failed = did.status +
             cmocka_run_group_tests_name("inputs are never replaced", tests, NULL, NULL);
    shell_leave(&state);
    return failed != 0;
}
