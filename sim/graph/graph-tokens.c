/* Which token is which: the run knows their seconds only. A token is named by its client and the
 * request that asked for it, and has the register of that name. */
#include "graph/graph-record-private.h"

uint16_t
sr_graph_token_register(const Recorder *recorder, uint32_t token)
{
    return (uint16_t) (recorder->graph->registers.tokens + (token >> 24) * SR_GRAPH_TOKENS +
                       token % SR_GRAPH_TOKENS);
}

/* Returns: the token that @client has now, in the middle of a step */
uint32_t
sr_graph_token_of_client(const Recorder *recorder, uint32_t client)
{
    const SrClient *core = &recorder->run->clients[client].core;
    uint32_t request = recorder->answer_request;

    /* It has taken the answer that arrives. */
    if (recorder->has_answer && recorder->answer_client == client &&
        ((recorder->awaited && core->awaits != request) ||
         (recorder->renewed && core->renews != request)))
        return sr_graph_token(client, request);
    return recorder->tokens.of_client[client];
}

/* Notes which token is in the message of @slot. */
void
sr_graph_name_token(Recorder *recorder, uint32_t slot)
{
    const SrMessage *message = &recorder->run->transit.whole[slot].message;
    Tokens *tokens = &recorder->tokens;
    uint32_t token = 0;

    if (slot >= tokens->n_slots) {
        tokens->of_slot = g_renew(uint32_t, tokens->of_slot, slot * 2 + 64);
        memset(tokens->of_slot + tokens->n_slots, 0,
               (slot * 2 + 64 - tokens->n_slots) * sizeof *tokens->of_slot);
        tokens->n_slots = slot * 2 + 64;
    }
    if (message->token != SR_TOKEN_NONE)
        token = message->type == SR_MSG_TOKEN
                    ? sr_graph_token(message->client, message->request)
                    : sr_graph_token_of_client(recorder, message->client);
    tokens->of_slot[slot] = token;
}

void
sr_graph_look_at_answer(Recorder *recorder, uint32_t slot)
{
    const SrMessage *message = &recorder->run->transit.whole[slot].message;
    const SrClient *core = &recorder->run->clients[message->client].core;

    if (message->type != SR_MSG_TOKEN)
        return;
    recorder->has_answer = true;
    recorder->answer_client = message->client;
    recorder->answer_request = message->request;
    recorder->awaited = core->awaits == message->request;
    recorder->renewed = core->renews == message->request;
}

/* What the server has acted on is over: does it have another token of the client now? */
void
sr_graph_settle_act(Recorder *recorder)
{
    const SrMessage *act = &recorder->act;

    if (recorder->has_act && recorder->act_token != 0 &&
        recorder->run->world.server.clients[act->client].conn == act->conn)
        recorder->tokens.of_server[act->client] = recorder->act_token;
    recorder->has_act = false;
}

/* Whether @used is another token than @token in the same register. */
static bool
collides(uint32_t used, uint32_t token)
{
    return used != 0 && used != token && used >> 24 == token >> 24 &&
           used % SR_GRAPH_TOKENS == token % SR_GRAPH_TOKENS;
}

static bool
slot_collides(const Recorder *recorder, uint32_t slot, uint32_t token)
{
    return recorder->run->transit.whole[slot].message.token != SR_TOKEN_NONE &&
           collides(recorder->tokens.of_slot[slot], token);
}

/* The registers of tokens are used again: none may be in use, by a node or by a message. */
void
sr_graph_check_register(Recorder *recorder, uint32_t token)
{
    const SrRun *run = recorder->run;
    const Service *server = &run->services[SR_NODE_SERVER];
    uint32_t client = token >> 24;
    bool used = run->clients[client].core.has_token &&
                collides(recorder->tokens.of_client[client], token);

    used |= run->world.server.clients[client].conn != 0 &&
            collides(recorder->tokens.of_server[client], token);
    for (unsigned i = 0; i < recorder->n_items; i++)
        if (recorder->items[i].payload >> 56 == EV_ARRIVE)
            used |= slot_collides(recorder, (uint32_t) recorder->items[i].payload, token);
    for (uint32_t slot = server->first; slot != SR_NO_SLOT;
         slot = run->transit.whole[slot].next)
        used |= slot_collides(recorder, slot, token);
    if (server->current != SR_NO_SLOT)
        used |= slot_collides(recorder, server->current, token);
    recorder->lost |= used;
}
