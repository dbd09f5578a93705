/* The state of a run at each of its records, as its trace tells it: what clients do and which keys they
 * hold, what the server has for each document, what the store holds, what is on its way, what is known
 * of clocks. And for each record the one that led to it.
 *
 * A trace may come from another program, so its records may contradict each other. */
#pragma once

#include "session-race/record.h"
#include "session-race/trace-reader.h"

/** SR_MOMENT_KEYS_MAX: how many keys of a client are shown, the newest ones; a client of the core
 * holds no more. */
#define SR_MOMENT_KEYS_MAX 4
/** SR_MOMENT_NEVER: the index of no record. */
#define SR_MOMENT_NEVER UINT32_MAX

/** SrMomentKey: a key that a client was given. */
typedef struct {
    uint32_t hint, key;
} SrMomentKey;

/** SrMomentClient: one client. All zero is one that has not started. */
typedef struct {
    uint8_t state;  /* SrClientState */
    uint8_t reason; /* SrReason that it failed for */
    uint8_t n_keys;
    uint32_t conn; /* its connection to the server; 0: none */
    SrMomentKey keys[SR_MOMENT_KEYS_MAX];
} SrMomentClient;

/** SrMomentDocument: what the server has for a document. */
typedef struct {
    bool stands, active; /* a creation; a session */
    uint32_t owner;      /* node: of the creation, or of the one that became the session */
    uint32_t creation, session, outdated; /* hints; outdated: SR_HINT_ABSENT if there is none */
} SrMomentDocument;

/** SrMomentClock: what is known of the clock of a node. */
typedef struct {
    bool is_set;     /* the trace says how far it is off */
    bool was_read;   /* a token was signed or judged by it */
    int64_t offset;  /* ns; likewise */
    int64_t reading; /* whole seconds since 1970 */
    SrTime read_at;
} SrMomentClock;

/** SrMoments: the state behind the first @n records. */
typedef struct {
    const SrTrace *trace;
    uint32_t n; /* records that were taken */
    uint32_t n_clients, n_documents;
    SrMomentClient *clients;        /* n_clients */
    SrMomentDocument *documents;    /* n_documents */
    SrMomentClock *clocks;          /* n_clients and the services, by node */
    struct SrMomentsChecks *checks; /* private: they know what the server has */
    bool sent;                      /* private: a message was sent */
} SrMoments;

/** sr_moments_new: @trace: must outlive the moments; fewer than SR_MOMENT_NEVER records. */
SrMoments *sr_moments_new(const SrTrace *trace);
void sr_moments_free(SrMoments *moments);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrMoments, sr_moments_free)
/** sr_moments_step: takes the next record, of which there must be one. */
void sr_moments_step(SrMoments *moments);

/** SrStoredKey: a key while the store has it: from record @made on, until record @gone. */
typedef struct {
    uint32_t made, gone; /* gone: SR_MOMENT_NEVER: it stays */
    uint32_t hint, key, document;
} SrStoredKey;
/** sr_moments_keys: Returns: (transfer full): SrStoredKey, in the order of making */
GArray *sr_moments_keys(const SrTrace *trace);

/** SrSentMessage: a message while it is on its way: from record @sent on, until record @ended, its last
 * arrival or its loss. */
typedef struct {
    uint32_t sent, ended; /* ended: SR_MOMENT_NEVER: it does not arrive before the end */
} SrSentMessage;
/** sr_moments_messages: Returns: (transfer full): SrSentMessage, in the order of sending */
GArray *sr_moments_messages(const SrTrace *trace);

/**
 * sr_moments_causes:
 *
 * For each record the one that led to it: of an arrival the sending; of a failed check the step that
 * broke it, or the discard of the key that it misses; of an answer of a service what it did for it, or the request; of a key that is missing its
 * discard; of a discard the making of the key that pushed it out, or its own; else the last step of the
 * same node.
 *
 * Returns: (transfer full) (array length=n_records): indexes of records, each before its own;
 * SR_MOMENT_NEVER: nothing led to it
 */
uint32_t *sr_moments_causes(const SrTrace *trace);
