/* Conversations as text: a row says what happens to a node, and what it does about it, in one
 * short line each.
 *
 * What a node does reads as words in order: `@state` for a change of state, `!event` for a
 * note, `+` and `-` for a connection that opens or closes (`--`: the server sees it at once), a
 * message's name with its hint and key behind it (`key-request h3`), and `~timer=span` for a
 * timer that is set. Stopped timers are left out. */
#pragma once

#include <glib.h>
#include <string.h>

#include "protocol/protocol.h"

/* Of content that does not open: what the reader has. */
static inline void
script_opened(GString *out, const SrAction *action)
{
    g_string_append(out, action->ok ? "!opened=yes" : "!opened=no");
    if (!action->ok)
        g_string_append_printf(out, " h%u k%u", action->message.hint, action->message.key);
}

/* One action as a word, appended to @out. */
static inline void
script_action(GString *out, const SrAction *action, bool with_client)
{
    static const char *const timers[SR_TIMER_N] = { "main", "old", "renew", "renew-timeout" };
    const SrMessage *message = &action->message;
    char span[SR_SPAN_TEXT_MAX];

    if (action->kind == SR_ACTION_TIMER_STOP)
        return;
    if (out->len > 0)
        g_string_append_c(out, ' ');
    switch ((SrActionKind) action->kind) {
    case SR_ACTION_SEND:
    case SR_ACTION_ANSWER_ATTACHED:
        if (action->kind == SR_ACTION_ANSWER_ATTACHED)
            g_string_append(out, "attached:");
        else if (with_client)
            g_string_append_printf(out, "c%u:", message->client);
        g_string_append(out, sr_msg_name((SrMsg) message->type));
        if (message->hint != 0)
            g_string_append_printf(out, " h%u", message->hint);
        if (message->key != 0)
            g_string_append_printf(out, " k%u", message->key);
        if (message->reason != 0)
            g_string_append_printf(out, " %s", sr_reason_name((SrReason) message->reason));
        break;
    case SR_ACTION_NOTE:
        if (action->event == SR_EVENT_STATE)
            g_string_append_printf(out, "@%s",
                                   sr_client_state_name((SrClientState) action->to));
        else if (action->event == SR_EVENT_OPENED)
            script_opened(out, action);
        else
            g_string_append_printf(out, "!%s", sr_event_name((SrEvent) action->event));
        if (message->reason != 0)
            g_string_append_printf(out, "=%s", sr_reason_name((SrReason) message->reason));
        break;
    case SR_ACTION_OPEN:
        g_string_append(out, "+");
        break;
    case SR_ACTION_CLOSE:
        g_string_append(out, action->ok ? "--" : "-");
        break;
    case SR_ACTION_TIMER:
        sr_span_format((SrSpan) action->when, span);
        g_string_append_printf(out, "~%s=%s", timers[action->timer], span);
        break;
    case SR_ACTION_DERIVE:
        g_string_append_printf(out, "~derive=%u", action->n);
        break;
    case SR_ACTION_TIMER_AT:
        sr_span_format((SrSpan) action->when, span);
        g_string_append_printf(out, "~%s@%s", timers[action->timer], span);
        break;
    case SR_ACTION_GENERATE:
        g_string_append(out, "generate");
        if (message->hint != 0)
            g_string_append_printf(out, " h%u", message->hint);
        break;
    case SR_ACTION_LOOKUP:
        g_string_append_printf(out, "lookup h%u", message->hint);
        break;
    case SR_ACTION_ATTACH:
        g_string_append(out, "attach");
        break;
    case SR_ACTION_EXPIRE:
        sr_span_format((SrSpan) action->when, span);
        g_string_append_printf(out, "expire h%u@%s", message->hint, span);
        break;
    case SR_ACTION_REPLICATE:
        g_string_append_printf(out, "replicate h%u k%u", message->hint, message->key);
        break;
    case SR_ACTION_TIMER_STOP:
        break;
    }
}

static inline SrMsg
script_msg(const char *word)
{
    for (unsigned msg = 1; msg < SR_MSG_N; msg++)
        if (strcmp(word, sr_msg_name((SrMsg) msg)) == 0)
            return (SrMsg) msg;
    g_error("no message '%s'", word);
}

/* `h3`, `k2`, `r1` … among the words behind the first: Returns: the number behind @letter, or
 * @otherwise */
static inline uint32_t
script_number(char **words, char letter, uint32_t otherwise)
{
    for (unsigned i = 1; words[i] != NULL; i++)
        if (words[i][0] == letter && g_ascii_isdigit(words[i][1]))
            return (uint32_t) g_ascii_strtoull(words[i] + 1, NULL, 10);
    return otherwise;
}

static inline SrReason
script_reason(char **words)
{
    for (unsigned i = 1; words[i] != NULL; i++) {
        SrReason reason = sr_reason_lookup(words[i], strlen(words[i]));

        if (reason != SR_REASON_N)
            return reason;
    }
    return SR_REASON_NONE;
}
