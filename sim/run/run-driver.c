/* The driver of a run: gives each pending item its instant, sends each message, and counts the
 * notes that matter. */
#include "run/run-private.h"

#include "world/world-steps.h"

/* ---- notes ---- */

#define BIT(event) (UINT32_C(1) << SR_EVENT_##event)

/* Notes that real cryptography repeats and must agree with. */
static const uint32_t done_for_real = BIT(SEALED) | BIT(OPENED) | BIT(TOKEN_JUDGED);

static const uint32_t counted = BIT(TOKEN_JUDGED) | BIT(START) | BIT(COLLABORATING) |
                                BIT(FAILED) | BIT(ESTABLISHED) | BIT(RELEASED) | BIT(KEY_MADE) |
                                BIT(KEY_FOUND) | BIT(KEY_DISCARDED) | BIT(KEY_MISSING);

uint32_t
sr_run_noted(const SrRun *run)
{
    return counted | (run->use_real ? done_for_real : 0);
}

static void
count_note(SrRun *run, uint32_t document, const SrAction *note)
{
    const SrEvent event = (SrEvent) note->event;
    const SrMessage *message = &note->message;
    uint32_t key = message->key;

    if (G_UNLIKELY(run->watch != NULL))
        run->watch->noted(run->watch->data, note);
    if (event == SR_EVENT_KEY_MADE || event == SR_EVENT_KEY_FOUND)
        sr_run_learn_key(run, key, message->hint);
    if (event == SR_EVENT_ESTABLISHED)
        key = run->world.provider.slots[message->hint].key;
    sr_tally_event(&run->tally, event, sr_engine_now(run->engine), note->peer, document,
                   message->hint, key, (SrReason) message->reason);
    if (event == SR_EVENT_TOKEN_JUDGED && run->options->sample != NULL)
        sr_run_measure_token(run, note->when, message->token);
    else if (event == SR_EVENT_ESTABLISHED)
        sr_run_measure_established(run, document);
    else if (event == SR_EVENT_RELEASED)
        sr_run_measure_needed(run, message->hint);
}

static void
note(void *data, G_GNUC_UNUSED uint32_t node, uint32_t document, const SrAction *note)
{
    SrRun *run = data;

    count_note(run, document, note);
    if (run->use_real && (done_for_real >> note->event & 1))
        sr_run_do_for_real(run, document, note);
}

/* ---- what is pending ---- */

static void
pend_at_server(SrRun *run, const SrAction *action)
{
    uint32_t alarm = sr_run_establish_alarm(run, action->document);

    if (action->kind == SR_ACTION_TIMER)
        sr_engine_set_alarm(run->engine, alarm,
                            sr_engine_now(run->engine) + (SrSpan) action->when, false);
    else
        sr_engine_stop_alarm(run->engine, alarm);
}

static void
pend(void *data, uint32_t node, const SrAction *action)
{
    SrRun *run = data;

    if (node >= SR_NODE_FIRST_CLIENT)
        sr_run_client_pend(run, node - SR_NODE_FIRST_CLIENT, action);
    else if (node == SR_NODE_SERVER)
        pend_at_server(run, action);
    else
        sr_run_provider_pend(run, action);
}

static void
send(void *data, unsigned direction, const SrMessage *message)
{
    SrRun *run = data;

    sr_tally_sent(&run->tally, (SrMsg) message->type, message->client,
                  sr_run_client_document(run, message->client), message->hint);
    sr_run_transmit(run, direction, message);
}

/* ---- records ---- */

static void
tell(void *data, SrRecord *record)
{
    sr_run_report(data, record);
}

static void
found(void *data, SrRecord *cause, unsigned n)
{
    sr_run_findings(data, cause, n);
}

static void
foresee(void *data, uint32_t client)
{
    const SrRun *run = data;

    if (run->large)
        sr_run_fetch_told(run, client);
}

const SrWorldDriver sr_run_driver = { send, pend, note, tell, found, foresee };

/* ---- steps ---- */

void
sr_run_drive_client(SrRun *run, const SrClientInput *input, const SrClientView *view)
{
    RunClient *client = &run->clients[view->index];

    sr_world_drive_client(&sr_run_driver, &run->world, &run->model->settings[client->group],
                          &client->core, input, view);
}

bool
sr_run_drive_service(SrRun *run, uint32_t service, const SrMessage *message)
{
    return sr_world_drive_handle(&sr_run_driver, &run->world, service, message,
                                 sr_run_local(run, service));
}

void
sr_run_drive_ready(SrRun *run, const SrMessage *request, uint32_t replica)
{
    sr_world_drive_ready(&sr_run_driver, &run->world, request,
                         sr_run_local(run, SR_NODE_ENCRYPTION_PROVIDER), replica);
}
