/* The sentence of every event, word for word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "report/report.h"

#define ALICE SR_NODE_FIRST_CLIENT
#define CLAIMS SR_HAS_CLAIMS, .token = { .iat = 1, .exp = 2, .nbf = -3, .now = 4, .leeway = 5 }

enum { HINT_EMPTY = 1, HINT_U1 };

static size_t
copy(char *out, const char *text)
{
    memcpy(out, text, strlen(text));
    return strlen(text);
}

static size_t
name_node(const void *data, uint32_t node, char out[SR_NODE_NAME_MAX])
{
    static const char *const nodes[] = { "server", "token-provider", "encryption-provider",
                                         "alice" };

    (void) data;
    return copy(out, nodes[node]);
}

static size_t
name_document(const void *data, uint32_t document, char out[SR_NODE_NAME_MAX])
{
    (void) data;
    return copy(out, document == 0 ? "minutes" : "plan");
}

static size_t
name_hint(const void *data, uint32_t hint, char out[SR_HINT_TEXT_MAX])
{
    (void) data;
    return copy(out, hint == HINT_EMPTY ? "" : "u1");
}

static size_t
name_key(const void *data, uint32_t key, char out[17])
{
    (void) data, (void) key;
    return copy(out, "00000000000000ab");
}

/* clang-format off */
static const struct row { const char *sentence; SrRecord record; bool documents; } rows[] = {
    { "starts", { .event = SR_EVENT_START, .node = ALICE }, false },
    { "sends create-session to server, hint u1", { .event = SR_EVENT_SEND, .node = ALICE, .msg = SR_MSG_CREATE_SESSION, .has = SR_HAS_HINT, .hint = HINT_U1 }, false },
    { "sends key-refused to alice (unknown-hint)", { .event = SR_EVENT_SEND, .node = 2, .peer = ALICE, .msg = SR_MSG_KEY_REFUSED, .has = SR_HAS_REASON, .reason = SR_REASON_UNKNOWN_HINT }, false },
    { "receives join from alice [plan]", { .event = SR_EVENT_RECEIVE, .peer = ALICE, .msg = SR_MSG_JOIN, .hint = HINT_U1, .document = 1 }, true },
    { "receives key from encryption-provider, hint \"\"", { .event = SR_EVENT_RECEIVE, .node = ALICE, .peer = 2, .msg = SR_MSG_KEY, .has = SR_HAS_HINT, .hint = HINT_EMPTY }, false },
    { "never sees join (loss)", { .event = SR_EVENT_LOSE, .msg = SR_MSG_JOIN, .reason = SR_REASON_LOSS }, false },
    { "never sees join", { .event = SR_EVENT_LOSE, .msg = SR_MSG_JOIN }, false },
    { "opens connection 3", { .event = SR_EVENT_CONNECTION_OPENED, .node = ALICE, .peer = ALICE, .conn = 3 }, false },
    { "accepts connection 3 of alice", { .event = SR_EVENT_CONNECTION_OPENED, .peer = ALICE, .conn = 3 }, false },
    { "loses connection 3 (crash)", { .event = SR_EVENT_CONNECTION_CLOSED, .node = ALICE, .peer = ALICE, .conn = 3, .reason = SR_REASON_CRASH }, false },
    { "sees the end of connection 3 of alice", { .event = SR_EVENT_CONNECTION_CLOSED, .peer = ALICE, .conn = 3 }, false },
    { "goes from waiting to joining", { .event = SR_EVENT_STATE, .from = SR_CLIENT_WAITING, .to = SR_CLIENT_JOINING }, false },
    { "makes a key under hint u1", { .event = SR_EVENT_KEY_MADE, .hint = HINT_U1 }, false },
    { "discards the key under hint u1 (age)", { .event = SR_EVENT_KEY_DISCARDED, .hint = HINT_U1, .reason = SR_REASON_AGE }, false },
    { "finds the key under hint \"\"", { .event = SR_EVENT_KEY_FOUND, .hint = HINT_EMPTY }, false },
    { "has no key under no hint [minutes]", { .event = SR_EVENT_KEY_MISSING }, true },
    { "seals content under hint u1", { .event = SR_EVENT_SEALED, .hint = HINT_U1 }, false },
    { "opens the content with the key 00000000000000ab that it was given under hint u1", { .event = SR_EVENT_OPENED, .hint = HINT_U1, .key = 1, .ok = true }, false },
    { "cannot open the content with the no key that it was given under hint u1", { .event = SR_EVENT_OPENED, .hint = HINT_U1 }, false },
    { "wins: its creation is accepted, hint u1", { .event = SR_EVENT_WON, .hint = HINT_U1 }, false },
    { "loses: its creation is rejected", { .event = SR_EVENT_REJECTED }, false },
    { "drops the session of hint u1 (timeout)", { .event = SR_EVENT_RELEASED, .hint = HINT_U1, .reason = SR_REASON_TIMEOUT }, false },
    { "has the content: the session is established, hint u1", { .event = SR_EVENT_ESTABLISHED, .hint = HINT_U1 }, false },
    { "signs a token, iat 1, exp 2, nbf -3", { .event = SR_EVENT_TOKEN_SIGNED, .has = CLAIMS }, false },
    { "signs a token", { .event = SR_EVENT_TOKEN_SIGNED }, false },
    { "accepts the token of alice on connect, iat 1, exp 2, nbf -3, now 4, leeway 5", { .event = SR_EVENT_TOKEN_JUDGED, .peer = ALICE, .msg = SR_MSG_CONNECT, .has = CLAIMS }, false },
    { "refuses the token of alice on connect (expired), now 0, leeway 0", { .event = SR_EVENT_TOKEN_JUDGED, .peer = ALICE, .msg = SR_MSG_CONNECT, .reason = SR_REASON_EXPIRED }, false },
    { "fault: crash alice", { .event = SR_EVENT_FAULT, .peer = ALICE }, false },
    { "fault: restart nobody", { .event = SR_EVENT_FAULT, .peer = SR_NODE_NONE, .action = 1 }, false },
    { "calls put keys at p.js:4", { .event = SR_EVENT_WAITS, .call = { .wait = 1, .leg = SR_LEG_REQUEST, .label = 1, .at = 2 } }, false },
    { "calls put keys at p.js:4 (request 12)", { .event = SR_EVENT_WAITS, .call = { .wait = 1, .leg = SR_LEG_REQUEST, .label = 1, .at = 2, .request = 12 } }, false },
    { "waits for the answer of something", { .event = SR_EVENT_WAITS, .call = { .wait = 1, .leg = SR_LEG_RESPONSE } }, false },
    { "sets a timer", { .event = SR_EVENT_WAITS, .call = { .wait = 1, .kind = SR_CALL_TIMER } }, false },
    { "goes on after wait 7", { .event = SR_EVENT_WAKES, .call = { .wait = 7 } }, false },
    { "refuses the request of alice, hint u1 (unknown-hint)", { .event = SR_EVENT_REFUSED, .peer = ALICE, .hint = HINT_U1, .has = SR_HAS_HINT, .reason = SR_REASON_UNKNOWN_HINT }, false },
    { "can never answer request 3 of alice: nothing is left that it waits for", { .event = SR_EVENT_STUCK, .peer = ALICE, .id = 3 }, false },
    { "gives alice hint u1, which shows its key", { .event = SR_EVENT_KEY_EXPOSED, .node = 2, .peer = ALICE, .hint = HINT_U1 }, false },
    { "breaks (crash)", { .event = SR_EVENT_PROVIDER_BROKE, .node = 2, .peer = 2, .reason = SR_REASON_CRASH }, false },
    { "breaks (crash), at a request of alice", { .event = SR_EVENT_PROVIDER_BROKE, .node = 2, .peer = ALICE, .reason = SR_REASON_CRASH }, false },
    { "sets its clock; it is now off by -1.5 s", { .event = SR_EVENT_CLOCK, .clock = { .offset = -1500000000 } }, false },
    { "collaborates", { .event = SR_EVENT_COLLABORATING }, false },
    { "fails(encryption)", { .event = SR_EVENT_FAILED, .reason = SR_REASON_ENCRYPTION }, false },
    { "fails", { .event = SR_EVENT_FAILED }, false },
    { "check failed: same-key", { .event = SR_EVENT_CHECK_FAILED, .check = SR_CHECK_SAME_KEY }, false },
};
/* clang-format on */

static size_t
name_text(const void *data, uint32_t text, char out[SR_NOTE_TEXT_MAX])
{
    const char *words = text == 1 ? "put keys" : "p.js:4";

    (void) data;
    memcpy(out, words, strlen(words));
    return strlen(words);
}

static void
check_row(void **state)
{
    const struct row *row = *state;
    const SrNames names = {
        NULL, 4, row->documents ? 2 : 1, name_node, name_document, name_hint, name_key, name_text
    };
    g_autoptr(GString) text = g_string_new(NULL);

    sr_record_sentence(&row->record, &names, text);
    assert_string_equal(text->str, row->sentence);
}

static void
every_event_has_a_row(void **state)
{
    uint32_t met = 0;

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        met |= 1u << rows[i].record.event;
    assert_int_equal(met, (1u << SR_EVENT_N) - 1);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows) + 1];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        tests[i] = (struct CMUnitTest){
            .name = rows[i].sentence,
            .test_func = check_row,
            .initial_state = (void *) (uintptr_t) &rows[i],
        };
    tests[G_N_ELEMENTS(rows)] = (struct CMUnitTest) cmocka_unit_test(every_event_has_a_row);
    return cmocka_run_group_tests_name("sentences", tests, NULL, NULL) != 0;
}
