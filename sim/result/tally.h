/* The tally: the counts of a run.
 *
 * The same code counts a fresh run and a recorded trace. A trace passes its records
 * (recorded.c). A run passes the values of a record before it knows whether anybody wants the
 * record: to make records only for the tally cost 3 % more instructions with two clients and 2
 * % with a thousand. */
#pragma once

#include "session-race/record.h"
#include "session-race/result.h"
#include "session-race/sweep-row.h"

/** SrTallyClient: the counts of one client. */
typedef struct {
    bool started : 1;
    bool accepted : 1; /* the server accepted a `connect` of it */
    bool won : 1;      /* a session that it created was established */
    bool raced : 1;    /* it sent create-session */
    bool collaborated : 1, failed : 1;
} SrTallyClient;

/** SrTallyKey: a key, by its number. There may be a million. */
typedef struct __attribute__((packed, aligned(4))) {
    SrTime made_at;
    uint32_t document : 27; /* for the owner of the names of keys */
    bool made : 1, won : 1, previous : 1, gone : 1;
    bool unusual : 1; /* for an owner that keeps more about a few keys */
} SrTallyKey;
G_STATIC_ASSERT(sizeof(SrTallyKey) == 12);

/** SrTallyDocument: the counts of one document. */
typedef struct {
    uint32_t owner;     /* node whose creation the server accepted last; 0: none so far */
    uint32_t n_raced;   /* clients that sent create-session */
    SrTime first_start; /* scratch of sr_sweep_row_count() */
} SrTallyDocument;

/** SrTally: the state of counting. While counting, it allocates only room for more keys. */
typedef struct {
    SrRunResult *result; /* receives the counts */
    uint32_t n_clients, n_documents;
    SrTallyClient *clients; /* n_clients */
    SrTallyDocument *documents;
    /* n_clients; an element is valid if a bit of the client says so. The kernel allocates these
     * pages on the first write. */
    SrTime *start_at, *collaborating_at, *failed_at;
    SrTallyKey *keys; /* keys_capacity + 1, by number */
    SrTime *gone_at;  /* likewise; valid for keys that are `gone` */
    uint32_t n_keys, keys_capacity;
    uint32_t winner_hint; /* hint of result->winner, or SR_HINT_ABSENT */
    bool winner_known;    /* a session was established, so result->winner is set */
} SrTally;

void sr_tally_init(SrTally *tally, uint32_t n_clients, uint32_t n_documents);
void sr_tally_clear(SrTally *tally);
/** sr_tally_reset: begins a run. It zeroes the counts of @result. */
void sr_tally_reset(SrTally *tally, SrRunResult *result);
/** sr_tally_learn_key: makes room for the key number @key, about which nothing need be known.
 */
void sr_tally_learn_key(SrTally *tally, uint32_t key);
void sr_tally_reserve_keys(SrTally *tally, uint32_t n_keys);
/** sr_tally_end: sums up the keys at the end of the run; result->t must be set. */
void sr_tally_end(SrTally *tally);
/** sr_tally_outcome: Returns: the outcome of client @i; the caller sets state and reason */
SrClientOutcome sr_tally_outcome(const SrTally *tally, uint32_t i);
/** sr_sweep_row_count: adds a run that was counted to its end to @row. A client *won* when a
 * session that it created was established. It started first when no other client of its
 * document started before it. @unexpected: not as its scenario expects: sr_expect_met();
 * @client_document (array length=n_clients) */
void sr_sweep_row_count(SrSweepRow *row, const SrTally *tally, const uint32_t *client_document,
                        bool unexpected);

#define SR_TALLY_INLINE static inline __attribute__((always_inline))

SR_TALLY_INLINE void
sr_tally_started(SrTally *tally, uint32_t i, SrTime now)
{
    SrTallyClient *client = &tally->clients[i];

    if (client->started)
        return;
    client->started = true;
    tally->start_at[i] = now;
}

SR_TALLY_INLINE void
sr_tally_collaborating(SrTally *tally, uint32_t i, SrTime now)
{
    SrTallyClient *client = &tally->clients[i];

    if (client->collaborated)
        return;
    client->collaborated = true;
    tally->collaborating_at[i] = now;
}

SR_TALLY_INLINE void
sr_tally_established(SrTally *tally, uint32_t document, uint32_t hint, uint32_t key)
{
    uint32_t owner = tally->documents[document].owner;

    if (owner == 0)
        return;
    tally->clients[owner - SR_NODE_FIRST_CLIENT].won = true;
    if (!tally->winner_known) {
        tally->result->winner = owner;
        tally->winner_hint = hint;
    }
    tally->winner_known = true;
    tally->keys[key].won = true;
}

/* Returns: whether a record of @event is made by a client itself */
SR_TALLY_INLINE bool
sr_tally_is_of_client(SrEvent event)
{
    return event == SR_EVENT_START || event == SR_EVENT_COLLABORATING ||
           event == SR_EVENT_FAILED;
}

/* Counts a record of @event. @i: the client that made it or that it is about; @key: the key
 * that @hint names now. */
SR_TALLY_INLINE void
sr_tally_event(SrTally *tally, SrEvent event, SrTime now, uint32_t i, uint32_t document,
               uint32_t hint, uint32_t key, SrReason reason)
{
    SrRunResult *result = tally->result;

    switch (event) {
    case SR_EVENT_START:
        sr_tally_started(tally, i, now);
        break;
    case SR_EVENT_COLLABORATING:
        sr_tally_collaborating(tally, i, now);
        break;
    case SR_EVENT_FAILED:
        if (!tally->clients[i].failed)
            tally->failed_at[i] = now;
        tally->clients[i].failed = true;
        break;
    case SR_EVENT_ESTABLISHED:
        sr_tally_established(tally, document, hint, key);
        break;
    case SR_EVENT_KEY_MADE:
        result->keys_made++;
        tally->keys[key].made = true;
        tally->keys[key].made_at = now;
        /* A key that was made before any message was sent existed before the run. */
        tally->keys[key].previous = result->messages == 0;
        break;
    case SR_EVENT_KEY_DISCARDED:
        result->keys_discarded++;
        tally->keys[key].gone = true;
        tally->gone_at[key] = now;
        break;
    case SR_EVENT_KEY_MISSING:
        result->keys_missing++;
        break;
    case SR_EVENT_TOKEN_JUDGED:
        result->tokens_judged++;
        result->tokens_refused += reason != SR_REASON_NONE;
        break;
    default: /* the other events are not counted */
        break;
    }
}

/* Counts a message to or from client @i. */
SR_TALLY_INLINE void
sr_tally_sent(SrTally *tally, SrMsg msg, uint32_t i, uint32_t document, uint32_t hint)
{
    SrRunResult *result = tally->result;

    result->messages++;
    if (msg == SR_MSG_CONNECTED) {
        tally->clients[i].accepted = true;
    } else if (msg == SR_MSG_CREATE_SESSION) {
        SrTallyClient *client = &tally->clients[i];

        if (!client->raced) {
            result->n_raced++;
            result->raced_documents += ++tally->documents[document].n_raced == 2;
        }
        client->raced = true;
    } else if (msg == SR_MSG_CREATE_ACCEPTED) {
        tally->documents[document].owner = SR_NODE_FIRST_CLIENT + i;
        if (result->winner == SR_NODE_NONE) {
            result->winner = SR_NODE_FIRST_CLIENT + i;
            tally->winner_hint = hint;
        }
    }
}

/* A client is locked out by one of the reasons for which it fails; a trace of another program may
 * name any. */
SR_TALLY_INLINE SrEnding
sr_tally_locked_out(uint8_t reason)
{
    bool known = reason >= SR_REASON_ENCRYPTION && reason <= SR_REASON_GENERAL;

    return (SrEnding) (SR_ENDING_LOCKED_OUT_ENCRYPTION +
                       ((known ? reason : SR_REASON_GENERAL) - SR_REASON_ENCRYPTION));
}
G_STATIC_ASSERT(SR_ENDING_LOCKED_OUT_GENERAL - SR_ENDING_LOCKED_OUT_ENCRYPTION ==
                SR_REASON_GENERAL - SR_REASON_ENCRYPTION);

/* How a client that started has ended: the one place that says so. @state, @reason: at the end;
 * @collaborated: at some time. */
SR_TALLY_INLINE SrEnding
sr_tally_ending(uint8_t state, uint8_t reason, bool collaborated)
{
    switch ((SrClientState) state) {
    case SR_CLIENT_COLLABORATING:
        return SR_ENDING_COLLABORATED;
    case SR_CLIENT_CLOSED:
        return collaborated ? SR_ENDING_COLLABORATED : SR_ENDING_LEFT;
    case SR_CLIENT_FAILED:
        return sr_tally_locked_out(reason);
    case SR_CLIENT_REQUESTING:
    case SR_CLIENT_MAKING_KEY:
    case SR_CLIENT_SEALING:
    case SR_CLIENT_CREATED:
    case SR_CLIENT_WAITING:
    case SR_CLIENT_UPLOADING:
    case SR_CLIENT_RESUMING:
    case SR_CLIENT_LOOKING_UP:
    case SR_CLIENT_DERIVING:
    case SR_CLIENT_JOINING:
        return SR_ENDING_STUCK;
    case SR_CLIENT_IDLE: /* of a trace that does not tell its states */
    case SR_CLIENT_TOKEN:
    case SR_CLIENT_CONNECTING: /* no connection was accepted yet */
    case SR_CLIENT_RECONNECTING:
    case SR_CLIENT_CRASHED:
        return SR_ENDING_AWAY;
    }
    g_assert_not_reached();
}

/* Counts how client @i ended: its state at the end, and the reason it failed for. */
SR_TALLY_INLINE void
sr_tally_client_end(SrTally *tally, uint32_t i, uint8_t state, uint8_t reason)
{
    SrRunResult *result = tally->result;
    const SrTallyClient *client = &tally->clients[i];

    result->n_collaborating += state == SR_CLIENT_COLLABORATING;
    result->n_failed += state == SR_CLIENT_FAILED;
    result->n_waiting += state == SR_CLIENT_WAITING;
    if (client->started) {
        SrEnding ending = sr_tally_ending(state, reason, client->collaborated);

        result->endings[ending]++;
        result->ended |= 1u << ending;
    }
}

/* Counts a check that failed; @cause is %NULL for liveness. Each check fails once, but a trace
 * of another program may repeat it. */
SR_TALLY_INLINE void
sr_tally_failure(SrTally *tally, const SrRecord *failed, const SrRecord *cause)
{
    SrRunResult *result = tally->result;
    SrFailure *failure = &result->failures[result->n_failures];

    result->failed |= 1u << failed->check;
    if (result->n_failures == SR_CHECK_N)
        return;
    result->n_failures++;
    failure->failed = *failed;
    failure->cause = cause != NULL ? *cause : (SrRecord){ 0 };
}

/** sr_tally_start_at: Returns: when client @i first started, or SR_TIME_NEVER */
SR_TALLY_INLINE SrTime
sr_tally_start_at(const SrTally *tally, uint32_t i)
{
    return tally->clients[i].started ? tally->start_at[i] : SR_TIME_NEVER;
}

/** sr_tally_collaborating_at: Returns: when client @i first collaborated, or SR_TIME_NEVER */
SR_TALLY_INLINE SrTime
sr_tally_collaborating_at(const SrTally *tally, uint32_t i)
{
    return tally->clients[i].collaborated ? tally->collaborating_at[i] : SR_TIME_NEVER;
}
