/* What a step leaves pending, in a world without times: each item is kept until a move takes it. */
#include "explore/explore-private.h"

/* ---- what a step leaves ---- */

static void
send(void *data, unsigned direction, const SrMessage *message)
{
    Bench *bench = data;
    const SrClient *client = &bench->world->clients[message->client];
    bool inward = direction % 2 == 1;
    bool lost = direction == SR_DIRECTION_IN(SR_NODE_SERVER)
                    ? !client->open || client->conn != message->conn
                    : inward && sr_is_gone(bench->world, message->client, message->request);

    if (!lost)
        sr_thing_add(bench, (Place) direction, message);
}

static void
answer_attached(Bench *bench, const SrAction *action)
{
    World *world = bench->world;
    SrMessage answer = action->message;

    for (uint32_t client = 0; client < bench->plan->n_clients; client++) {
        Things *things = &world->things[client];

        if (bench->plan->client_document[client] != action->document)
            continue;
        answer.client = client;
        for (unsigned i = 0; i < things->n;) {
            if (things->list[i].place != AT_ATTACHED) {
                i++;
                continue;
            }
            answer.request = things->list[i].request;
            sr_thing_remove(bench, client, i);
            sr_world_send(&bench->steps, SR_NODE_ENCRYPTION_PROVIDER, false, &answer);
        }
    }
}

static void
pend_at_service(Bench *bench, const SrAction *action)
{
    SrMessage message = action->message;

    switch ((SrActionKind) action->kind) {
    case SR_ACTION_TIMER:
        bench->world->establish |= (uint8_t) (1u << action->document);
        break;
    case SR_ACTION_TIMER_STOP:
        bench->world->establish &= (uint8_t) ~(1u << action->document);
        break;
    case SR_ACTION_GENERATE:
        sr_thing_add(bench, AT_GENERATE, &message);
        break;
    case SR_ACTION_LOOKUP:
        sr_thing_add(bench, AT_LOOKUP, &message);
        break;
    case SR_ACTION_ATTACH:
        sr_thing_add(bench, AT_ATTACHED, &message);
        break;
    case SR_ACTION_ANSWER_ATTACHED:
        answer_attached(bench, action);
        break;
    case SR_ACTION_EXPIRE:
        break; /* a key may be too old whenever MOVE_AGE says so */
    case SR_ACTION_REPLICATE:
        message.client = NOBODY;
        sr_thing_add(bench, AT_REPLICA, &message);
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
pend_at_client(Bench *bench, uint32_t index, const SrAction *action)
{
    uint8_t *timers = &bench->world->timers[index];

    switch ((SrActionKind) action->kind) {
    case SR_ACTION_OPEN:
        break;
    case SR_ACTION_CLOSE:
        bench->closed = action->message;
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
tell(void *data, SrRecord *record)
{
    const Bench *bench = data;

    bench->sink(bench->sink_data, record);
}

static void
found(void *data, G_GNUC_UNUSED SrRecord *cause, unsigned n)
{
    Bench *bench = data;

    for (unsigned i = 0; i < n; i++) {
        const SrFinding *finding = &sr_checks_findings(bench->steps.checks)[i];
        Finding *kept = &bench->findings[bench->n_findings++];

        *kept = (Finding){ .check = finding->check, .record = sr_finding_record(finding) };
        if (bench->sink != NULL)
            bench->sink(bench->sink_data, &kept->record);
    }
}

const SrWorldDriver sr_bench_driver = {
    .send = send, .pend = pend, .report = tell, .found = found
};
