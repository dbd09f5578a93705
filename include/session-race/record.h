/* Records: the only way in which other code learns what happened in the protocol, and the
 * vocabulary of records.
 *
 * A record is a value of fixed size. Nodes, hints, keys and documents are numbers; SrNames
 * converts them into text. The NDJSON trace is the text form of records, and checks read
 * nothing else. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session-race/time.h"

#pragma GCC visibility push(default)

/* ---- nodes ---- */

/* Node numbers: the three services, then the clients in the order of the file. */
#define SR_NODE_SERVER 0u
#define SR_NODE_TOKEN_PROVIDER 1u
#define SR_NODE_ENCRYPTION_PROVIDER 2u
#define SR_NODE_FIRST_CLIENT 3u
#define SR_NODE_NONE UINT32_MAX

/* ---- words ---- */

/** SrEvent: what a record reports; events.def says which members it has. Words: sr_event_name().
 */
typedef enum {
#define EVENT(name, ...) SR_EVENT_##name,
#include "session-race/events.def"
} SrEvent;
#define SR_EVENT_N (SR_EVENT_CHECK_FAILED + 1)

/** SrMsg: the messages of section 2; wire.def describes each. Words: sr_msg_name(). */
typedef enum {
    SR_MSG_NONE,
#define MSG(name, ...) SR_MSG_##name,
#include "session-race/wire.def"
} SrMsg;
#define SR_MSG_N (SR_MSG_TOKEN_REFUSED + 1)

/** SrReason: why something failed, closed, was refused, lost or discarded. Words:
 * sr_reason_name(). */
typedef enum {
#define REASON(name, ...) SR_REASON_##name,
#include "session-race/words.def"
} SrReason;
#define SR_REASON_N (SR_REASON_BLOCKED + 1)

/** SrEnding: how a client that started has ended; each is exactly one of these. Words:
 * sr_ending_name(). Defined by sr_outcome_ending(). */
typedef enum {
#define ENDING(name, ...) SR_ENDING_##name,
#include "session-race/words.def"
} SrEnding;
#define SR_ENDING_N (SR_ENDING_COLLABORATED + 1)

/** SrClientState: the state of a client in the handshake. Words: sr_client_state_name().
 * Meaning: sim/protocol/client.c. */
typedef enum {
#define STATE(name, ...) SR_CLIENT_##name,
#include "session-race/words.def"
} SrClientState;
#define SR_CLIENT_STATE_N (SR_CLIENT_CLOSED + 1)

/** SrFaultAction: the actions of `[timeline]`. Words: sr_fault_name(). */
typedef enum {
#define FAULT(name, ...) SR_FAULT_##name,
#include "session-race/words.def"
} SrFaultAction;
#define SR_FAULT_N (SR_FAULT_ROTATE_MASTER + 1)

/** SrOwnerLost: `[server] on-owner-lost`. It is defined here, since both the file format and the
 * core use it. */
typedef enum { SR_OWNER_LOST_RELEASE, SR_OWNER_LOST_PROMOTE, SR_OWNER_LOST_WAIT } SrOwnerLost;

/** SrCallKind: what a provider of somebody else's waits for. Words: sr_call_words. */
typedef enum { SR_CALL_IO, SR_CALL_TIMER } SrCallKind;
#define SR_CALL_N (SR_CALL_TIMER + 1)

/** SrCallLeg: the way of a call that leaves its process. Words: sr_leg_words. */
typedef enum { SR_LEG_NONE, SR_LEG_REQUEST, SR_LEG_RESPONSE } SrCallLeg;
#define SR_LEG_N (SR_LEG_RESPONSE + 1)

/** SrCheckId: the checks, in the order of the table of section 9. Words: sr_check_name(). */
typedef enum {
#define CHECK(name, ...) SR_CHECK_##name,
#include "session-race/checks.def"
} SrCheckId;
#define SR_CHECK_N (SR_CHECK_PROVIDER_ANSWERS + 1)

/** SR_CHECKS_OF_ALL: bits 1 << SrCheckId of the checks that judge every run; the others judge only
 * one with a provider of the user's own. */
#define SR_CHECKS_OF_ALL ((1u << SR_CHECK_PROVIDER_ANSWERS) - 1)

/** SR_OWN_PROVIDER_EVENTS: bits 1 << SrEvent that only a provider of the user's own has. */
#define SR_OWN_PROVIDER_EVENTS                                                                 \
    (1u << SR_EVENT_WAITS | 1u << SR_EVENT_WAKES | 1u << SR_EVENT_REFUSED |                    \
     1u << SR_EVENT_STUCK | 1u << SR_EVENT_PROVIDER_BROKE | 1u << SR_EVENT_KEY_EXPOSED)

/**
 * SrDetail:
 *
 * The sentence of a `check-failed` record. Its template (sr_detail_template()) refers to
 * members of the record: {node}, {peer}, {hint}, {key}, {msg}, {reason}, {from}, {to} (states)
 * and {n} (`number`).
 */
typedef enum {
#define DETAIL(name, ...) SR_DETAIL_##name,
#include "session-race/checks.def"
} SrDetail;
#define SR_DETAIL_N (SR_DETAIL_UNANSWERED + 1)

/* The words below are static, lower case, with hyphens. Passing a value outside of its enum is
 * a programming error. */

/** sr_event_name: Returns: (transfer none): the word of @event in a trace */
const char *sr_event_name(SrEvent event);
/** sr_msg_name: Returns: (transfer none): the word of @msg in a trace; "none" for SR_MSG_NONE,
 * which no trace holds */
const char *sr_msg_name(SrMsg msg);
/** sr_reason_name: Returns: (transfer none): the word of @reason in a trace; "none" for
 * SR_REASON_NONE, which no trace holds */
const char *sr_reason_name(SrReason reason);
/** sr_ending_name: Returns: (transfer none): the word of @ending in results and thresholds:
 * "collaborated", "locked-out(jwt)", … */
const char *sr_ending_name(SrEnding ending);
/** sr_client_state_name: Returns: (transfer none): the word of @state in a trace */
const char *sr_client_state_name(SrClientState state);
/** sr_check_name: Returns: (transfer none): the word of @check in a trace, in scenarios and in
 * reports */
const char *sr_check_name(SrCheckId check);
/** sr_fault_name: Returns: (transfer none): the word of @action in a trace */
const char *sr_fault_name(SrFaultAction action);
/** sr_check_statement: Returns: the statement of section 9 about @check, a sentence without its
 * full stop. */
const char *sr_check_statement(SrCheckId check);
/** sr_detail_template: Returns: the sentence of @detail without its full stop, with names in
 * braces (SrDetail); "" for SR_DETAIL_NONE. */
const char *sr_detail_template(SrDetail detail);
/** sr_check_lookup: @name need not be closed by a zero. Returns: the check of that name, or
 * SR_CHECK_N */
SrCheckId sr_check_lookup(const char *name, size_t length);
/** sr_reason_lookup: as sr_check_lookup(). Returns: the reason of that name, never
 * SR_REASON_NONE; or SR_REASON_N */
SrReason sr_reason_lookup(const char *name, size_t length);

/* ---- the record ---- */

#define SR_HINT_ABSENT 0u /* no hint at all; the empty hint "" has a number of its own */
#define SR_KEY_ABSENT 0u

/* Bits of SrRecord.has: fields that this event may leave out. */
#define SR_HAS_HINT 1u
#define SR_HAS_KEY 2u
#define SR_HAS_IAT 4u
#define SR_HAS_EXP 8u
#define SR_HAS_NBF 16u
#define SR_HAS_CONN 32u
#define SR_HAS_REASON 64u
#define SR_HAS_CLAIMS (SR_HAS_IAT | SR_HAS_EXP | SR_HAS_NBF)
#define SR_HAS_CONTENT 128u /* the message carries content; without SR_HAS_KEY it is unsealed */

/** SR_CLAIM_MILLISECONDS: a time claim of a token beyond this many seconds, some year after 5000,
 * looks like milliseconds. */
#define SR_CLAIM_MILLISECONDS INT64_C(100000000000)

/** SrRecord: one event. Fields that an event does not use are 0. */
typedef struct {
    uint64_t seq; /* from 1 */
    SrTime t;
    uint32_t node;     /* where it happened */
    uint8_t event;     /* SrEvent */
    uint8_t msg;       /* SrMsg */
    uint8_t reason;    /* SrReason */
    uint8_t has;       /* SR_HAS_ bits */
    uint64_t id;       /* of the message; equal in its send, receive and lose */
    uint32_t peer;     /* to, from, client or target; a node number */
    uint32_t conn;     /* from 1 */
    uint32_t document; /* index */
    uint32_t hint;     /* number; see SrNames */
    uint32_t key;      /* number, in the order of making, from 1 */
    uint8_t from, to;  /* SrClientState */
    uint8_t check;     /* SrCheckId */
    uint8_t detail;    /* SrDetail */
    uint8_t action;    /* SrFaultAction */
    bool ok;           /* opened */
    uint16_t pad;
    uint32_t number; /* check-failed {n} */
    union {
        struct {
            int64_t iat, exp, nbf, now, leeway; /* seconds */
        } token;
        struct {
            uint64_t nonce_counter;
            uint32_t nonce_sender;
            uint32_t pad;
            uint64_t bytes;
        } seal;
        struct {
            int64_t offset; /* ns */
        } clock;
        struct {
            uint64_t wait;      /* its number, from 1 */
            uint64_t request;   /* the request that it belongs to; 0: none */
            uint32_t label, at; /* texts; 0: none; see SrNames */
            uint8_t kind, leg;  /* SrCallKind, SrCallLeg */
        } call;
    };
} SrRecord;

/* ---- names ---- */

#define SR_NODE_NAME_MAX 76   /* with the closing zero */
#define SR_HINT_TEXT_MAX 1025 /* 256 characters of at most four bytes, and the closing zero */
#define SR_NOTE_TEXT_MAX 321  /* 80 characters of at most four bytes, and the closing zero */

/** SrNames: the text of numbers. The functions write without a closing zero and return the
 * number of bytes. */
typedef struct {
    const void *data;
    uint32_t n_nodes, n_documents;
    size_t (*node)(const void *data, uint32_t node, char out[SR_NODE_NAME_MAX]);
    size_t (*document)(const void *data, uint32_t document, char out[SR_NODE_NAME_MAX]);
    size_t (*hint)(const void *data, uint32_t hint, char out[SR_HINT_TEXT_MAX]);
    size_t (*key)(const void *data, uint32_t key,
                  char out[17]); /* 16 hex digits: the fingerprint */
    /* (nullable) the label of a call, or the line of code that makes it: number from 1 */
    size_t (*text)(const void *data, uint32_t text, char out[SR_NOTE_TEXT_MAX]);
} SrNames;

#pragma GCC visibility pop
