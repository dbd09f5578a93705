/* Diagnostics as they are printed: position, source line, caret and note, and nothing that
 * could control a terminal. */
#include "scenario/reading.h"

/* clang-format off */
static const struct row {
    const char *name, *text, *set, *want;
} rows[] = {
    { "a message, its line, a caret and a note", "[client a]\n  strat = 1ms\n", NULL,
      "test.ini:2:3: error: unknown key 'strat' in [client a]\n      strat = 1ms\n      ^\nnote: did you mean 'start'?\n" },
    { "a tab is one blank", "[client a]\n\tstart\t= 1\n", NULL,
      "test.ini:2:10: error: '1' needs a unit: ns, us, ms, s, min, h, d\n     start = 1\n             ^\n" },
    { "wide characters take two columns", "[client a]\n\xe4\xb8\xad\xe6\x96\x87 1\n[server]\n\xe4\xb8\xad = 1 # 1\nleeway = \xe4\xb8\xad\n", NULL,
      "test.ini:2:1: error: '\xe4\xb8\xad\xe6\x96\x87 1' is neither a [group] nor 'key = value'\n    \xe4\xb8\xad\xe6\x96\x87 1\n    ^\n"
      "test.ini:4:1: error: unknown key '\xe4\xb8\xad' in [server]\n    \xe4\xb8\xad = 1 # 1\n    ^\n"
      "test.ini:5:10: error: '\xe4\xb8\xad' is not a duration\n    leeway = \xe4\xb8\xad\n             ^\n"
      "note: whole seconds are a number and a unit, such as 30s, 2min, 1h or 7d\n" },
    { "an override has no line", "[client a]\n", "server.leeway=2",
      "--set: error: '2' needs a unit: s, min, h, d\n    server.leeway=2\n                  ^\n" },
    { "what has no place has no line", "[scenario]\n", NULL,
      "test.ini: error: the scenario has no clients\nnote: add a group such as [client alice]\n" },
    { "bytes that could control a terminal are escaped", "[client a] # \x1b[31m\n", NULL,
      "test.ini:1:14: error: control character U+001B\n    [client a] # \\x1b[31m\n                 ^\n" },
    { "what turns text round is escaped", "[client a]\nstrat\xe2\x80\xae = 1\n", NULL,
      "test.ini:2:1: error: unknown key 'strat\\u{202e}' in [client a]\n    strat\\u{202e} = 1\n    ^\n" },
    { "invalid UTF-8 is escaped", "[client a] # \xff\n", NULL,
      "test.ini:1:14: error: byte 0xff is not valid UTF-8\n    [client a] # \\xff\n                 ^\n"
      "note: a scenario is a text in UTF-8\n" },
};
/* clang-format on */

static char *
formatted(const char *text, const char *set)
{
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(GString) out = g_string_new(NULL);

    sr_scenario_free(sr_scenario_parse("test.ini", text, strlen(text), &set,
                                       set == NULL ? 0 : 1, diagnostics));
    sr_diagnostics_format(diagnostics, out);
    return g_strdup(out->str);
}

static void
check_row(void **state)
{
    const struct row *row = *state;
    g_autofree char *out = formatted(row->text, row->set);

    assert_string_equal(out, row->want);
}

static void
long_lines_are_cut(void **state)
{
    g_autofree char *before = g_strnfill(1000, 'a'), *after = g_strnfill(1000, 'b');
    g_autofree char *text =
        g_strdup_printf("[client a]\n[server]\ncheck-token = %s,%s\n", before, after);
    g_autofree char *out = formatted(text, NULL);
    g_auto(GStrv) lines = g_strsplit(out, "\n", 0);

    (void) state;
    for (unsigned i = 0; lines[i] != NULL; i++)
        assert_true(g_utf8_strlen(lines[i], -1) < 190);
}

static void
the_caret_of_a_cut_line_stands_below_its_byte(void **state)
{
    g_autofree char *before = g_strnfill(1000, 'a');
    g_autofree char *text =
        g_strdup_printf("[client a]\n[scenario]\ntitle = %s\x01 and more\n", before);
    g_autofree char *out = formatted(text, NULL);
    g_auto(GStrv) lines = g_strsplit(out, "\n", 0);
    const char *mark = strstr(lines[1], "\\x01");

    (void) state;
    assert_non_null(mark);
    assert_int_equal(g_utf8_strlen(lines[1], mark - lines[1]), strlen(lines[2]) - 1);
}

static void
what_is_not_listed_is_counted(void **state)
{
    g_autoptr(GString) text = g_string_new("[client a]\n");

    (void) state;
    for (unsigned i = 0; i < 21; i++)
        g_string_append(text, "x = 1\n");
    g_autofree char *one = formatted(text->str, NULL);

    g_string_append(text, "x = 1\n");
    g_autofree char *two = formatted(text->str, NULL);

    assert_true(g_str_has_suffix(one, "\nnote: 1 further error is not listed\n"));
    assert_true(g_str_has_suffix(two, "\nnote: 2 further errors are not listed\n"));
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(the_caret_of_a_cut_line_stands_below_its_byte),
        cmocka_unit_test(what_is_not_listed_is_counted),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    int failed = cmocka_run_group_tests_name("scenario diagnostics", tests, NULL, NULL);

    return (failed +
            cmocka_run_group_tests_name("scenario diagnostics, lines", more, NULL, NULL)) != 0;
}
