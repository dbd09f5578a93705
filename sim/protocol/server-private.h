/* What the files of the server share. server.c has the table and the steps; server-lists.c has
 * the two lists of a document. A step appends its actions to the caller's buffer. */
#pragma once

#include <glib.h>
#include <string.h>

#include "protocol/server.h"

G_STATIC_ASSERT(sizeof(SrServerClient) == 24);

/* The arguments of one step. */
typedef struct {
    const SrServerRules *rules;
    const SrServer *server;
    int64_t now; /* by the server's clock, when a message is handled */
    SrActions *actions;
} SrServerStep;

/* ---- server-lists.c ---- */

void sr_server_connect_client(const SrServerStep *step, uint32_t client, uint32_t conn,
                              int64_t token);
void sr_server_remove_rejected(const SrServerStep *step, SrServerDocument *document,
                               uint32_t client);
void sr_server_add_rejected(const SrServerStep *step, SrServerDocument *document,
                            uint32_t client, uint32_t hint);
void sr_server_clear_rejected(const SrServerStep *step, SrServerDocument *document);
