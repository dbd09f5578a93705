/* The two lists of a document: clients that are connected, in the order in which they connected,
 * and rejected clients that may be promoted, in the order of their rejection. */
#include "protocol/server-private.h"

void
sr_server_connect_client(const SrServerStep *step, uint32_t client, uint32_t conn,
                         int64_t token)
{
    SrServerClient *clients = step->server->clients;

    clients[client].conn = conn;
    clients[client].token = token;
    sr_server_link_client(&step->server->documents[step->server->client_document[client]],
                          clients, client);
}

void
sr_server_remove_rejected(const SrServerStep *step, SrServerDocument *document, uint32_t client)
{
    SrServerRejected *rejected = step->server->rejected, *it;

    if (rejected == NULL || !rejected[client].listed)
        return;
    it = &rejected[client];
    it->listed = false;
    if (it->previous == SR_NOBODY)
        document->first_rejected = it->next;
    else
        rejected[it->previous].next = it->next;
    if (it->next == SR_NOBODY)
        document->last_rejected = it->previous;
    else
        rejected[it->next].previous = it->previous;
}

void
sr_server_add_rejected(const SrServerStep *step, SrServerDocument *document, uint32_t client,
                       uint32_t hint)
{
    SrServerRejected *rejected = step->server->rejected;

    if (rejected == NULL)
        return;
    rejected[client].attempt = hint;
    /* A link may deliver `create-session` twice: the first rejection counts. */
    if (!rejected[client].listed)
        sr_server_link_rejected(document, rejected, client);
}

void
sr_server_clear_rejected(const SrServerStep *step, SrServerDocument *document)
{
    while (document->first_rejected != SR_NOBODY)
        sr_server_remove_rejected(step, document, document->first_rejected);
}
