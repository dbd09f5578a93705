/* What the files of the client share. client.c has the table, which says what an input calls
 * for; client-steps.c implements the parts. Each part appends its actions to the caller's
 * buffer. */
#pragma once

#include <glib.h>
#include <string.h>

#include "protocol/client.h"

#include "schema/wire.h"

/* The arguments of one step, passed together to keep the parts short. */
typedef struct {
    const SrClientSettings *settings;
    SrClient *client;
    const SrMessage *message; /* (nullable): the input, if it is a message */
    const SrClientView *view;
    SrActions *actions;
} SrClientStep;

/* ---- actions ---- */

/* Returns: a note of @event whose other fields are empty */
static inline SrAction *
sr_client_note(const SrClientStep *step, SrEvent event)
{
    SrAction *note = sr_actions_add(step->actions);

    *note = (SrAction){
        .kind = SR_ACTION_NOTE,
        .event = (uint8_t) event,
        .peer = step->view->index,
        .message = { .client = step->view->index, .token = SR_TOKEN_NONE },
    };
    return note;
}

static inline void
sr_client_enter(const SrClientStep *step, SrClientState state)
{
    SrClient *client = step->client;

    if (client->state == state)
        return;

    SrAction *note = sr_client_note(step, SR_EVENT_STATE);

    note->from = client->state;
    note->to = (uint8_t) state;
    client->state = (uint8_t) state;
}

/* Sends a message of @type whose other fields are empty. Returns: the message, for its fields to be
 * set before anything else is done */
static inline SrMessage *
sr_client_send(const SrClientStep *step, SrMsg type)
{
    SrAction *action = sr_actions_add(step->actions);

    *action = (SrAction){
        .kind = SR_ACTION_SEND,
        .message = { .type = (uint8_t) type,
                     .client = step->view->index,
                     .conn = sr_msg_needs_connection(type) ? step->client->conn : 0,
                     .token = SR_TOKEN_NONE },
    };
    return &action->message;
}

static inline void
sr_client_set_timer(const SrClientStep *step, SrTimer timer, SrSpan delay)
{
    *sr_actions_add(step->actions) = (SrAction){ .kind = SR_ACTION_TIMER,
                                                 .timer = (uint8_t) timer,
                                                 .when = (int64_t) delay };
}

static inline void
sr_client_stop_timer(const SrClientStep *step, SrTimer timer)
{
    *sr_actions_add(step->actions) =
        (SrAction){ .kind = SR_ACTION_TIMER_STOP, .timer = (uint8_t) timer };
}

static inline void
sr_client_derive(const SrClientStep *step, unsigned n_keys)
{
    *sr_actions_add(step->actions) =
        (SrAction){ .kind = SR_ACTION_DERIVE, .timer = SR_TIMER_MAIN, .n = (uint8_t) n_keys };
}

/* ---- client-steps.c ---- */

void sr_client_hold(SrClient *client, uint32_t hint, uint32_t key);
void sr_client_mark_derived(SrClient *client, uint32_t hint);
void sr_client_drop(const SrClientStep *step);
void sr_client_close_connection(const SrClientStep *step, SrReason reason, bool at_once);
void sr_client_stop_renewal(const SrClientStep *step);
void sr_client_fail(const SrClientStep *step, SrReason reason);
uint32_t sr_client_request(const SrClientStep *step, SrMsg type, uint32_t hint);
void sr_client_await_answer(const SrClientStep *step, SrTimer timer);
void sr_client_ask_token(const SrClientStep *step);
void sr_client_reconnect_later(const SrClientStep *step);
void sr_client_retry_token(const SrClientStep *step);
void sr_client_start_connecting(const SrClientStep *step);
void sr_client_take_token(const SrClientStep *step);
void sr_client_settle(const SrClientStep *step, uint32_t hint);
void sr_client_ask_session(const SrClientStep *step);
void sr_client_learn(const SrClientStep *step, uint32_t hint);
void sr_client_collaborate(const SrClientStep *step);
void sr_client_wait_for_session(const SrClientStep *step);
void sr_client_note_won(const SrClientStep *step, uint32_t hint);
void sr_client_upload(const SrClientStep *step);
void sr_client_seal_and_upload(const SrClientStep *step, uint32_t hint, uint32_t key);
bool sr_client_open_content(const SrClientStep *step, uint32_t hint, uint32_t key,
                            const SrMessage *content);
void sr_client_seal_when_complete(const SrClientStep *step);
void sr_client_make_key(const SrClientStep *step);
void sr_client_create(const SrClientStep *step);
void sr_client_retry_key(const SrClientStep *step, bool old);
void sr_client_ask_key(const SrClientStep *step);
void sr_client_owner_returns(const SrClientStep *step);
void sr_client_take_looked_up(const SrClientStep *step);
void sr_client_reconnect(const SrClientStep *step);
void sr_client_closed_by_server(const SrClientStep *step);
void sr_client_crash(const SrClientStep *step);
