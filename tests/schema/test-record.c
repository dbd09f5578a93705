/* The vocabulary: every value has a word of its own, every check a statement, every finding a
 * sentence that can be filled in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "session-race/record.h"

static const char *
event_word(unsigned i)
{
    return sr_event_name((SrEvent) i);
}

static const char *
msg_word(unsigned i)
{
    return sr_msg_name((SrMsg) i);
}

static const char *
reason_word(unsigned i)
{
    return sr_reason_name((SrReason) i);
}

static const char *
state_word(unsigned i)
{
    return sr_client_state_name((SrClientState) i);
}

static const char *
check_word(unsigned i)
{
    return sr_check_name((SrCheckId) i);
}

static const char *
fault_word(unsigned i)
{
    return sr_fault_name((SrFaultAction) i);
}

static const struct {
    const char *(*word)(unsigned);
    unsigned n;
} vocabularies[] = {
    { event_word, SR_EVENT_N },        { msg_word, SR_MSG_N },     { reason_word, SR_REASON_N },
    { state_word, SR_CLIENT_STATE_N }, { check_word, SR_CHECK_N }, { fault_word, SR_FAULT_N },
};

/* A value that was forgotten in its table would have the empty word. */
static void
test_words_are_lower_case_and_their_own(void **state)
{
    (void) state;
    for (size_t v = 0; v < G_N_ELEMENTS(vocabularies); v++)
        for (unsigned i = 0; i < vocabularies[v].n; i++) {
            const char *word = vocabularies[v].word(i);

            assert_true(word[0] >= 'a' && word[0] <= 'z');
            assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz-"), strlen(word));
            for (unsigned other = 0; other < i; other++)
                assert_string_not_equal(word, vocabularies[v].word(other));
        }
}

static void
test_words_are_those_of_the_contracts(void **state)
{
    (void) state;
    assert_string_equal(sr_event_name(SR_EVENT_CONNECTION_OPENED), "connection-opened");
    assert_string_equal(sr_msg_name(SR_MSG_SESSION_AVAILABLE), "session-available");
    assert_string_equal(sr_reason_name(SR_REASON_ISSUED_IN_FUTURE), "issued-in-future");
    assert_string_equal(sr_client_state_name(SR_CLIENT_LOOKING_UP), "looking-up");
    assert_string_equal(sr_check_name(SR_CHECK_ANNOUNCED_ONCE_ESTABLISHED),
                        "announced-once-established");
}

/* The room below the scenarios spells their actions without seeing their enum. */
static void
test_faults_are_in_the_order_of_the_timeline(void **state)
{
    static const char *const words[SR_FAULT_N] = {
        [SR_FAULT_CRASH] = "crash",
        [SR_FAULT_RESTART] = "restart",
        [SR_FAULT_DISCONNECT] = "disconnect",
        [SR_FAULT_CLOSE] = "close",
        [SR_FAULT_PARTITION] = "partition",
        [SR_FAULT_OUTAGE] = "outage",
        [SR_FAULT_SLOW] = "slow",
        [SR_FAULT_STEP_CLOCK] = "step-clock",
        [SR_FAULT_SYNC_CLOCK] = "sync-clock",
        [SR_FAULT_UPGRADE] = "upgrade",
        [SR_FAULT_ROTATE_MASTER] = "rotate-master",
    };

    (void) state;
    for (unsigned i = 0; i < SR_FAULT_N; i++)
        assert_string_equal(fault_word(i), words[i]);
}

static void
test_lookup_finds_every_name_and_nothing_else(void **state)
{
    (void) state;
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        const char *word = check_word(i);

        assert_int_equal(sr_check_lookup(word, strlen(word)), i);
        assert_int_equal(sr_check_lookup(word, strlen(word) - 1), SR_CHECK_N);
    }
    for (unsigned i = SR_REASON_NONE + 1; i < SR_REASON_N; i++)
        assert_int_equal(sr_reason_lookup(reason_word(i), strlen(reason_word(i))), i);
    assert_int_equal(sr_check_lookup("", 0), SR_CHECK_N);
    assert_int_equal(sr_check_lookup("waits and more", 14), SR_CHECK_N);
    assert_int_equal(sr_check_lookup("waits and more", 5), SR_CHECK_WAITS);
    assert_int_equal(sr_reason_lookup("none", 4), SR_REASON_N);
    assert_int_equal(sr_reason_lookup("Encryption", 10), SR_REASON_N);
}

static void
test_every_check_has_a_statement(void **state)
{
    (void) state;
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        const char *statement = sr_check_statement((SrCheckId) i);

        assert_true(strlen(statement) > 20);
        assert_true(statement[strlen(statement) - 1] != '.');
    }
}

static void
test_every_template_names_known_fields(void **state)
{
    static const char *const fields[] = { "{node}",   "{peer}", "{hint}", "{key}", "{msg}",
                                          "{reason}", "{from}", "{to}",   "{n}" };

    (void) state;
    assert_string_equal(sr_detail_template(SR_DETAIL_NONE), "");
    for (unsigned i = SR_DETAIL_NONE + 1; i < SR_DETAIL_N; i++) {
        const char *rest = sr_detail_template((SrDetail) i);

        assert_true(strlen(rest) > 20);
        while ((rest = strchr(rest, '{')) != NULL) {
            bool known = false;

            for (size_t f = 0; f < G_N_ELEMENTS(fields); f++)
                known = known || g_str_has_prefix(rest, fields[f]);
            assert_true(known);
            rest++;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_are_lower_case_and_their_own),
        cmocka_unit_test(test_words_are_those_of_the_contracts),
        cmocka_unit_test(test_faults_are_in_the_order_of_the_timeline),
        cmocka_unit_test(test_lookup_finds_every_name_and_nothing_else),
        cmocka_unit_test(test_every_check_has_a_statement),
        cmocka_unit_test(test_every_template_names_known_fields),
    };

    return cmocka_run_group_tests_name("records", tests, NULL, NULL) != 0;
}
