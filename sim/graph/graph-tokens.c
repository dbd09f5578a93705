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

/* What a token that is to be signed meets in its register. */
typedef struct {
    uint32_t token;
    bool is_other;  /* a token of another request is in use */
    bool is_again;  /* one of the same request is, */
    int64_t second; /* which was signed at this second */
} Meeting;

/* A node or a message has @token, which was signed at @second. */
static void
meet(Meeting *meeting, uint32_t token, int64_t second)
{
    if (token == 0 || token >> 24 != meeting->token >> 24 ||
        token % SR_GRAPH_TOKENS != meeting->token % SR_GRAPH_TOKENS)
        return;
    if (token == meeting->token) {
        meeting->is_again = true;
        meeting->second = second;
    } else {
        meeting->is_other = true;
    }
}

static void
meet_in_slot(const Recorder *recorder, Meeting *meeting, uint32_t slot)
{
    int64_t second = recorder->run->transit.whole[slot].message.token;

    if (second != SR_TOKEN_NONE)
        meet(meeting, recorder->tokens.of_slot[slot], second);
}

static Meeting
find_meeting(const Recorder *recorder, uint32_t token)
{
    const SrRun *run = recorder->run;
    const Service *server = &run->services[SR_NODE_SERVER];
    uint32_t client = token >> 24;
    const SrClient *core = &run->clients[client].core;
    const SrServerClient *of_server = &run->world.server.clients[client];
    Meeting meeting = { .token = token };

    if (core->has_token)
        meet(&meeting, recorder->tokens.of_client[client], core->token);
    if (of_server->conn != 0)
        meet(&meeting, recorder->tokens.of_server[client], of_server->token);
    for (unsigned i = 0; i < recorder->n_items; i++)
        if (recorder->items[i].payload >> 56 == EV_ARRIVE)
            meet_in_slot(recorder, &meeting, (uint32_t) recorder->items[i].payload);
    for (uint32_t slot = server->first; slot != SR_NO_SLOT;
         slot = run->transit.whole[slot].next)
        meet_in_slot(recorder, &meeting, slot);
    if (server->current != SR_NO_SLOT)
        meet_in_slot(recorder, &meeting, server->current);
    return meeting;
}

/* A register is used again, so none of its tokens may be in use; but a request that comes twice is
 * answered by the same token, if that is in the same second. */
void
sr_graph_sign(Recorder *recorder, uint32_t client, uint32_t request)
{
    uint32_t token = sr_graph_token(client, request);
    uint16_t at = sr_graph_token_register(recorder, token);
    Meeting meeting = find_meeting(recorder, token);
    bool same = true;

    if (meeting.is_again) {
        same = meeting.second ==
               sr_floor_div(sr_run_local(recorder->run, SR_NODE_TOKEN_PROVIDER), SR_NS_PER_S);
        sr_graph_add_guard(recorder, (Op){ .kind = OP_SAME_SECOND, .a = at }, same);
    }
    if (meeting.is_other || !same)
        recorder->lost = true;
    sr_graph_add(recorder, (Op){ .kind = OP_SIGN, .a = at });
}
