/* The driver of an exploration: it keeps what a step leaves pending until a move takes it. */
#include "explore/explore-private.h"

/* ---- pending items ---- */

static void
send(void *data, unsigned direction, const SrMessage *message)
{
    Context *context = data;
    const SrClient *client = &context->world->clients[message->client];
    bool inward = direction % 2 == 1;
    bool lost = direction == SR_DIRECTION_IN(SR_NODE_SERVER)
                    ? !client->open || client->conn != message->conn
                    : inward && sr_is_gone(context->world, message->client, message->request);

    if (!lost)
        sr_item_add(context, (Place) direction, message);
}

static void
answer_attached(Context *context, const SrAction *action)
{
    World *world = context->world;
    SrMessage answer = action->message;

    for (uint32_t client = 0; client < context->plan->n_clients; client++) {
        Items *items = &world->items[client];

        if (context->plan->client_document[client] != action->document)
            continue;
        answer.client = client;
        for (unsigned i = 0; i < items->n;) {
            if (items->list[i].place != AT_ATTACHED) {
                i++;
                continue;
            }
            answer.request = items->list[i].request;
            sr_item_remove(context, client, i);
            sr_world_send(&context->steps, SR_NODE_ENCRYPTION_PROVIDER, false, &answer);
        }
    }
}

static void
pend_at_service(Context *context, const SrAction *action)
{
    SrMessage message = action->message;

    switch ((SrActionKind) action->kind) {
    case SR_ACTION_TIMER:
        context->world->establish |= (uint8_t) (1u << action->document);
        break;
    case SR_ACTION_TIMER_STOP:
        context->world->establish &= (uint8_t) ~(1u << action->document);
        break;
    case SR_ACTION_GENERATE:
        sr_item_add(context, AT_GENERATE, &message);
        break;
    case SR_ACTION_LOOKUP:
        sr_item_add(context, AT_LOOKUP, &message);
        break;
    case SR_ACTION_ATTACH:
        sr_item_add(context, AT_ATTACHED, &message);
        break;
    case SR_ACTION_ANSWER_ATTACHED:
        answer_attached(context, action);
        break;
    case SR_ACTION_EXPIRE:
        break; /* MOVE_AGE is possible at any time */
    case SR_ACTION_REPLICATE:
        message.client = NOBODY;
        sr_item_add(context, AT_REPLICA, &message);
        break;
    case SR_ACTION_SEND:
    case SR_ACTION_NOTE:
    case SR_ACTION_OPEN:
    case SR_ACTION_CLOSE:
    case SR_ACTION_DERIVE:
    case SR_ACTION_TIMER_AT:
        g_assert_not_reached();
    }
}

static void
pend_at_client(Context *context, uint32_t index, const SrAction *action)
{
    uint8_t *timers = &context->world->timers[index];

    switch ((SrActionKind) action->kind) {
    case SR_ACTION_OPEN:
        break;
    case SR_ACTION_CLOSE:
        context->closed = action->message;
        break;
    case SR_ACTION_TIMER:
    case SR_ACTION_DERIVE:
    case SR_ACTION_TIMER_AT:
        *timers |= (uint8_t) (1u << action->timer);
        break;
    case SR_ACTION_TIMER_STOP:
        *timers &= (uint8_t) ~(1u << action->timer);
        break;
    case SR_ACTION_SEND:
    case SR_ACTION_NOTE:
    case SR_ACTION_GENERATE:
    case SR_ACTION_LOOKUP:
    case SR_ACTION_ATTACH:
    case SR_ACTION_ANSWER_ATTACHED:
    case SR_ACTION_EXPIRE:
    case SR_ACTION_REPLICATE:
        g_assert_not_reached();
    }
}

static void
pend(void *data, uint32_t node, const SrAction *action)
{
    if (node >= SR_NODE_FIRST_CLIENT)
        pend_at_client(data, node - SR_NODE_FIRST_CLIENT, action);
    else
        pend_at_service(data, action);
}

/* ---- records ---- */

static void
report(void *data, SrRecord *record)
{
    const Context *context = data;

    context->sink(context->sink_data, record);
}

static void
found(void *data, G_GNUC_UNUSED SrRecord *cause, unsigned n)
{
    Context *context = data;

    for (unsigned i = 0; i < n; i++) {
        const SrFinding *finding = &sr_checks_findings(context->steps.checks)[i];
        Finding *kept = &context->findings[context->n_findings++];

        *kept = (Finding){ .check = finding->check, .record = sr_finding_record(finding) };
        if (context->sink != NULL)
            context->sink(context->sink_data, &kept->record);
    }
}

const SrWorldDriver sr_context_driver = {
    .send = send, .pend = pend, .report = report, .found = found
};
