/* What a child of a run waits for: a leg of a call, or a timer. Each is an event of the engine. */
#include "run/run-exec-parts-private.h"

#define LABEL_CHARACTERS 64
#define AT_CHARACTERS 80

/* Something that the child waits for; the payload of its event is its place. */
typedef struct {
    uint64_t wait;  /* the child's number */
    uint64_t asked; /* id; 0: of no request */
    bool dropped;
} Wait;

GArray *
sr_run_waits_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(Wait));
}

size_t
sr_run_exec_text(const SrRun *run, uint32_t text, char out[SR_NOTE_TEXT_MAX])
{
    size_t length;
    const void *bytes = sr_run_number_text(run->call_texts, text, &length);

    memcpy(out, bytes, length);
    return length;
}

/* Gives the first @most characters of @text a number; 0 for none. */
static uint32_t
number_of_note(SrRun *run, SrExecText text, size_t most)
{
    size_t length = 0, characters = 0;
    bool fresh;

    if (text.length == 0)
        return 0;
    for (; length < text.length; length++)
        if ((text.text[length] & 0xc0) != 0x80 && characters++ == most)
            break;
    return sr_run_number_of(run->call_texts, text.text, length, &fresh);
}

/* Draws how long leg number k of its request takes; a wait of no request counts for itself. */
static SrSpan
draw_leg(SrRun *run, SrRunExec *exec, uint64_t id)
{
    bool keys = exec->role == SR_EXEC_KEYS;
    const SrDistribution *io =
        keys ? &run->scenario->encryption_provider.io : &run->scenario->token_provider.io;
    SrDrawId draw = keys ? SR_DRAW_IO : SR_DRAW_SIGNER_IO;
    uint32_t node = exec->node;
    uint64_t subject, index;
    SrStream stream;

    if (id != 0 && !sr_asked_by_id(exec, id)->aside) {
        SrAsked *asked = sr_asked_by_id(exec, id);

        node = SR_NODE_FIRST_CLIENT + asked->message.client;
        subject = run->clients[asked->message.client].hash;
        index = SR_DRAW_PAIR(asked->number, asked->legs++);
    } else {
        subject = run->model->service_hash[exec->node];
        index = exec->loose++;
    }
    stream = sr_run_seldom_stream(run, draw, subject, index);
    return (SrSpan) sr_run_settle(run, draw, node, index,
                                  (int64_t) sr_distribution_sample(io, &stream));
}

static void
record_wait(SrRun *run, const SrRunExec *exec, const SrExecWait *said, uint64_t id)
{
    SrRecord record = sr_run_exec_record(exec, SR_EVENT_WAITS, id);

    record.id = 0;
    record.peer = 0;
    record.document = 0;
    record.call.wait = said->wait;
    record.call.request = id;
    record.call.kind = said->kind == SR_EXEC_TIMER ? SR_CALL_TIMER : SR_CALL_IO;
    record.call.leg = said->kind == SR_EXEC_REQUEST_LEG    ? SR_LEG_REQUEST
                      : said->kind == SR_EXEC_RESPONSE_LEG ? SR_LEG_RESPONSE
                                                           : SR_LEG_NONE;
    record.call.label = number_of_note(run, said->label, LABEL_CHARACTERS);
    record.call.at = number_of_note(run, said->at, AT_CHARACTERS);
    sr_world_emit(&run->world, &record);
}

static void
drop_wait(SrRun *run, SrRunExec *exec, uint64_t wait)
{
    uint32_t place =
        GPOINTER_TO_UINT(g_hash_table_lookup(exec->wait_places, GSIZE_TO_POINTER(wait))) - 1;

    exec->standing--;
    g_array_index(exec->waits, Wait, place).dropped = true;
    if (sr_run_is_ordered(run))
        sr_run_order_drop(run, event_payload(EV_CHILD, exec->node, place));
}

/* Lets the wait at @place, of request @id, be chosen. */
static void
order_wait(SrRun *run, SrRunExec *exec, const SrExecWait *said, uint64_t id, uint32_t place)
{
    SrAsked *asked = sr_asked_by_id(exec, id);
    uint64_t payload = event_payload(EV_CHILD, exec->node, place);
    SrTime due = sr_engine_now(run->engine) + said->ns;
    SrDraw draw = { .id = SR_DRAW_IO, .subject = SR_NODE_FIRST_CLIENT + asked->message.client };

    if (said->kind != SR_EXEC_TIMER) {
        draw.number = SR_DRAW_PAIR(asked->number, asked->legs++);
        sr_run_order_call(run, payload, &draw, asked->message.client);
        return;
    }
    sr_engine_schedule(run->engine, due, payload);
    sr_run_order_timer(run, payload, due, asked->message.client);
}

void
sr_run_exec_take_wait(SrRun *run, SrRunExec *exec, const SrExecWait *said)
{
    /* The child may name another open request than the one of this turn. */
    uint64_t id =
        said->request != 0 && said->request <= exec->asked->len ? said->request : exec->turn;
    Wait wait = { .wait = said->wait, .asked = id };
    SrSpan span;

    if (said->kind == SR_EXEC_DROP) {
        drop_wait(run, exec, said->wait);
        return;
    }
    exec->standing++;
    g_array_append_val(exec->waits, wait);
    g_hash_table_insert(exec->wait_places, GSIZE_TO_POINTER(said->wait),
                        GUINT_TO_POINTER(exec->waits->len));
    record_wait(run, exec, said, id);
    if (exec->hurried)
        return;
    if (sr_run_is_ordered(run) && id != 0 && !sr_asked_by_id(exec, id)->aside) {
        order_wait(run, exec, said, id, exec->waits->len - 1);
        return;
    }
    span = said->kind == SR_EXEC_TIMER ? said->ns : draw_leg(run, exec, id);
    if (id != 0)
        sr_engine_schedule(run->engine, sr_engine_now(run->engine) + span,
                           event_payload(EV_CHILD, exec->node, exec->waits->len - 1));
    else
        sr_engine_schedule_background(
            run->engine, sr_engine_now(run->engine) + span,
            event_payload(EV_CHILD, exec->node, exec->waits->len - 1));
}

void
sr_run_exec_wake(SrRun *run, uint32_t service, uint32_t place)
{
    SrRunExec *exec = sr_run_exec_of(run, service);
    Wait wait = g_array_index(exec->waits, Wait, place);
    SrRecord record = { .node = service,
                        .event = SR_EVENT_WAKES,
                        .call = { .wait = wait.wait } };

    if (wait.dropped || sr_run_exec_is_broken(exec))
        return;
    exec->standing--;
    g_array_index(exec->waits, Wait, place).dropped = true;
    sr_world_emit(&run->world, &record);
    sr_run_exec_take_reply(run, exec,
                           sr_exec_wake(exec->child, sr_run_exec_moment(run, exec), wait.wait),
                           wait.asked, false, false);
}
