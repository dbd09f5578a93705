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
#define SR_MSG_N (SR_MSG_KEY_REFUSED + 1)

/** SrReason: why something failed, closed, was refused, lost or discarded. Words:
 * sr_reason_name(). */
typedef enum {
    SR_REASON_NONE,
    /* a client fails (documented words), and `closed` */
    SR_REASON_ENCRYPTION,
    SR_REASON_JWT,
    SR_REASON_CONTENT,
    SR_REASON_CLIENT_UPDATE_REQUIRED,
    SR_REASON_GENERAL,
    /* a token is judged */
    SR_REASON_ISSUED_IN_FUTURE,
    SR_REASON_NOT_YET_VALID,
    SR_REASON_EXPIRED,
    SR_REASON_BAD_SIGNATURE,
    SR_REASON_MISSING_CLAIM,
    /* a key is refused */
    SR_REASON_UNKNOWN_HINT,
    SR_REASON_UNAVAILABLE,
    /* a connection closes, or a message is lost */
    SR_REASON_DISCONNECT,
    SR_REASON_CRASH,
    SR_REASON_CLOSE,    /* the user closes the editor */
    SR_REASON_REPLACED, /* a newer connection of the same client */
    SR_REASON_SERVER_CRASH,
    /* the connection of the message closed before it arrived or was handled */
    SR_REASON_CONNECTION_CLOSED,
    SR_REASON_LOSS, /* the link lost it */
    SR_REASON_PARTITION,
    SR_REASON_GONE,   /* the client that asked has crashed or ended */
    SR_REASON_FAILED, /* the client failed and closed its connection */
    /* a creation or session goes */
    SR_REASON_OWNER_LOST,
    SR_REASON_TIMEOUT,
    SR_REASON_UPGRADE,
    /* a key is discarded */
    SR_REASON_ON_NEW_KEY,
    SR_REASON_LAST,
    SR_REASON_AGE,
    SR_REASON_SETTLED,
    SR_REASON_OVERWRITTEN,
    SR_REASON_MASTER_DROPPED,
} SrReason;
#define SR_REASON_N (SR_REASON_MASTER_DROPPED + 1)

/** SrClientState: the state of a client in the handshake. Words: sr_client_state_name().
 * Meaning: sim/protocol/client.c. */
typedef enum {
    SR_CLIENT_IDLE,       /* not started */
    SR_CLIENT_TOKEN,      /* token-request sent, or its retry is due */
    SR_CLIENT_CONNECTING, /* connect sent */
    SR_CLIENT_REQUESTING, /* step 1: session-request sent */
    SR_CLIENT_MAKING_KEY, /* step 2: key-request without hint sent, or its retry is due */
    SR_CLIENT_SEALING,    /* step 3: deriving the wrapping key of its own attempt */
    SR_CLIENT_CREATED,    /* step 4: create-session sent */
    SR_CLIENT_WAITING,    /* step 5 */
    SR_CLIENT_UPLOADING,  /* step 6: the owner, upload sent */
    SR_CLIENT_RESUMING, /* step 6: the owner, returned without its key, asks for it and derives */
    SR_CLIENT_LOOKING_UP, /* step 7: key-request with the hint sent, or its retry is due */
    SR_CLIENT_DERIVING,   /* step 7: deriving the wrapping key */
    SR_CLIENT_JOINING,    /* step 7: join sent */
    SR_CLIENT_COLLABORATING,
    SR_CLIENT_RECONNECTING, /* no connection, a further attempt is due */
    SR_CLIENT_FAILED,       /* permanently */
    SR_CLIENT_CRASHED,
    SR_CLIENT_CLOSED, /* the user closed the editor */
} SrClientState;
#define SR_CLIENT_STATE_N (SR_CLIENT_CLOSED + 1)

/** SrFaultAction: the actions of `[timeline]`. Words: sr_fault_name(). */
typedef enum {
    SR_FAULT_CRASH,
    SR_FAULT_RESTART,
    SR_FAULT_DISCONNECT,
    SR_FAULT_CLOSE,
    SR_FAULT_PARTITION,
    SR_FAULT_OUTAGE,
    SR_FAULT_SLOW,
    SR_FAULT_STEP_CLOCK,
    SR_FAULT_SYNC_CLOCK,
    SR_FAULT_UPGRADE,
    SR_FAULT_ROTATE_MASTER,
} SrFaultAction;
#define SR_FAULT_N (SR_FAULT_ROTATE_MASTER + 1)

/** SrOwnerLost: `[server] on-owner-lost`. It is defined here, since both the file format and the
 * core use it. */
typedef enum { SR_OWNER_LOST_RELEASE, SR_OWNER_LOST_PROMOTE, SR_OWNER_LOST_WAIT } SrOwnerLost;

/** SrCheckId: the checks, in the order of the table of section 9. Words: sr_check_name(). */
typedef enum {
    SR_CHECK_ONE_WINNER,
    SR_CHECK_SAME_KEY,
    SR_CHECK_KEY_KEPT,
    SR_CHECK_KEY_FOUND,
    SR_CHECK_PREVIOUS_KEPT,
    SR_CHECK_HINT_STABLE,
    SR_CHECK_WAITS,
    SR_CHECK_ANNOUNCED_ONCE_ESTABLISHED,
    SR_CHECK_KEY_SECRET,
    SR_CHECK_TOKEN_FIRST,
    SR_CHECK_TOKEN_TIME,
    SR_CHECK_STEPS_IN_ORDER,
    SR_CHECK_NONCE_UNIQUE,
    SR_CHECK_ALL_COLLABORATE,
    SR_CHECK_NOBODY_STUCK,
} SrCheckId;
#define SR_CHECK_N (SR_CHECK_NOBODY_STUCK + 1)

/**
 * SrDetail:
 *
 * The sentence of a `check-failed` record. Its template (sr_detail_template()) refers to
 * members of the record: {node}, {peer}, {hint}, {key}, {msg}, {reason}, {from}, {to} (states)
 * and {n} (`number`).
 */
typedef enum {
    SR_DETAIL_NONE,
    SR_DETAIL_SECOND_CREATION, /* one-winner */
    SR_DETAIL_CREATION_OVER_SESSION,
    SR_DETAIL_SECOND_SESSION,
    SR_DETAIL_OPEN_FAILED,        /* same-key */
    SR_DETAIL_LIVE_KEY_DISCARDED, /* key-kept */
    SR_DETAIL_WINNER_KEY_GONE, /* key-kept: already discarded when the creation was accepted */
    SR_DETAIL_GAVE_UP,         /* key-found */
    SR_DETAIL_PREVIOUS_DISCARDED, /* previous-kept */
    SR_DETAIL_SECOND_KEY,         /* hint-stable */
    SR_DETAIL_SENT_WHILE_WAITING, /* waits */
    SR_DETAIL_ANNOUNCED_EARLY,    /* announced-once-established */
    SR_DETAIL_ANNOUNCED_OTHER_HINT,
    SR_DETAIL_KEY_TO_SERVER, /* key-secret */
    SR_DETAIL_UNSEALED_CONTENT,
    SR_DETAIL_SERVED_UNACCEPTED,  /* token-first */
    SR_DETAIL_REFUSED_GOOD_TOKEN, /* token-time */
    SR_DETAIL_ACCEPTED_BAD_TOKEN,
    SR_DETAIL_WRONG_REFUSAL,
    SR_DETAIL_STATE_OUT_OF_ORDER, /* steps-in-order */
    SR_DETAIL_MESSAGE_OUT_OF_ORDER,
    SR_DETAIL_NONCE_REUSED,      /* nonce-unique */
    SR_DETAIL_NOT_COLLABORATING, /* all-collaborate: {node} and {n} clients in all */
    SR_DETAIL_STUCK,             /* nobody-stuck: likewise */
} SrDetail;
#define SR_DETAIL_N (SR_DETAIL_STUCK + 1)

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
#define SR_CONTENT_NONE 0u

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
    };
} SrRecord;

/* ---- names ---- */

#define SR_NODE_NAME_MAX 76   /* with the closing zero */
#define SR_HINT_TEXT_MAX 1025 /* 256 characters of at most four bytes, and the closing zero */

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
} SrNames;

#pragma GCC visibility pop
