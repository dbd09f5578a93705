/* The server of a run: its steps, compiled with what they do. */
#include "run/run-note-private.h"

/* ---- what the core's steps do ---- */

typedef struct {
    SrRun *run;
} SrServerSink;

SR_RUN_INLINE int64_t
sr_server_clock(const SrServerSink *sink)
{
    return sr_run_local(sink->run, SR_NODE_SERVER);
}

SR_RUN_INLINE void
sr_server_act(const SrServerSink *sink, const SrAction *action)
{
    SrRun *run = sink->run;

    switch ((SrActionKind) action->kind) {
    case SR_ACTION_SEND:
        sr_run_send(run, SR_NODE_SERVER, false, &action->message);
        break;
    case SR_ACTION_NOTE:
        sr_run_note(run, SR_NODE_SERVER, action->document, action);
        break;
    case SR_ACTION_TIMER:
        sr_engine_set_alarm(run->engine, sr_run_establish_alarm(run, action->document),
                            sr_engine_now(run->engine) + (SrSpan) action->when, false);
        break;
    case SR_ACTION_TIMER_STOP:
        sr_engine_stop_alarm(run->engine, sr_run_establish_alarm(run, action->document));
        break;
    case SR_ACTION_OPEN:
    case SR_ACTION_CLOSE:
    case SR_ACTION_DERIVE:
    case SR_ACTION_TIMER_AT:
    case SR_ACTION_GENERATE:
    case SR_ACTION_LOOKUP:
    case SR_ACTION_ATTACH:
    case SR_ACTION_ANSWER_ATTACHED:
    case SR_ACTION_EXPIRE:
    case SR_ACTION_REPLICATE:
        g_assert_not_reached();
    }
}

/* No event has brought near the clients that the server tells something all at once. */
static inline void
sr_server_foresee(const SrServerSink *sink, uint32_t client)
{
    if (sink->run->far)
        sr_run_fetch_told(sink->run, client);
}

#include "protocol/server-core.h"

/* ---- steps ---- */

static inline SrServerStep
make_step(SrRun *run)
{
    return (SrServerStep){ &run->model->server, &run->server, { run } };
}

void
sr_run_server_message(SrRun *run, const SrMessage *message)
{
    const SrServerStep step = make_step(run);

    take_message(&step, message);
}

void
sr_run_server_closed(SrRun *run, uint32_t client, uint32_t conn, SrReason reason)
{
    const SrServerStep step = make_step(run);

    see_closed(&step, client, conn, reason);
}

void
sr_run_server_timeout(SrRun *run, uint32_t document)
{
    const SrServerStep step = make_step(run);

    time_out(&step, document);
}

void
sr_run_server_upgrade(SrRun *run)
{
    const SrServerStep step = make_step(run);

    upgrade(&step);
}

void
sr_run_server_crash(SrRun *run)
{
    const SrServerStep step = make_step(run);

    crash(&step);
}
