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

    if (!lost || context->plan->keeps_lost)
        sr_item_add(context,
                    lost && direction == SR_DIRECTION_IN(SR_NODE_SERVER) ? AT_LOST
                                                                         : (Place) direction,
                    message);
}

static void
answer_attached(Context *context, const SrAction *action)
{
    SrMessage answer = action->message;

    for (uint32_t client = 0; client < context->plan->n_clients; client++) {
        if (context->plan->client_document[client] != action->document)
            continue;
        answer.client = client;
        while (sr_find_item(context->world, client, AT_ATTACHED, AT_ATTACHED, 0) != NULL) {
            answer.request = sr_item_take(context, client, AT_ATTACHED, AT_ATTACHED, 0).request;
            sr_world_send(&context->steps, SR_NODE_ENCRYPTION_PROVIDER, false, &answer);
        }
    }
}

/* What only a service leaves pending, and what only a client does. */
#define KIND(name) (1u << SR_ACTION_##name)
#define OF_SERVICES                                                                            \
    (KIND(GENERATE) | KIND(LOOKUP) | KIND(ATTACH) | KIND(ANSWER_ATTACHED) | KIND(EXPIRE) |     \
     KIND(REPLICATE))
#define OF_CLIENTS (KIND(OPEN) | KIND(CLOSE) | KIND(DERIVE) | KIND(TIMER_AT))

static void
pend(void *data, uint32_t node, const SrAction *action)
{
    Context *context = data;
    World *world = context->world;
    SrMessage message = action->message;
    bool is_client = node >= SR_NODE_FIRST_CLIENT;
    /* The timers of a client have a bit each; of the server each document has one. */
    uint8_t *timers =
        is_client ? &world->timers[node - SR_NODE_FIRST_CLIENT] : &world->establish;
    unsigned timer = 1u << (is_client ? action->timer : action->document);

    g_assert(!((is_client ? OF_SERVICES : OF_CLIENTS) >> action->kind & 1));
    if (context->timed != NULL)
        context->timed(context->timed_data, node, action);
    switch ((SrActionKind) action->kind) {
    case SR_ACTION_OPEN:
    case SR_ACTION_EXPIRE:
        break; /* MOVE_AGE is possible at any time */
    case SR_ACTION_CLOSE:
        context->closed = message;
        break;
    case SR_ACTION_TIMER:
    case SR_ACTION_DERIVE:
    case SR_ACTION_TIMER_AT:
        *timers |= (uint8_t) timer;
        break;
    case SR_ACTION_TIMER_STOP:
        *timers &= (uint8_t) ~timer;
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
    case SR_ACTION_REPLICATE:
        message.client = NOBODY;
        sr_item_add(context, AT_REPLICA, &message);
        break;
    case SR_ACTION_SEND:
    case SR_ACTION_NOTE:
        g_assert_not_reached();
    }
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
        SrFinding *kept = &context->findings[context->n_findings++];

        *kept = sr_checks_findings(context->steps.checks)[i];
        if (context->sink != NULL)
            context->sink(context->sink_data, kept);
    }
}

const SrWorldDriver sr_context_driver = {
    .send = send, .pend = pend, .report = report, .found = found
};
