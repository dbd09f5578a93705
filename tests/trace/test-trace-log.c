/* Logs from elsewhere: what may be missing, mixed or spread over files, and what is refused, with
 * its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "session-race/trace-reader.h"

#define ALICE SR_NODE_FIRST_CLIENT
#define NODES "{\"type\":\"trace\",\"nodes\":[\"alice\",\"bob\"]}\n"
#define JOIN                                                                                   \
    "{\"type\":\"event\",\"node\":\"alice\",\"event\":\"send\",\"msg\":\"join\",\"to\":"       \
    "\"server\",\"id\":7}\n"

/* ---- what is read ---- */

/* clang-format off */
static const struct row { const char *name, *text; } rows[] = {
    { "the least that there can be", NODES JOIN },
    { "a last line without its end", NODES "{\"type\":\"event\",\"node\":\"alice\",\"event\":\"send\",\"msg\":\"join\",\"to\":\"server\",\"id\":7}" },
    { "members in any order", NODES "{\"id\":7,\"to\":\"server\",\"msg\":\"join\",\"event\":\"send\",\"node\":\"alice\",\"type\":\"event\"}\n" },
    { "blanks", " { \"type\" : \"trace\" , \"nodes\" : [ \"alice\" , \"bob\" ] } \r\n\r\n\t{ \"type\": \"event\", \"node\": \"alice\", "
      "\"event\": \"send\", \"msg\": \"join\", \"to\": \"server\", \"id\": 7 }\r\n" },
    { "any time and number", NODES "{\"type\":\"event\",\"seq\":99999999999999999999,\"t\":-1.7e3,\"node\":\"alice\",\"event\":\"send\",\"msg\":\"join\","
      "\"to\":\"server\",\"id\":7}\n" },
    { "the services among the nodes", "{\"type\":\"trace\",\"nodes\":[\"alice\",\"token-provider\",\"bob\",\"server\"]}\n" JOIN },
    { "all of a first line", "{\"type\":\"trace\",\"version\":\"9\",\"scenario\":\"x\",\"source\":\"y\",\"seed\":\"z\",\"nodes\":[\"alice\",\"bob\"]}\n" JOIN },
    { "a last line", NODES JOIN "{\"type\":\"end\"}\n" },
    { "two first lines", NODES "{\"type\":\"trace\",\"nodes\":[\"bob\",\"alice\"]}\n" JOIN },
    { "a name with an escape", "{\"type\":\"trace\",\"nodes\":[\"\\u0061lice\",\"bob\"]}\n" JOIN },
};
/* clang-format on */

static void
check_read(void **state)
{
    const struct row *row = *state;
    SrTraceFault fault;
    g_autoptr(SrTrace) trace = sr_trace_parse_log("log", row->text, strlen(row->text), &fault);
    uint64_t line;

    if (trace == NULL)
        fail_msg("%u:%u: %s", (unsigned) fault.line, (unsigned) fault.column, fault.message);
    assert_int_equal(trace->n_records, 1);
    assert_false(trace->complete);
    assert_int_equal(trace->names.n_nodes, ALICE + 2);
    assert_int_equal(trace->records[0].node, ALICE);
    assert_int_equal(trace->records[0].peer, SR_NODE_SERVER);
    assert_int_equal(trace->records[0].msg, SR_MSG_JOIN);
    assert_int_equal(trace->records[0].id, 7);
    assert_string_equal(sr_trace_place(trace, 0, &line), "log");
    assert_in_range(line, 2, 3);
}

/* ---- what is refused ---- */

#define EVENT(rest) NODES "{\"type\":\"event\",\"node\":\"alice\"" rest "}\n"

/* clang-format off */
static const struct damage { const char *name, *text; unsigned line; const char *message; } damages[] = {
    { "nothing", "", 1, "the file is empty" },
    { "no first line", JOIN, 1, "names the nodes" },
    { "a first line without nodes", "{\"type\":\"trace\"}\n", 1, "'nodes' is missing" },
    { "nodes that are no list", "{\"type\":\"trace\",\"nodes\":\"alice\"}\n", 1, "a list of names" },
    { "an empty name", "{\"type\":\"trace\",\"nodes\":[\"\"]}\n", 1, "1 to 75 bytes" },
    { "a list that does not end", "{\"type\":\"trace\",\"nodes\":[\"a\"\n", 1, "',' or ']'" },
    { "an unknown member in the first line", "{\"type\":\"trace\",\"nodes\":[\"a\"],\"x\":1}\n", 1, "a member 'x'" },
    { "no object", NODES "[]\n", 2, "'{' is expected" },
    { "no type", NODES "{\"node\":\"alice\"}\n", 2, "'type' is missing" },
    { "another type", NODES "{\"type\":\"row\"}\n", 2, "trace, event or end" },
    { "no node", NODES "{\"type\":\"event\",\"event\":\"start\"}\n", 2, "'node' is missing" },
    { "no event", EVENT(""), 2, "'event' is missing" },
    { "no id", EVENT(",\"event\":\"send\",\"msg\":\"join\",\"to\":\"server\""), 2, "'id' is missing" },
    { "an unknown member", EVENT(",\"event\":\"start\",\"at\":1"), 2, "a member 'at'" },
    { "a member of another event", EVENT(",\"event\":\"start\",\"id\":1"), 2, "a member 'id'" },
    { "a member twice", EVENT(",\"event\":\"start\",\"event\":\"start\""), 2, "'event' is there twice" },
    { "a name with an escape", EVENT(",\"\\u0065vent\":\"start\""), 2, "that such a record does not have" },
    { "null", EVENT(",\"event\":\"start\",\"t\":null"), 2, "left out" },
    { "an object within", EVENT(",\"event\":{}"), 2, "an object within" },
    { "lists within lists", EVENT(",\"event\":[[\"x\"]]"), 2, "a string is expected" },
    { "a time that is text", EVENT(",\"event\":\"start\",\"t\":\"now\""), 2, "a number is expected" },
    { "an id beyond 2^53", EVENT(",\"event\":\"send\",\"msg\":\"join\",\"to\":\"server\",\"id\":9007199254740992"), 2, "beyond 2^53" },
    { "an id that is text", EVENT(",\"event\":\"send\",\"msg\":\"join\",\"to\":\"server\",\"id\":\"7\""), 2, "a whole number" },
    { "an unknown node", EVENT(",\"event\":\"send\",\"msg\":\"join\",\"to\":\"carol\",\"id\":7"), 2, "'carol' is not among the nodes" },
    { "a line that goes on", NODES "{\"type\":\"event\"} x\n", 2, "something behind the object" },
    { "no comma", NODES "{\"type\":\"event\" \"node\":\"alice\"}\n", 2, "',' or '}'" },
    { "no colon", NODES "{\"type\" \"event\"}\n", 2, "':' is expected" },
    { "no value", NODES "{\"type\":}\n", 2, "a value is expected" },
    { "a line that breaks off", NODES "{\"type\":\"ev", 2, "does not end" },
    { "too many members", NODES "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,"
      "\"p\":1,\"q\":1,\"r\":1,\"s\":1,\"t\":1,\"u\":1,\"v\":1,\"w\":1,\"x\":1,\"y\":1}\n", 2, "more members" },
};
/* clang-format on */

static void
check_refused(void **state)
{
    const struct damage *damage = *state;
    SrTraceFault fault;
    g_autoptr(SrTrace) trace =
        sr_trace_parse_log("log", damage->text, strlen(damage->text), &fault);

    assert_null(trace);
    if (strstr(fault.message, damage->message) == NULL || fault.line != damage->line ||
        fault.column == 0)
        fail_msg("%u:%u: %s", (unsigned) fault.line, (unsigned) fault.column, fault.message);
    sr_trace_fault_clear(&fault);
}

static void
a_long_line_is_refused(void **state)
{
    g_autoptr(GString) text = g_string_new(NODES);
    SrTraceFault fault;

    (void) state;
    for (unsigned i = 0; i < 65536; i++)
        g_string_append_c(text, ' ');
    g_string_append(text, JOIN);
    assert_null(sr_trace_parse_log("log", text->str, text->len, &fault));
    assert_non_null(strstr(fault.message, "64 KiB"));
    sr_trace_fault_clear(&fault);
}

/* ---- files ---- */

static void
files_follow_one_another(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("sr-log-XXXXXX", NULL);
    g_autofree char *one = g_build_filename(folder, "one", NULL);
    g_autofree char *two = g_build_filename(folder, "two", NULL);
    g_autofree char *none = g_build_filename(folder, "none", NULL);
    const char *paths[] = { one, two }, *missing[] = { one, none };
    SrTraceFault fault;
    uint64_t line;

    (void) state;
    assert_true(g_file_set_contents(one, NODES JOIN, -1, NULL));
    assert_true(g_file_set_contents(two,
                                    "{\"type\":\"trace\",\"nodes\":[\"carol\"]}\n{\"type\":"
                                    "\"event\",\"node\":\"carol\",\"event\":\"start\"}",
                                    -1, NULL));

    g_autoptr(SrTrace) trace = sr_trace_load_log(paths, 2, false, &fault);
    assert_non_null(trace);
    assert_int_equal(trace->n_records, 2);
    assert_int_equal(trace->names.n_nodes, ALICE + 3);
    assert_int_equal(trace->records[1].node, ALICE + 2);
    assert_string_equal(sr_trace_place(trace, 0, &line), one);
    assert_int_equal(line, 2);
    assert_string_equal(sr_trace_place(trace, 1, &line), two);
    assert_int_equal(line, 2);
    assert_false(sr_trace_is_whole(one));

    assert_null(sr_trace_load_log(missing, 2, false, &fault));
    assert_true(fault.system);
    assert_string_equal(fault.path, none);
    sr_trace_fault_clear(&fault);
    g_unlink(one);
    g_unlink(two);
    g_rmdir(folder);
}

/* What says that it is a trace of this program is read as one: nothing may be missing. */
static void
our_own_traces_are_read_strictly(void **state)
{
    g_autofree char *golden = g_build_filename(g_getenv("SR_SOURCE_ROOT"),
                                               "tests/golden/steps.two-clients.ndjson", NULL);
    g_autofree char *folder = g_dir_make_tmp("sr-log-XXXXXX", NULL);
    g_autofree char *cut = g_build_filename(folder, "cut", NULL);
    g_autofree char *text = NULL;
    const char *whole_path = golden, *cut_path = cut;
    SrTraceFault fault;

    (void) state;
    assert_true(g_file_get_contents(golden, &text, NULL, NULL));
    *(strstr(text, "{\"type\":\"end\"") - 1) = '\0';
    assert_true(g_file_set_contents(cut, text, -1, NULL));

    g_autoptr(SrTrace) whole = sr_trace_load_log(&whole_path, 1, false, &fault);
    assert_non_null(whole);
    assert_true(whole->complete);
    assert_true(sr_trace_is_whole(golden));
    assert_false(sr_trace_is_whole(cut));
    assert_null(sr_trace_load_log(&cut_path, 1, false, &fault));
    assert_int_equal(fault.line, whole->n_records + 1);
    sr_trace_fault_clear(&fault);

    g_autoptr(SrTrace) part = sr_trace_load_log(&cut_path, 1, true, &fault);
    assert_non_null(part);
    assert_false(part->complete);
    assert_int_equal(part->n_records, whole->n_records);
    for (size_t i = 0; i < part->n_records; i++) {
        assert_int_equal(part->records[i].event, whole->records[i].event);
        assert_int_equal(part->records[i].node, whole->records[i].node);
        assert_int_equal(part->records[i].hint, whole->records[i].hint);
        assert_int_equal(part->records[i].has, whole->records[i].has);
    }
    g_unlink(cut);
    g_rmdir(folder);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + G_N_ELEMENTS(damages) + 3];
    size_t n = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[n++] = (struct CMUnitTest){ .name = rows[i].name,
                                          .test_func = check_read,
                                          .initial_state = (void *) (uintptr_t) &rows[i] };
    for (size_t i = 0; i < G_N_ELEMENTS(damages); i++)
        tests[n++] = (struct CMUnitTest){ .name = damages[i].name,
                                          .test_func = check_refused,
                                          .initial_state = (void *) (uintptr_t) &damages[i] };
    tests[n++] = (struct CMUnitTest) cmocka_unit_test(a_long_line_is_refused);
    tests[n++] = (struct CMUnitTest) cmocka_unit_test(files_follow_one_another);
    tests[n++] = (struct CMUnitTest) cmocka_unit_test(our_own_traces_are_read_strictly);
    return cmocka_run_group_tests_name("logs from elsewhere", tests, NULL, NULL) != 0;
}
