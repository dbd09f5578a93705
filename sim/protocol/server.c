/* The server: connections and, for each document, a phase.
 *
 * What holds in each phase (SrPhase):
 *   none         no creation, no active session; perhaps the content of an outdated one
 *   creating     owner and hint are set; owner_conn is the owner's connection, 0 while it is
 *                lost and the creation waits for it; the rejected clients that are still on the
 *                connection they were rejected on stand in a list, in that order, where one of
 *                them may be promoted
 *   established  content is there; owner and hint say who made it
 *
 * Every client with an accepted connection stands in the list of its document, in the order of
 * acceptance: that is the order of every broadcast. A message on any other connection is not
 * served. One table answers each message in each phase. */
#include "session-race/server.h"

/* Here actions are collected, for a driver that looks at them one by one. */
typedef struct {
    SrActions *actions;
    int64_t now; /* where a message is handled */
} SrServerSink;

static inline int64_t
sr_server_clock(const SrServerSink *sink)
{
    return sink->now;
}

static inline void
sr_server_act(const SrServerSink *sink, const SrAction *action)
{
    sr_actions_add(sink->actions, action);
}

static inline void
sr_server_foresee(const SrServerSink *sink, uint32_t client)
{
    (void) sink, (void) client;
}

#include "protocol/server-core.h"

#define ROW(msg) [SR_MSG_##msg - MSG_FIRST]

/* clang-format off */
SR_CELL uint8_t sr_server_table[SR_PHASE_N][MSG_N] = {
    [SR_PHASE_NONE] = {
        ROW(SESSION_REQUEST) = DO_NONE, ROW(CREATE_SESSION) = DO_ACCEPT, ROW(TOKEN_UPDATE) = DO_TOKEN_UPDATE,
    },
    [SR_PHASE_CREATING] = {
        ROW(SESSION_REQUEST) = DO_CREATING, ROW(CREATE_SESSION) = DO_REJECT, ROW(UPLOAD) = DO_ESTABLISH,
        ROW(TOKEN_UPDATE) = DO_TOKEN_UPDATE,
    },
    [SR_PHASE_ESTABLISHED] = {
        ROW(SESSION_REQUEST) = DO_AVAILABLE, ROW(CREATE_SESSION) = DO_REJECT_LATE, ROW(JOIN) = DO_CONTENT,
        ROW(TOKEN_UPDATE) = DO_TOKEN_UPDATE,
    },
};
/* clang-format on */

void
sr_server_reset(const SrServer *server)
{
    forget_clients(server);
    memset(server->documents, 0, server->n_documents * sizeof *server->documents);
    for (uint32_t i = 0; i < server->n_documents; i++) {
        SrServerDocument *document = &server->documents[i];

        document->first = document->last = document->first_rejected = document->last_rejected =
            SR_NOBODY;
    }
}

void
sr_server_message(const SrServerRules *rules, const SrServer *server, const SrMessage *message,
                  int64_t now, SrActions *actions)
{
    const SrServerStep step = { rules, server, { actions, now } };

    take_message(&step, message);
}

void
sr_server_closed(const SrServerRules *rules, const SrServer *server, uint32_t client,
                 uint32_t conn, SrReason reason, SrActions *actions)
{
    const SrServerStep step = { rules, server, { actions, 0 } };

    see_closed(&step, client, conn, reason);
}

void
sr_server_timeout(const SrServerRules *rules, const SrServer *server, uint32_t document,
                  SrActions *actions)
{
    const SrServerStep step = { rules, server, { actions, 0 } };

    time_out(&step, document);
}

void
sr_server_upgrade(const SrServerRules *rules, const SrServer *server, SrActions *actions)
{
    const SrServerStep step = { rules, server, { actions, 0 } };

    upgrade(&step);
}

void
sr_server_crash(const SrServerRules *rules, const SrServer *server, SrActions *actions)
{
    const SrServerStep step = { rules, server, { actions, 0 } };

    crash(&step);
}

#ifdef SR_MUTANTS
uint8_t *
sr_server_cells(unsigned *rows, unsigned *columns)
{
    *rows = SR_PHASE_N;
    *columns = MSG_N;
    return &sr_server_table[0][0];
}
#endif
