/* Operations of the present step, and the draws from which the instants of its items come. */
#include "graph/graph-record-private.h"

/* ---- operations ---- */

void
sr_graph_add_guard(Recorder *recorder, Op op, unsigned outcome)
{
    if (recorder->lost)
        return;
    if (recorder->n_ops == SR_GRAPH_OPS_MAX || outcome >= SR_GRAPH_OUTCOMES_MAX) {
        recorder->lost = true;
        return;
    }
    op.makes = is_push(&op);
    op.group = is_push(&op) ? recorder->group : 0;
    recorder->ops[recorder->n_ops++] =
        (StepOp){ op, outcome, recorder->item, is_push(&op) ? recorder->told : 0 };
}

void
sr_graph_add(Recorder *recorder, Op op)
{
    sr_graph_add_guard(recorder, op, 0);
}

Op
sr_graph_draw_op(const Recorder *recorder, OpKind kind, unsigned id, uint32_t client,
                 uint64_t number, const void *what)
{
    SrGraph *graph = recorder->graph;
    bool known = recorder->lost;

    for (unsigned i = 0; i < graph->n_draws; i++)
        known |= graph->draws[i] == id;
    if (!known)
        graph->draws[graph->n_draws++] = (uint8_t) id;
    return (Op){ .kind = (uint8_t) kind,
                 .b = (uint16_t) (id * recorder->run->model->n_clients + client),
                 /* as in sr_stream_at() */
                 .c = sr_mix64(number + SR_STREAM_GAMMA),
                 .d = what };
}

/* ---- draws ---- */

static const SrClientGroup *
group_of(const Recorder *recorder, uint32_t client)
{
    return &g_array_index(recorder->run->scenario->clients, SrClientGroup,
                          recorder->run->clients[client].group);
}

const SrLinkSettings *
sr_graph_link(const Recorder *recorder, uint32_t client, unsigned direction)
{
    const SrRun *run = recorder->run;

    return &sr_model_links(run->model, client, run->clients[client].group)
                ->directions[direction];
}

/* Returns: (nullable): from what the scenario draws @id for @client */
static const SrDistribution *
distribution_of(const Recorder *recorder, unsigned id, uint32_t client)
{
    const SrScenario *scenario = recorder->run->scenario;

    if (id < SR_DRAW_LATENCY + SR_DIRECTION_N)
        return &sr_graph_link(recorder, client, id - SR_DRAW_LATENCY)->latency;
    switch (id) {
    case SR_DRAW_PROCESSING + SR_NODE_SERVER:
        return &scenario->server.processing;
    case SR_DRAW_PROCESSING + SR_NODE_TOKEN_PROVIDER:
        return &scenario->token_provider.processing;
    case SR_DRAW_PROCESSING + SR_NODE_ENCRYPTION_PROVIDER:
        return &scenario->encryption_provider.processing;
    case SR_DRAW_GENERATE:
        return &scenario->encryption_provider.generate;
    case SR_DRAW_LOOKUP:
        return &scenario->encryption_provider.lookup;
    case SR_DRAW_DERIVE:
        return &group_of(recorder, client)->derive;
    case SR_DRAW_START:
        return &group_of(recorder, client)->start;
    default:
        return NULL;
    }
}

/* Processing that takes no time lets the service act at once. */
static void
note_processing(Recorder *recorder, const PendingDraw *draw, bool is_zero)
{
    if (draw->distribution->constant) {
        if (!is_zero)
            recorder->draws[recorder->n_draws++] = *draw;
        return;
    }
    sr_graph_add(recorder, sr_graph_draw_op(recorder, OP_DRAW, draw->id, draw->client,
                                            draw->number, draw->distribution));
    sr_graph_add_guard(recorder, (Op){ .kind = OP_IS_ZERO }, is_zero);
    recorder->spanned = !is_zero;
}

static void
note_loss(Recorder *recorder, const SrDraw *draw, uint32_t client)
{
    const SrLinkSettings *link = sr_graph_link(recorder, client, draw->id - SR_DRAW_LOSS);
    bool lost = draw->value > 0;

    if (link->ordered) {
        sr_graph_add(recorder,
                     sr_graph_draw_op(recorder, OP_LOSS, draw->id, client, draw->number, link));
        recorder->spanned = true;
        return;
    }
    sr_graph_add_guard(
        recorder, sr_graph_draw_op(recorder, OP_IS_LOST, draw->id, client, draw->number, link),
        lost);
    if (lost)
        recorder->n_draws = 0;
}

static void
note_copy(Recorder *recorder, const SrDraw *draw, uint32_t client)
{
    const SrLinkSettings *link = sr_graph_link(recorder, client, draw->id - SR_DRAW_DUPLICATE);
    bool copied = draw->value != SR_DRAW_NO;

    sr_graph_add_guard(
        recorder,
        sr_graph_draw_op(recorder, OP_IS_COPIED, draw->id, client, draw->number, link), copied);
    recorder->spanned = copied;
}

void
sr_graph_on_draw(void *data, const SrDraw *draw)
{
    Recorder *recorder = data;
    uint32_t client = draw->subject - SR_NODE_FIRST_CLIENT;
    const PendingDraw pending = { draw->id, client, draw->number,
                                  distribution_of(recorder, draw->id, client) };

    if (recorder->lost)
        return;
    if (draw->id >= SR_DRAW_LOSS && draw->id < SR_DRAW_LOSS + SR_DIRECTION_N)
        note_loss(recorder, draw, client);
    else if (draw->id >= SR_DRAW_DUPLICATE && draw->id < SR_DRAW_DUPLICATE + SR_DIRECTION_N)
        note_copy(recorder, draw, client);
    else if (pending.distribution == NULL || recorder->n_draws == SR_GRAPH_DRAWS_MAX)
        recorder->lost = true;
    else if (draw->id >= SR_DRAW_PROCESSING && draw->id < SR_DRAW_PROCESSING + SR_SERVICE_N)
        note_processing(recorder, &pending, draw->value == 0);
    else
        recorder->draws[recorder->n_draws++] = pending;
}
