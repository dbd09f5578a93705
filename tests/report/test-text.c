/* Text with parts from files: the conversions of sr_put_plain() and its likes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/report-private.h"

#define IS(text, wanted)                                                                       \
    do {                                                                                       \
        assert_string_equal((text)->str, wanted);                                              \
        g_string_truncate(text, 0);                                                            \
    } while (0)

static void
people_see_no_control(void **state)
{
    g_autoptr(GString) out = g_string_new(NULL);

    (void) state;
    sr_put_plain(out, "%s, %-s: %u of %zu, %ju", "a\x1b", "\x1b[1m", 1u, (size_t) 2,
                 (uintmax_t) 240000000);
    IS(out, "a\\x1b, \x1b[1m: 1 of 2, 240 ms");
    sr_put_plain(out, "%" PRIu64 " %" PRId64, UINT64_MAX, INT64_MIN);
    IS(out, "18446744073709551615 -9223372036854775808");
}

static void
xml_has_no_markup_from_outside(void **state)
{
    g_autoptr(GString) out = g_string_new(NULL);

    (void) state;
    sr_put_xml(out, "<a b=\"%s\"/>", "\"<\n>");
    IS(out, "<a b=\"&quot;&lt;&#xa;&gt;\"/>");
    sr_put_html(out, "<p>%s</p>", "<\n>");
    IS(out, "<p>&lt;\\x0a&gt;</p>");
}

static void
json_has_commas_between(void **state)
{
    g_autoptr(GString) out = g_string_new(NULL);

    (void) state;
    sr_put_json(out, "{");
    sr_put_json(out, ", 'a': %s, 'b': [", "it's \"so\"");
    for (unsigned i = 1; i <= 3; i++)
        sr_put_json(out, ", %u", i);
    sr_put_json(out, "], 'c': {}");
    sr_put_json(out, ",\n'd': %-s}", sr_text_bool(false));
    IS(out, "{\"a\": \"it's \\\"so\\\"\", \"b\": [1, 2, 3], \"c\": {},\n\"d\": false}");
}

static void
json_has_exact_numbers(void **state)
{
    g_autoptr(GString) out = g_string_new(NULL);

    (void) state;
    sr_put_json(out, "[%ju, %ju]", (uintmax_t) 7, (uintmax_t) UINT64_MAX);
    IS(out, "[7, 9007199254740991]");
    sr_put_json_checks(out, "failed", 0);
    IS(out, ", \"failed\": []");
    sr_put_json_checks(out, "failed", 1u << SR_CHECK_KEY_KEPT | 1u << SR_CHECK_KEY_FOUND);
    IS(out, ", \"failed\": [\"key-kept\", \"key-found\"]");
}

static void
columns_are_those_of_a_terminal(void **state)
{
    g_autoptr(GString) out = g_string_new(NULL);

    (void) state;
    sr_text_left(out, "\u4e16", 4);
    sr_text_right(out, "ab", 3);
    IS(out, "\u4e16   ab");
    sr_text_left(out, "too long", 3);
    IS(out, "too long");
}

static void
a_line_hangs(void **state)
{
    g_autoptr(GString) out = g_string_new(NULL);

    (void) state;
    sr_put_line(out, &(SrStyle){ .columns = 20 }, 2, "- %s words in a line", "several");
    IS(out, "- several words in a\n  line\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_see_no_control),
        cmocka_unit_test(xml_has_no_markup_from_outside),
        cmocka_unit_test(json_has_commas_between),
        cmocka_unit_test(json_has_exact_numbers),
        cmocka_unit_test(columns_are_those_of_a_terminal),
        cmocka_unit_test(a_line_hangs),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL) != 0;
}
