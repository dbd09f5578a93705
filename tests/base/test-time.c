/* Spans as text: both ways by rows, every way to be wrong, and that what is written is read
 * back. */
#include "session-race/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "session-race/stream.h"

#define D (24 * 3600 * SR_NS_PER_S)
#define UNTOUCHED 77
#define NOTHING(fault) SR_NUMBER_##fault, UNTOUCHED

/* clang-format off */
static const struct format_row { const char *text; SrSpan span; } format_rows[] = {
    { "0ms",                    0 },
    { "1ns",                    1 },
    { "999ns",                  999 },
    { "1us",                    1000 },
    { "1.001us",                1001 },
    { "250us",                  250000 },
    { "40ms",                   40000000 },
    { "231ms",                  231000000 },
    { "36.123456ms",            36123456 },
    { "1.0001ms",               1000100 },
    { "999.999999ms",           999999999 },
    { "1s",                     SR_NS_PER_S },
    { "1.000000001s",           SR_NS_PER_S + 1 },
    { "1.5s",                   1500000000 },
    { "59s",                    59 * SR_NS_PER_S },
    { "1min",                   60 * SR_NS_PER_S },
    { "90s",                    90 * SR_NS_PER_S },
    { "2min",                   120 * SR_NS_PER_S },
    { "60.5s",                  60500000000 },
    { "1h",                     3600 * SR_NS_PER_S },
    { "61min",                  3660 * SR_NS_PER_S },
    { "36h",                    D + D / 2 },
    { "1d",                     D },
    { "7d",                     7 * D },
    { "30d",                    SR_SPAN_MAX },
    { "2591999.999999999s",     SR_SPAN_MAX - 1 },
    { "18446744073.709551615s", UINT64_MAX },
};

static const struct parse_row { const char *text; SrNumberFault fault; SrSpan span; } parse_rows[] = {
    { "0ms",                   SR_NUMBER_OK, 0 },
    { "0.0d",                  SR_NUMBER_OK, 0 },
    { "3ns",                   SR_NUMBER_OK, 3 },
    { "250us",                 SR_NUMBER_OK, 250000 },
    { "40ms",                  SR_NUMBER_OK, 40000000 },
    { "1.5s",                  SR_NUMBER_OK, 1500000000 },
    { "2min",                  SR_NUMBER_OK, 120 * SR_NS_PER_S },
    { "1h",                    SR_NUMBER_OK, 3600 * SR_NS_PER_S },
    { "7d",                    SR_NUMBER_OK, 7 * D },
    { "0.1min",                SR_NUMBER_OK, 6 * SR_NS_PER_S },
    { "1.25h",                 SR_NUMBER_OK, 4500 * SR_NS_PER_S },
    { "007ms",                 SR_NUMBER_OK, 7000000 },
    { "1.500000000000000000000000ms", SR_NUMBER_OK, 1500000 },
    { "0.000000001s",          SR_NUMBER_OK, 1 },
    { "0.00000000390625d",     SR_NUMBER_OK, 337500 },
    { "0.0000152587890625d",   SR_NUMBER_OK, 1318359375 }, /* 2^-16 of a day: the most decimals that can be exact */
    { "30d",                   SR_NUMBER_OK, SR_SPAN_MAX },
    { "720h",                  SR_NUMBER_OK, SR_SPAN_MAX },
    { "2592000000000000ns",    SR_NUMBER_OK, SR_SPAN_MAX },
    { "",                      NOTHING(MALFORMED) },
    { "ms",                    NOTHING(MALFORMED) },
    { ".5s",                   NOTHING(MALFORMED) },
    { "1.s",                   NOTHING(MALFORMED) },
    { "1.",                    NOTHING(MALFORMED) },
    { "1.2.3s",                NOTHING(MALFORMED) },
    { "1,5s",                  NOTHING(MALFORMED) },
    { "-1s",                   NOTHING(MALFORMED) },
    { "+1s",                   NOTHING(MALFORMED) },
    { " 1s",                   NOTHING(MALFORMED) },
    { "1 s",                   NOTHING(MALFORMED) },
    { "1s ",                   NOTHING(MALFORMED) },
    { "1s2ms",                 NOTHING(MALFORMED) },
    { "1e3s",                  NOTHING(MALFORMED) },
    { "0x10s",                 NOTHING(MALFORMED) },
    { "0",                     NOTHING(NO_UNIT) },
    { "40",                    NOTHING(NO_UNIT) },
    { "1.5",                   NOTHING(NO_UNIT) },
    { "40msec",                NOTHING(BAD_UNIT) },
    { "40m",                   NOTHING(BAD_UNIT) },
    { "1S",                    NOTHING(BAD_UNIT) },
    { "1MS",                   NOTHING(BAD_UNIT) },
    { "5\xc2\xb5s",            NOTHING(BAD_UNIT) },
    { "10Mbit/s",              NOTHING(BAD_UNIT) },
    { "1%",                    NOTHING(BAD_UNIT) },
    { "0.5ns",                 NOTHING(NOT_EXACT) },
    { "1.0000000001s",         NOTHING(NOT_EXACT) },
    { "0.00000000000000001d",  NOTHING(NOT_EXACT) },
    { "0.333333333333333333333333333333333333333333d", NOTHING(NOT_EXACT) },
    { "31d",                   NOTHING(OUT_OF_RANGE) },
    { "30.0000000000001d",     NOTHING(NOT_EXACT) },
    { "30.00000000001d",       NOTHING(OUT_OF_RANGE) }, /* 864 ns too long */
    { "2592000000000001ns",    NOTHING(OUT_OF_RANGE) },
    { "2592000.000000001s",    NOTHING(OUT_OF_RANGE) },
    { "18446744073709551616ns", NOTHING(OUT_OF_RANGE) }, /* 2^64 */
    { "18446744073709551617ns", NOTHING(OUT_OF_RANGE) },
    { "213504d",               NOTHING(OUT_OF_RANGE) },  /* 2^64 ns and a little, which must not wrap to little */
    { "99999999999999999999999999999999999999999999s", NOTHING(OUT_OF_RANGE) },
};

static const struct signed_row { const char *text; SrNumberFault fault; int64_t span; } signed_rows[] = {
    { "90s",        SR_NUMBER_OK,  90000000000 },
    { "-90s",       SR_NUMBER_OK, -90000000000 },
    { "+1.5s",      SR_NUMBER_OK,  1500000000 },
    { "-0ms",       SR_NUMBER_OK,  0 },
    { "36525d",     SR_NUMBER_OK,  3155760000000000000 },
    { "-36525d",    SR_NUMBER_OK, -3155760000000000000 },
    { "-1ns",       SR_NUMBER_OK, -1 },
    { "3155760000000000000ns", SR_NUMBER_OK, 3155760000000000000 },
    { "",           NOTHING(MALFORMED) },
    { "-",          NOTHING(MALFORMED) },
    { "--1s",       NOTHING(MALFORMED) },
    { "+-1s",       NOTHING(MALFORMED) },
    { "- 1s",       NOTHING(MALFORMED) },
    { "-5",         NOTHING(NO_UNIT) },
    { "-5y",        NOTHING(BAD_UNIT) },
    { "-0.1ns",     NOTHING(NOT_EXACT) },
    { "36526d",     NOTHING(OUT_OF_RANGE) },
    { "-3155760000000000001ns", NOTHING(OUT_OF_RANGE) },
    { "31557600000000000000ns", NOTHING(OUT_OF_RANGE) }, /* one digit more than fits into 64 bits */
    { "-9223372036854775808ns", NOTHING(OUT_OF_RANGE) },
};
/* clang-format on */

static void
check_format(void **state)
{
    const struct format_row *row = *state;
    char text[SR_SPAN_TEXT_MAX];

    assert_int_equal(sr_span_format(row->span, text), strlen(row->text));
    assert_string_equal(text, row->text);
}

/* Four digits, rounded half up, in the unit that the rounded span reaches. */
static void
spans_for_people_are_short(void **state)
{
    static const struct {
        int64_t span;
        const char *text;
    } rows_shown[] = {
        { 0, "0 ms" },
        { 1, "1 ns" },
        { 999, "999 ns" },
        { 40000000, "40 ms" },
        { 284187499, "284.2 ms" },
        { 6812053000, "6.812 s" },
        { 1234499, "1.234 ms" },
        { 1234500, "1.235 ms" },
        { 999949999, "999.9 ms" },
        { 999950000, "1 s" },
        { 999999, "1 ms" },
        { 60012345678, "60.01 s" },
        { 123456 * (int64_t) SR_NS_PER_S, "123500 s" },
        { -90 * (int64_t) SR_NS_PER_S, "-90 s" },
        { INT64_MIN, "-9223000000 s" },
    };
    GString *text = g_string_new(NULL);

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows_shown); i++) {
        g_string_truncate(text, 0);
        sr_signed_span_show(text, rows_shown[i].span);
        assert_string_equal(text->str, rows_shown[i].text);
    }
    g_string_truncate(text, 0);
    sr_span_show(text, UINT64_MAX); /* up does not fit */
    assert_string_equal(text->str, "18440000000 s");
    g_string_free(text, TRUE);
}

static void
check_parse(void **state)
{
    const struct parse_row *row = *state;
    SrSpan span = UNTOUCHED;

    assert_int_equal(sr_span_parse(row->text, strlen(row->text), &span), row->fault);
    assert_int_equal(span, row->span);
}

static void
check_signed_parse(void **state)
{
    const struct signed_row *row = *state;
    int64_t span = UNTOUCHED;

    assert_int_equal(sr_signed_span_parse(row->text, strlen(row->text), &span), row->fault);
    assert_int_equal(span, row->span);
}

static void
only_the_given_bytes_are_read(void **state)
{
    SrSpan span = UNTOUCHED;

    (void) state;
    assert_int_equal(sr_span_parse("15ms and more", 4, &span), SR_NUMBER_OK);
    assert_int_equal(span, 15000000);
    assert_int_equal(sr_span_parse("15ms", 3, &span), SR_NUMBER_BAD_UNIT);
    assert_int_equal(sr_span_parse("15ms", 2, &span), SR_NUMBER_NO_UNIT);
    assert_int_equal(sr_span_parse("15ms\0", 5, &span), SR_NUMBER_MALFORMED);
    assert_int_equal(sr_span_parse(NULL, 0, &span), SR_NUMBER_MALFORMED);
}

/* A span of any magnitude, half of them with zeros at the end, as spans that people write have.
 */
static SrSpan
any_span(SrStream *stream, SrSpan max)
{
    static const SrSpan steps[] = {
        1, 1000, 1000000, 500000000, SR_NS_PER_S, 60 * SR_NS_PER_S, 3600 * SR_NS_PER_S, D
    };
    SrSpan span = sr_stream_next(stream) >> sr_stream_below(stream, 64);
    SrSpan step = steps[sr_stream_below(stream, G_N_ELEMENTS(steps))];

    span %= max + 1;
    return sr_stream_below(stream, 2) == 0 || span < step ? span : span - span % step;
}

static void
what_is_written_is_read_back(void **state)
{
    SrStream stream = { 2024 };

    (void) state;
    for (unsigned i = 0; i < 300000; i++) {
        SrSpan want = any_span(&stream, SR_SPAN_MAX), got = want + 1;
        char text[SR_SPAN_TEXT_MAX];
        size_t length = sr_span_format(want, text);

        assert_int_equal(length, strlen(text));
        assert_int_equal(sr_span_parse(text, length, &got), SR_NUMBER_OK);
        assert_int_equal(got, want);
        /* Nothing to cut off: no zero ends the decimals. */
        const char *point = strchr(text, '.');

        if (point != NULL)
            assert_int_not_equal(point[strspn(point, ".0123456789") - 1], '0');
    }
}

static void
a_signed_span_is_read_back(void **state)
{
    SrStream stream = { 2025 };

    (void) state;
    for (unsigned i = 0; i < 300000; i++) {
        int64_t want = (int64_t) any_span(&stream, UINT64_C(36525) * D), got = want + 1;
        char text[SR_SPAN_TEXT_MAX];

        want = sr_stream_below(&stream, 2) == 0 ? want : -want;
        size_t length = sr_signed_span_format(want, text);

        assert_int_equal(length, strlen(text));
        assert_int_equal(sr_signed_span_parse(text, length, &got), SR_NUMBER_OK);
        assert_int_equal(got, want);
    }
}

static void
the_ends_of_64_bits_are_written(void **state)
{
    char text[SR_SPAN_TEXT_MAX];

    (void) state;
    sr_signed_span_format(INT64_MIN, text);
    assert_string_equal(text, "-9223372036.854775808s");
    sr_signed_span_format(INT64_MAX, text);
    assert_string_equal(text, "9223372036.854775807s");
    sr_signed_span_format(-90000000000, text);
    assert_string_equal(text, "-90s");
    sr_signed_span_format(0, text);
    assert_string_equal(text, "0ms");
}

/* One test a row; each row begins with the text that names it. Returns the end of what it
 * wrote. */
static struct CMUnitTest *
add_rows(struct CMUnitTest *test, CMUnitTestFunction check, const void *rows, size_t n,
         size_t bytes)
{
    for (size_t i = 0; i < n; i++) {
        const char *row = (const char *) rows + i * bytes;

        *test++ = (struct CMUnitTest){
            .name = *(const char *const *) (const void *) row,
            .test_func = check,
            .initial_state = (void *) (uintptr_t) row,
        };
    }
    return test;
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(spans_for_people_are_short),
        cmocka_unit_test(only_the_given_bytes_are_read),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_signed_span_is_read_back),
        cmocka_unit_test(the_ends_of_64_bits_are_written),
    };
    struct CMUnitTest
        tests[G_N_ELEMENTS(format_rows) + G_N_ELEMENTS(parse_rows) + G_N_ELEMENTS(signed_rows)];
    struct CMUnitTest *end = tests;

    end = add_rows(end, check_format, format_rows, G_N_ELEMENTS(format_rows),
                   sizeof *format_rows);
    end = add_rows(end, check_parse, parse_rows, G_N_ELEMENTS(parse_rows), sizeof *parse_rows);
    end = add_rows(end, check_signed_parse, signed_rows, G_N_ELEMENTS(signed_rows),
                   sizeof *signed_rows);
    g_assert(end == tests + G_N_ELEMENTS(tests));
    int failures = cmocka_run_group_tests_name("spans by rows", tests, NULL, NULL);

    failures += cmocka_run_group_tests_name("spans", others, NULL, NULL);
    return failures != 0;
}
