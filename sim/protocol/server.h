/* The server's side of the handshake: sections 3, 5 and 7 of the protocol. */
#pragma once

#include "protocol/protocol.h"

#define SR_NOBODY UINT32_MAX

/** SrPhase: the state of a document at the server. */
typedef enum {
    SR_PHASE_NONE,        /* no session; perhaps an outdated one */
    SR_PHASE_CREATING,    /* a creation stands: an owner, a hint */
    SR_PHASE_ESTABLISHED, /* a session is active */
} SrPhase;
#define SR_PHASE_N (SR_PHASE_ESTABLISHED + 1)

/** SrServerRules: the keys of `[server]` that the core needs. */
typedef struct {
    bool tokens;  /* `[token-provider] enabled`; without tokens every connect is accepted */
    bool pending; /* while-creating = pending */
    uint8_t on_owner_lost; /* SrOwnerLost */
    bool durable;
    uint32_t check_token;     /* bits 1 << (SrMsg - SR_MSG_CONNECT) */
    SrSpan establish_timeout; /* SR_TIME_NEVER: none */
    SrTokenRules token;
} SrServerRules;

/** SrContent: sealed content, identified by its key, its nonce and its hint. key 0: none. */
typedef struct {
    uint32_t hint, key, sealer, counter;
} SrContent;

/** SrServerDocument: the state of one document. All zero, with empty lists (SR_NOBODY), is a
 * document without a session. */
typedef struct {
    uint8_t phase; /* SrPhase */
    bool has_outdated;
    uint32_t owner; /* client; while CREATING or ESTABLISHED */
    /* 0: the connection is lost, and the creation waits for the owner */
    uint32_t owner_conn;
    uint32_t hint;
    SrContent content;    /* of the active session */
    SrContent outdated;   /* of the last outdated one */
    uint32_t first, last; /* clients connected, in the order in which they connected */
    /* Clients rejected in this creation, in that order, as long as they stay on the connection.
     */
    uint32_t first_rejected, last_rejected;
} SrServerDocument;

/** SrServerClient: the server's state for a client. All zero: not connected. */
typedef struct {
    uint32_t conn; /* 0: none */
    /* The newest connection that the server has seen close or has closed. It may be newer than
     * `conn`: a client loses a connection without the server noticing, and is then closed for
     * good while its next `connect` is in flight. */
    uint32_t closed;
    uint32_t next, previous; /* clients connected for its document */
    int64_t token;
} SrServerClient;

/** SrServerRejected: a client that may be promoted, since its create-session was rejected in the
 * present creation of its document, on this connection. All zero: any other client. */
typedef struct {
    bool listed;
    uint32_t attempt; /* hint of its create-session */
    uint32_t next, previous;
} SrServerRejected;

/** SrServer: the caller owns the arrays. */
typedef struct {
    SrServerDocument *documents;     /* n_documents */
    SrServerClient *clients;         /* n_clients */
    SrServerRejected *rejected;      /* n_clients; (nullable) if clients are never promoted */
    const uint32_t *client_document; /* n_clients */
    uint32_t n_documents, n_clients;
} SrServer;

/** sr_server_link_client: appends @client to the clients that are connected for @document. */
static inline void
sr_server_link_client(SrServerDocument *document, SrServerClient *clients, uint32_t client)
{
    clients[client].next = SR_NOBODY;
    clients[client].previous = document->last;
    if (document->last == SR_NOBODY)
        document->first = client;
    else
        clients[document->last].next = client;
    document->last = client;
}

/** sr_server_link_rejected: appends @client to the rejected clients of @document. */
static inline void
sr_server_link_rejected(SrServerDocument *document, SrServerRejected *rejected, uint32_t client)
{
    rejected[client].listed = true;
    rejected[client].next = SR_NOBODY;
    rejected[client].previous = document->last_rejected;
    if (document->last_rejected == SR_NOBODY)
        document->first_rejected = client;
    else
        rejected[document->last_rejected].next = client;
    document->last_rejected = client;
}

/** sr_server_reset: removes all connections and sessions. */
void sr_server_reset(const SrServer *server);

/** sr_server_token: Returns: the token that the server judges when it takes @message; SR_TOKEN_NONE:
 * none, or there is none to judge */
int64_t sr_server_token(const SrServerRules *rules, const SrServer *server,
                        const SrMessage *message);

/**
 * sr_server_message:
 * @now: the server's own clock in ns since 1970
 *
 * Handles a message from a client, at the end of its processing.
 */
void sr_server_message(const SrServerRules *rules, const SrServer *server,
                       const SrMessage *message, int64_t now, SrActions *actions);
/** sr_server_closed: the server sees connection @conn of @client close. Does nothing if the
 * server has already forgotten it. */
void sr_server_closed(const SrServerRules *rules, const SrServer *server, uint32_t client,
                      uint32_t conn, SrReason reason, SrActions *actions);
/** sr_server_timeout: the establish-timeout of @document fires. */
void sr_server_timeout(const SrServerRules *rules, const SrServer *server, uint32_t document,
                       SrActions *actions);
/** sr_server_upgrade: `upgrade server` of the timeline, section 7. */
void sr_server_upgrade(const SrServerRules *rules, const SrServer *server, SrActions *actions);
/** sr_server_crash: drops everything that does not survive a crash. The driver closes the
 * clients' connections. */
void sr_server_crash(const SrServerRules *rules, const SrServer *server, SrActions *actions);
