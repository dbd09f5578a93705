/* What is read back of `explore` and `verify`: whole answers, and each way in which a file is none. */
#include "report/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define EXPLORED                                                                               \
    "{\"format\": \"session-race-explore\", \"version\": 1, \"program\": \"p\", "              \
    "\"scenario\": "                                                                           \
    "\"s.ini\", \"clients\": 2, \"crashes\": 0, \"disconnects\": 0, \"expirations\": 0, "      \
    "\"symmetry\": true, \"reduction\": true, \"count_retries\": false, \"end\": "             \
    "\"complete\", "                                                                           \
    "\"as_expected\": false, \"states\": 5, \"transitions\": 4, \"ends\": 1, \"trapped\": 0, " \
    "\"depth\": 3, \"not_covered\": [\"times\"], \"checks\": "
#define CHECK(name, expected, steps)                                                           \
    "{\"check\": \"" name "\", \"verdict\": \"fails\", \"expected\": \"" expected              \
    "\", \"steps\": " steps "}"
#define VERIFIED                                                                               \
    "{\"format\": \"session-race-verify\", \"version\": 1, \"program\": \"p\", \"results\": [" \
    "{\"files\": [\"t\"], \"as_expected\": true, \"own\": true, \"records\": 3, \"nodes\": "   \
    "3, "                                                                                      \
    "\"explained\": {\"records\": 3"

/* clang-format off */
static const struct row {
    const char *name, *text, *message;
} rows[] = {
    { "nothing",              "", "this is neither a scenario nor JSON: '[' or '{' expected near end of file" },
    { "half an object",       "{\"format\": ", "this is neither a scenario nor JSON: " },
    { "a list",               "[1]", "it is no object" },
    { "no format",            "{}", "it has no 'format'" },
    { "a format that is no text", "{\"format\": 3}", "it has no 'format'" },
    { "an unknown format",    "{\"format\": \"x\"}", "this is JSON of the format 'x', and no report is made of that" },
    { "what run says",        "{\"format\": \"session-race-run\"}", "a report is made of the scenario, or of the trace" },
    { "a member twice",       "{\"format\": \"x\", \"format\": \"y\"}", "duplicate object key" },
    { "another version",      "{\"format\": \"session-race-explore\", \"version\": 2}", "this exploration is of another version" },
    { "no version",           "{\"format\": \"session-race-verify\"}", "this verification is of another version" },
    { "a member is missing",  "{\"format\": \"session-race-explore\", \"version\": 1, \"program\": \"p\"}", "this exploration is damaged: 'scenario' is missing" },
    { "a text for a number",  "{\"format\": \"session-race-explore\", \"version\": 1, \"program\": \"p\", \"scenario\": \"s\", \"clients\": \"2\"}", "'clients' is not a whole number" },
    { "less than nothing",    "{\"format\": \"session-race-explore\", \"version\": 1, \"program\": \"p\", \"scenario\": \"s\", \"clients\": -2}", "'clients' is not a whole number" },
    { "checks that are none", EXPLORED "[3]}", "'checks' is not a list of objects" },
    { "a check without a verdict", EXPLORED "[" CHECK("same-key", "holds", "[]") ", {\"check\": \"x\"}]}", "'checks[1].verdict' is missing" },
    { "a step that is none",  EXPLORED "[" CHECK("same-key", "holds", "[1]") "]}", "'checks[0].steps' is not a list of texts" },
    { "a log without notes",  VERIFIED "}, \"checks\": []}]}", "'results[0].notes' is missing" },
    { "an unexplained line without a reason", VERIFIED ", \"unexplained\": {\"node\": \"a\"}}, \"checks\": [], \"notes\": []}]}", "'results[0].explained.unexplained.why' is missing" },
    { "an order that is no text", "{\"format\": \"session-race-explore-orders\", \"version\": 1, \"program\": \"p\", \"scenario\": \"s\", \"clients\": 2, \"io_max\": 1, \"end\": \"complete\", \"as_expected\": true, \"runs\": 1, \"failing\": 0, \"choices\": 1, \"checks\": [], \"shortest\": {}}", "'shortest' is not a text" },
};
/* clang-format on */

static void
is_refused(void **state)
{
    const struct row *row = *state;
    SrTraceFault fault = { 0 };
    SrAnswer *answer = sr_answer_parse(row->text, strlen(row->text), &fault);

    assert_null(answer);
    assert_true(fault.line > 0);
    assert_false(fault.system);
    if (strstr(fault.message, row->message) == NULL)
        fail_msg("'%s' is not in '%s'", row->message, fault.message);
    sr_trace_fault_clear(&fault);
}

static SrAnswer *
read_answer(const char *text)
{
    SrTraceFault fault = { 0 };
    SrAnswer *answer = sr_answer_parse(text, strlen(text), &fault);

    if (answer == NULL)
        fail_msg("%s", fault.message);
    return answer;
}

/* The way that is told is the shortest to what was not expected. */
static void
the_way_is_the_shortest_unexpected_one(void **state)
{
    g_autoptr(SrAnswer) answer =
        read_answer(EXPLORED "[" CHECK("same-key", "fails", "[\"x\"]") ", " CHECK(
            "key-kept", "holds", "[\"a\", \"b\", \"c\"]") ", " CHECK("key-found", "holds",
                                                                     "[\"d\", \"e\"]") "]}");
    const char *check = NULL;
    g_auto(GStrv) way = sr_answer_way(answer, &check);

    (void) state;
    assert_string_equal(check, "key-found");
    assert_int_equal(g_strv_length(way), 2);
    assert_string_equal(way[1], "e");
}

static void
there_is_no_way_where_nothing_fails(void **state)
{
    g_autoptr(SrAnswer) answer = read_answer(EXPLORED "[]}");
    g_autoptr(SrAnswer) log = read_answer(VERIFIED "}, \"checks\": [], \"notes\": []}]}");

    (void) state;
    assert_null(sr_answer_way(answer, NULL));
    assert_null(sr_answer_way(log, NULL));
}

static void
its_first_byte_says_that_it_may_be_one(void **state)
{
    (void) state;
    assert_true(sr_answer_may_be("{", 1));
    assert_true(sr_answer_may_be(" \n\t\r{", 5));
    assert_false(sr_answer_may_be(" \n\t\r{", 4));
    assert_false(sr_answer_may_be("", 0));
    assert_false(sr_answer_may_be("[client a]", 10));
}

static void
a_file_that_cannot_be_read_is_of_the_system(void **state)
{
    SrTraceFault fault = { 0 };

    (void) state;
    assert_null(sr_answer_load("/nowhere/x.json", &fault));
    assert_true(fault.system);
    assert_string_equal(fault.message, "no such file");
    sr_trace_fault_clear(&fault);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    const struct CMUnitTest others[] = {
        cmocka_unit_test(the_way_is_the_shortest_unexpected_one),
        cmocka_unit_test(there_is_no_way_where_nothing_fails),
        cmocka_unit_test(its_first_byte_says_that_it_may_be_one),
        cmocka_unit_test(a_file_that_cannot_be_read_is_of_the_system),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = is_refused,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    return (cmocka_run_group_tests_name("what is no answer", tests, NULL, NULL) +
            cmocka_run_group_tests_name("answers", others, NULL, NULL)) != 0;
}
