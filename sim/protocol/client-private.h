/* What the two files of the client share: the arguments of a step, and the pieces that the
 * table's actions are made of. */
#pragma once

#include "session-race/client.h"

/* One step's arguments, so that the pieces stay short. */
typedef struct {
    const SrClientSettings *settings;
    SrClient *client;
    const SrMessage *message;
    const SrClientView *view;
    SrActions *actions;
} SrClientStep;

SrAction *sr_client_note(const SrClientStep *step, SrEvent event);
void sr_client_enter(const SrClientStep *step, SrClientState state);
SrMessage *sr_client_send(const SrClientStep *step, SrMsg type);
void sr_client_stop_timer(const SrClientStep *step, SrTimer timer);
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
