/* The vocabulary of records: a word for each value of each enum, a statement for each check, a
 * sentence for each finding.
 *
 * The words are those of the trace ("The trace" of the command line's contract) and of sections
 * 2, 5, 8 and 9 of the protocol. Scenario files and reports use the same ones. No other place
 * in the project spells them out. */
#include "session-race/record.h"

#include <glib.h>
#include <string.h>

#include "schema/words.h"

/* clang-format off */
#define WORD(word) { word, sizeof word - 1 }

const SrWord sr_event_words[SR_EVENT_N] = {
#define EVENT(name, word, sentence, members) [SR_EVENT_##name] = WORD(word),
#include "session-race/events.def"
};

const SrWord sr_msg_words[SR_MSG_N] = {
    [SR_MSG_NONE] = WORD("none"),
#define MSG(name, word, ...) [SR_MSG_##name] = WORD(word),
#include "session-race/wire.def"
};

const SrWord sr_reason_words[SR_REASON_N] = {
    [SR_REASON_NONE]                   = WORD("none"),
    [SR_REASON_ENCRYPTION]             = WORD("encryption"),
    [SR_REASON_JWT]                    = WORD("jwt"),
    [SR_REASON_CONTENT]                = WORD("content"),
    [SR_REASON_CLIENT_UPDATE_REQUIRED] = WORD("client-update-required"),
    [SR_REASON_GENERAL]                = WORD("general"),
    [SR_REASON_ISSUED_IN_FUTURE]       = WORD("issued-in-future"),
    [SR_REASON_NOT_YET_VALID]          = WORD("not-yet-valid"),
    [SR_REASON_EXPIRED]                = WORD("expired"),
    [SR_REASON_BAD_SIGNATURE]          = WORD("bad-signature"),
    [SR_REASON_MISSING_CLAIM]          = WORD("missing-claim"),
    [SR_REASON_UNKNOWN_HINT]           = WORD("unknown-hint"),
    [SR_REASON_UNAVAILABLE]            = WORD("unavailable"),
    [SR_REASON_DISCONNECT]             = WORD("disconnect"),
    [SR_REASON_CRASH]                  = WORD("crash"),
    [SR_REASON_CLOSE]                  = WORD("close"),
    [SR_REASON_REPLACED]               = WORD("replaced"),
    [SR_REASON_SERVER_CRASH]           = WORD("server-crash"),
    [SR_REASON_CONNECTION_CLOSED]      = WORD("connection-closed"),
    [SR_REASON_LOSS]                   = WORD("loss"),
    [SR_REASON_PARTITION]              = WORD("partition"),
    [SR_REASON_GONE]                   = WORD("gone"),
    [SR_REASON_FAILED]                 = WORD("failed"),
    [SR_REASON_OWNER_LOST]             = WORD("owner-lost"),
    [SR_REASON_TIMEOUT]                = WORD("timeout"),
    [SR_REASON_UPGRADE]                = WORD("upgrade"),
    [SR_REASON_ON_NEW_KEY]             = WORD("on-new-key"),
    [SR_REASON_LAST]                   = WORD("last"),
    [SR_REASON_AGE]                    = WORD("age"),
    [SR_REASON_SETTLED]                = WORD("settled"),
    [SR_REASON_OVERWRITTEN]            = WORD("overwritten"),
    [SR_REASON_MASTER_DROPPED]         = WORD("master-dropped"),
};

const SrWord sr_client_state_words[SR_CLIENT_STATE_N] = {
    [SR_CLIENT_IDLE]          = WORD("idle"),
    [SR_CLIENT_TOKEN]         = WORD("token"),
    [SR_CLIENT_CONNECTING]    = WORD("connecting"),
    [SR_CLIENT_REQUESTING]    = WORD("requesting"),
    [SR_CLIENT_MAKING_KEY]    = WORD("making-key"),
    [SR_CLIENT_SEALING]       = WORD("sealing"),
    [SR_CLIENT_CREATED]       = WORD("created"),
    [SR_CLIENT_WAITING]       = WORD("waiting"),
    [SR_CLIENT_UPLOADING]     = WORD("uploading"),
    [SR_CLIENT_RESUMING]      = WORD("resuming"),
    [SR_CLIENT_LOOKING_UP]    = WORD("looking-up"),
    [SR_CLIENT_DERIVING]      = WORD("deriving"),
    [SR_CLIENT_JOINING]       = WORD("joining"),
    [SR_CLIENT_COLLABORATING] = WORD("collaborating"),
    [SR_CLIENT_RECONNECTING]  = WORD("reconnecting"),
    [SR_CLIENT_FAILED]        = WORD("failed"),
    [SR_CLIENT_CRASHED]       = WORD("crashed"),
    [SR_CLIENT_CLOSED]        = WORD("closed"),
};

const SrWord sr_check_words[SR_CHECK_N] = {
    [SR_CHECK_ONE_WINNER]                 = WORD("one-winner"),
    [SR_CHECK_SAME_KEY]                   = WORD("same-key"),
    [SR_CHECK_KEY_KEPT]                   = WORD("key-kept"),
    [SR_CHECK_KEY_FOUND]                  = WORD("key-found"),
    [SR_CHECK_PREVIOUS_KEPT]              = WORD("previous-kept"),
    [SR_CHECK_HINT_STABLE]                = WORD("hint-stable"),
    [SR_CHECK_WAITS]                      = WORD("waits"),
    [SR_CHECK_ANNOUNCED_ONCE_ESTABLISHED] = WORD("announced-once-established"),
    [SR_CHECK_KEY_SECRET]                 = WORD("key-secret"),
    [SR_CHECK_TOKEN_FIRST]                = WORD("token-first"),
    [SR_CHECK_TOKEN_TIME]                 = WORD("token-time"),
    [SR_CHECK_STEPS_IN_ORDER]             = WORD("steps-in-order"),
    [SR_CHECK_NONCE_UNIQUE]               = WORD("nonce-unique"),
    [SR_CHECK_ALL_COLLABORATE]            = WORD("all-collaborate"),
    [SR_CHECK_NOBODY_STUCK]               = WORD("nobody-stuck"),
};

const SrWord sr_fault_words[SR_FAULT_N] = {
    [SR_FAULT_CRASH]           = WORD("crash"),
    [SR_FAULT_RESTART]         = WORD("restart"),
    [SR_FAULT_DISCONNECT]      = WORD("disconnect"),
    [SR_FAULT_CLOSE]           = WORD("close"),
    [SR_FAULT_PARTITION]       = WORD("partition"),
    [SR_FAULT_OUTAGE]          = WORD("outage"),
    [SR_FAULT_SLOW]            = WORD("slow"),
    [SR_FAULT_STEP_CLOCK]      = WORD("step-clock"),
    [SR_FAULT_SYNC_CLOCK]      = WORD("sync-clock"),
    [SR_FAULT_UPGRADE]         = WORD("upgrade"),
    [SR_FAULT_ROTATE_MASTER]   = WORD("rotate-master"),
};

static const char *const statements[SR_CHECK_N] = {
    [SR_CHECK_ONE_WINNER] =
        "at most one creation stands for a document at a time, and at most one session of it is active",
    [SR_CHECK_SAME_KEY] =
        "the key that a client was given for the announced hint is the winner's: the content opens with it",
    [SR_CHECK_KEY_KEPT] =
        "while a creation stands or its session is active, the provider can still answer the winner's hint",
    [SR_CHECK_KEY_FOUND] =
        "no client gives up on an announced hint because the provider does not know it",
    [SR_CHECK_PREVIOUS_KEPT] =
        "until a later session is established, the provider can still answer the outdated session's hint",
    [SR_CHECK_HINT_STABLE] =
        "the provider never gives two different keys for one document and hint",
    [SR_CHECK_WAITS] =
        "a client that was rejected or told to wait sends nothing to the server until it hears of the session",
    [SR_CHECK_ANNOUNCED_ONCE_ESTABLISHED] =
        "a session is never announced before it is established, and always with the winner's hint",
    [SR_CHECK_KEY_SECRET] =
        "no key and no unsealed content is in any message to or from the server",
    [SR_CHECK_TOKEN_FIRST] =
        "the server serves nothing on a connection that it has not accepted",
    [SR_CHECK_TOKEN_TIME] =
        "a token is refused for its times exactly when the rules for iat, nbf and exp say so",
    [SR_CHECK_STEPS_IN_ORDER] =
        "each client takes the steps of the handshake in their order",
    [SR_CHECK_NONCE_UNIQUE] =
        "no two sealings use the same key and nonce",
    [SR_CHECK_ALL_COLLABORATE] =
        "every client that started, stayed and was once accepted collaborates at the end",
    [SR_CHECK_NOBODY_STUCK] =
        "at the end no client waits where no session is active and no connected owner is creating one",
};

static const char *const templates[SR_DETAIL_N] = {
    [SR_DETAIL_NONE] = "",
    [SR_DETAIL_SECOND_CREATION] =
        "the server accepted the creation of {peer} under hint {hint} while another creation of the document still stood",
    [SR_DETAIL_CREATION_OVER_SESSION] =
        "the server accepted the creation of {peer} under hint {hint} although the document has an active session",
    [SR_DETAIL_SECOND_SESSION] =
        "the server established a session of {peer} under hint {hint} while another session of the document was active",
    [SR_DETAIL_OPEN_FAILED] =
        "{node} could not open the content with key {key}, which the provider gave it for hint {hint}: "
        "the content is sealed under another key",
    [SR_DETAIL_LIVE_KEY_DISCARDED] =
        "the provider discarded the key under hint {hint} ({reason}) while it was the winner's",
    [SR_DETAIL_WINNER_KEY_GONE] =
        "the server accepted the creation of {peer} under hint {hint}, whose key the provider had already discarded",
    [SR_DETAIL_GAVE_UP] =
        "{node} gave up on the announced hint {hint}, which the provider does not know",
    [SR_DETAIL_PREVIOUS_DISCARDED] =
        "the key under hint {hint} is discarded ({reason}), and with it the content of the outdated session, "
        "before a later session was established",
    [SR_DETAIL_SECOND_KEY] =
        "the provider gave {peer} key {key} for hint {hint}, for which it had given out another key before",
    [SR_DETAIL_SENT_WHILE_WAITING] =
        "{node} sent {msg} to the server while it had to wait for the winner's session",
    [SR_DETAIL_ANNOUNCED_EARLY] =
        "the server announced hint {hint} to {peer} while no session of the document was established",
    [SR_DETAIL_ANNOUNCED_OTHER_HINT] =
        "the server announced hint {hint} to {peer}, which is not the hint of the established session",
    [SR_DETAIL_KEY_TO_SERVER] =
        "{node} put key {key} into {msg} to {peer}, where the server can read it",
    [SR_DETAIL_UNSEALED_CONTENT] =
        "{node} sent unsealed content in {msg} to {peer}, where the server can read it",
    [SR_DETAIL_SERVED_UNACCEPTED] =
        "the server served {msg} of {peer} on a connection that it had not accepted",
    [SR_DETAIL_REFUSED_GOOD_TOKEN] =
        "the server refused the token of {peer} on {msg} as {reason} although its times are good",
    [SR_DETAIL_ACCEPTED_BAD_TOKEN] =
        "the server accepted the token of {peer} on {msg} although it is {reason}",
    [SR_DETAIL_WRONG_REFUSAL] =
        "the server refused the token of {peer} on {msg} as {reason}, which its times do not show; they show another fault",
    [SR_DETAIL_STATE_OUT_OF_ORDER] =
        "{node} went from {from} to {to}, a step that the handshake does not have",
    [SR_DETAIL_MESSAGE_OUT_OF_ORDER] =
        "{node} sent {msg} while it was {from}, where the handshake does not send it",
    [SR_DETAIL_NONCE_REUSED] =
        "{node} sealed under key {key} (hint {hint}) with a nonce that was already used under this key",
    [SR_DETAIL_NOT_COLLABORATING] =
        "{node} does not collaborate at the end: its state is {from} ({n} such clients in all)",
    [SR_DETAIL_STUCK] =
        "{node} still waits at the end although nobody is left who could announce a session ({n} such clients in all)",
};
/* clang-format on */

/* ---- lookups ---- */

const char *
sr_event_name(SrEvent event)
{
    g_assert((unsigned) event < SR_EVENT_N);
    return sr_event_words[event].text;
}

const char *
sr_msg_name(SrMsg msg)
{
    g_assert((unsigned) msg < SR_MSG_N);
    return sr_msg_words[msg].text;
}

const char *
sr_reason_name(SrReason reason)
{
    g_assert((unsigned) reason < SR_REASON_N);
    return sr_reason_words[reason].text;
}

const char *
sr_client_state_name(SrClientState state)
{
    g_assert((unsigned) state < SR_CLIENT_STATE_N);
    return sr_client_state_words[state].text;
}

const char *
sr_check_name(SrCheckId check)
{
    g_assert((unsigned) check < SR_CHECK_N);
    return sr_check_words[check].text;
}

const char *
sr_fault_name(SrFaultAction action)
{
    g_assert((unsigned) action < SR_FAULT_N);
    return sr_fault_words[action].text;
}

const char *
sr_check_statement(SrCheckId check)
{
    g_assert((unsigned) check < SR_CHECK_N);
    return statements[check];
}

const char *
sr_detail_template(SrDetail detail)
{
    g_assert((unsigned) detail < SR_DETAIL_N);
    return templates[detail];
}

unsigned
sr_word_find(const SrWord *words, unsigned first, unsigned n, const char *name, size_t length)
{
    for (unsigned i = first; i < n; i++)
        if (words[i].length == length && memcmp(words[i].text, name, length) == 0)
            return i;
    return n;
}

SrCheckId
sr_check_lookup(const char *name, size_t length)
{
    return (SrCheckId) sr_word_find(sr_check_words, 0, SR_CHECK_N, name, length);
}

SrReason
sr_reason_lookup(const char *name, size_t length)
{
    return (SrReason) sr_word_find(sr_reason_words, SR_REASON_NONE + 1, SR_REASON_N, name,
                                   length);
}
