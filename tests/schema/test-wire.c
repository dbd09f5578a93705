/* The list of messages: every message has a route, the server's are neighbours, and those of the golden
 * traces go where the list says and carry what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

#include "schema/wire.h"
#include "session-race/trace-reader.h"

static void
messages_to_the_server_are_neighbours(void **state)
{
    (void) state;
    for (unsigned i = SR_MSG_NONE + 1; i < SR_MSG_N; i++) {
        SrMsg msg = (SrMsg) i;

        assert_true(sr_msg_service(msg) <= SR_NODE_ENCRYPTION_PROVIDER);
        assert_true(sr_msg_schema(msg).step <= SR_STEP_ANSWERS);
        assert_int_equal(sr_msg_schema(msg).always & sr_msg_schema(msg).perhaps, 0);
        assert_int_equal(sr_msg_service(msg) == SR_NODE_SERVER && sr_msg_is_outward(msg),
                         msg >= SR_MSG_CONNECT && msg <= SR_MSG_TOKEN_UPDATE);
    }
}

static void
check_message(const SrRecord *record, bool names_documents)
{
    SrMsg msg = (SrMsg) record->msg;
    const SrMsgSchema schema = sr_msg_schema(msg);
    uint32_t from = record->event == SR_EVENT_SEND ? record->node : record->peer;
    uint32_t to = record->event == SR_EVENT_SEND ? record->peer : record->node;
    uint8_t connected = sr_msg_needs_connection(msg) ? SR_HAS_CONN : 0;

    assert_int_equal(schema.outward ? to : from, sr_msg_service(msg));
    assert_true((schema.outward ? from : to) >= SR_NODE_FIRST_CLIENT);
    assert_int_equal(record->has & SR_HAS_CONN, connected);
    assert_int_equal(record->has & schema.always, schema.always);
    assert_int_equal(record->has & ~(schema.always | schema.perhaps | connected), 0);
    if ((record->has & SR_HAS_EXP) != 0)
        assert_true((sr_msg_schema(msg).always | sr_msg_schema(msg).perhaps) & SR_HAS_EXP);
    if (!names_documents || !schema.document)
        assert_int_equal(record->document, 0);
}

static void
messages_of_golden_traces_keep_to_the_list(void **state)
{
    g_autofree char *folder =
        g_build_filename(g_getenv("SR_SOURCE_ROOT"), "tests", "golden", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    uint32_t met = 0;
    const char *name;

    (void) state;
    assert_non_null(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        SrTraceFault fault = { 0 };

        if (!g_str_has_suffix(name, ".ndjson"))
            continue;
        g_autoptr(SrTrace) trace = sr_trace_load(path, &fault);
        assert_non_null(trace);
        for (size_t i = 0; i < trace->n_records; i++)
            if (trace->records[i].event == SR_EVENT_SEND ||
                trace->records[i].event == SR_EVENT_RECEIVE) {
                check_message(&trace->records[i], trace->names.n_documents > 1);
                met |= 1u << trace->records[i].msg;
            }
    }
    /* These five are in none of them. */
    met |= 1u << SR_MSG_TOKEN_UPDATE | 1u << SR_MSG_SESSION_PENDING |
           1u << SR_MSG_SESSION_RELEASED | 1u << SR_MSG_KEY_SETTLED |
           1u << SR_MSG_TOKEN_REFUSED;
    assert_int_equal(met, (1u << SR_MSG_N) - (1u << (SR_MSG_NONE + 1)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_to_the_server_are_neighbours),
        cmocka_unit_test(messages_of_golden_traces_keep_to_the_list),
    };

    return cmocka_run_group_tests_name("list of messages", tests, NULL, NULL) != 0;
}
