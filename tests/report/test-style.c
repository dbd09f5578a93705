/* Lines that are broken between words, and colours that are asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/style.h"

/* clang-format off */
static const struct row {
    const char *name;
    unsigned columns, hang;
    const char *line, *want;
} rows[] = {
    { "a line that fits stays",             20,  4, "one two three four",       "one two three four\n" },
    { "… to the last column",               18,  4, "one two three four",       "one two three four\n" },
    { "what does not fit is broken off",    17,  4, "one two three four",       "one two three\n    four\n" },
    { "… as often as it takes",             10,  2, "one two three four five",  "one two\n  three\n  four\n  five\n" },
    { "what is broken off is narrower",     12,  4, "one two three four five",  "one two\n    three\n    four\n    five\n" },
    { "no columns: nothing is broken",       0,  4, "one two three four",       "one two three four\n" },
    { "an empty line",                      10,  4, "",                         "\n" },
    { "a word stays whole",                 10,  2, "at an-extremely-long-name here", "at\n  an-extremely-long-name\n  here\n" },
    { "… when it is alone",                 10,  2, "an-extremely-long-name",   "an-extremely-long-name\n" },
    { "the columns of a table stay",        24, 12, "  3 ms  x y some words come", "  3 ms  x y some words\n            come\n" },
    { "… though a blank is in them",        20, 12, "  3 ms  x y morewords come", "  3 ms  x y morewords\n          come\n" },
    { "blanks side by side are a column",   12,  2, "one two  three four",      "one\n  two  three\n  four\n" },
    { "half of a narrow screen is words",   10, 40, "one two three four five six seven eight nine ten eleven twelve",
      "one two three four five six seven eight nine\n     ten\n     eleven\n     twelve\n" },
    { "letters count, not bytes",          10,  2, "äöüäöüäöüä end",           "äöüäöüäöüä\n  end\n" },
    { "wide letters count twice",            9,  2, "編集編集 end",             "編集編集\n  end\n" },
    { "a number stays with its unit",      11,  2, "wait for 241 ms, then", "wait for\n  241 ms,\n  then\n" },
    { "… and with no other word",          10,  2, "wait for 241 msgs, then", "wait for\n  241\n  msgs,\n  then\n" },
    { "… though nothing fits",              4,  2, "at 241.5 % now",         "at\n  241.5 %\n  now\n" },
    { "colours do not count",               10,  2, "\x1b[1;31mFAILS\x1b[0m, one two", "\x1b[1;31mFAILS\x1b[0m, one\n  two\n" },
    { "a blank at the end breaks nothing",  11,  2, "one two th ",              "one two th \n" },
};
/* clang-format on */

static void
check_row(void **state)
{
    const struct row *row = *state;
    const SrStyle style = { .columns = row->columns };
    g_autoptr(GString) out = g_string_new("what is before stays\n");
    gsize start = out->len;

    g_string_append(out, row->line);
    sr_style_end_line(&style, start, row->hang, out);
    assert_string_equal(out->str + start, row->want);
    assert_true(g_str_has_prefix(out->str, "what is before stays\n"));
}

static void
colours_are_asked_for(void **state)
{
    g_autoptr(GString) out = g_string_new(NULL);

    (void) state;
    sr_style_paint(&(SrStyle){ .colour = true }, SR_COLOUR_GOOD, "ok", out);
    assert_string_equal(out->str, "\x1b[32mok\x1b[0m");
    g_string_truncate(out, 0);
    sr_style_paint(&(SrStyle){ .columns = 10 }, SR_COLOUR_GOOD, "ok", out);
    assert_string_equal(out->str, "ok");
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 1] = { cmocka_unit_test(
        colours_are_asked_for) };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i + 1] = (struct CMUnitTest){ .name = rows[i].name,
                                            .test_func = check_row,
                                            .initial_state = (void *) (uintptr_t) &rows[i] };
    return cmocka_run_group_tests_name("style", tests, NULL, NULL) != 0;
}
