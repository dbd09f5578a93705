/* The encryption provider of a run that is somebody's own program: its answers, and what it is
 * asked before and after the run. */
#include "run/run-exec-parts-private.h"

#include <openssl/sha.h>

#include "exec/leak.h"
#include "world/world-steps.h"

/* A child that never answers a question aside is not woken for ever. */
#define ASIDE_WAITS_MAX 1000u
/* How much later the second probe is. */
#define PROBE_LATER (60 * SR_NS_PER_S)

/* An answer that is given and not yet sent. */
typedef struct {
    uint64_t asked;
    uint32_t hint;
    bool exposed;                        /* the hint shows the key */
    SrReason reason;                     /* of a refusal; NONE: a key */
    uint8_t secret[SR_RUN_SECRET_BYTES]; /* the SHA-256 of the key's bytes */
} Answer;

GArray *
sr_run_key_answers_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(Answer));
}

/* ---- names ---- */

size_t
sr_run_exec_hint_text(const SrRunExec *exec, uint32_t hint, char out[SR_HINT_TEXT_MAX])
{
    size_t length;
    const uint8_t *bytes = sr_run_number_text(exec->hints, hint, &length);

    memcpy(out, bytes + sizeof(uint32_t), length - sizeof(uint32_t));
    return length - sizeof(uint32_t);
}

const uint8_t *
sr_run_exec_secret(const SrRunExec *exec, uint32_t key)
{
    size_t length;

    return sr_run_number_text(exec->keys, key, &length);
}

/* Returns: the hint that is @text for @document; its slot is made when it is new */
static uint32_t
hint_of(SrRun *run, uint32_t document, SrExecText text)
{
    SrProvider *provider = &run->world.provider;
    g_autoptr(GByteArray) name = g_byte_array_new();
    uint32_t hint;
    bool fresh;

    g_byte_array_append(name, (const uint8_t *) &document, sizeof document);
    g_byte_array_append(name, (const uint8_t *) text.text, (guint) text.length);
    hint = sr_run_number_of(run->exec->hints, name->data, name->len, &fresh);
    if (fresh) {
        sr_run_make_room_for_key(run);
        provider->n_slots = hint;
        provider->slots[hint] = (SrKeySlot){ .document = document & 0x1fffffff };
    }
    return hint;
}

/* Keeps the key whose bytes are @text as their SHA-256, and wipes them. */
static void
keep_secret(SrExecText text, uint8_t secret[SR_RUN_SECRET_BYTES])
{
    G_STATIC_ASSERT(SHA256_DIGEST_LENGTH == SR_RUN_SECRET_BYTES);
    SHA256((const unsigned char *) text.text, text.length, secret);
    explicit_bzero((char *) (uintptr_t) text.text, text.length);
}

/* ---- records ---- */

static void
note_key(SrRun *run, SrEvent event, uint32_t document, uint32_t hint, uint32_t key)
{
    const SrAction note = {
        .kind = SR_ACTION_NOTE,
        .event = (uint8_t) event,
        .document = document,
        .message = { .hint = hint, .key = key, .token = SR_TOKEN_NONE },
    };

    sr_world_drive_note(run->world.driver, &run->world, SR_NODE_ENCRYPTION_PROVIDER, document,
                        &note);
}

/* ---- answers ---- */

/* @key: SR_KEY_ABSENT in a refusal */
static void
send_answer(SrRun *run, const SrAsked *asked, const Answer *answer, uint32_t key)
{
    bool has_key = key != SR_KEY_ABSENT;
    const SrMessage message = {
        .type = has_key ? SR_MSG_KEY : SR_MSG_KEY_REFUSED,
        .reason = (uint8_t) answer->reason,
        .flags = has_key ? SR_MESSAGE_HINT : 0,
        .client = asked->message.client,
        .request = asked->message.request,
        .hint = has_key ? answer->hint : SR_HINT_ABSENT,
        .key = key,
        .token = SR_TOKEN_NONE,
    };

    sr_world_send(&run->world, SR_NODE_ENCRYPTION_PROVIDER, false, &message);
}

static void
refuse(SrRun *run, const SrAsked *asked, const Answer *answer)
{
    SrRecord record = sr_run_exec_record(run->exec, SR_EVENT_REFUSED, answer->asked);

    if (answer->hint != SR_HINT_ABSENT && answer->reason == SR_REASON_UNKNOWN_HINT)
        note_key(run, SR_EVENT_KEY_MISSING, asked->document, answer->hint,
                 run->world.provider.slots[answer->hint].key);
    record.id = 0;
    record.hint = answer->hint;
    record.reason = (uint8_t) answer->reason;
    record.has = (uint8_t) (SR_HAS_REASON | (answer->hint != 0 ? SR_HAS_HINT : 0));
    sr_world_emit(&run->world, &record);
}

/* Returns: the number of the key */
static uint32_t
give_key(SrRun *run, const SrAsked *asked, const Answer *answer)
{
    SrKeySlot *slot = &run->world.provider.slots[answer->hint];
    bool made;
    uint32_t key =
        sr_run_number_of(run->exec->keys, answer->secret, sizeof answer->secret, &made);

    if (made || slot->key == SR_KEY_ABSENT) {
        slot->key = key;
        slot->live = 1;
    }
    if (made) {
        slot->made_at = sr_run_local(run, SR_NODE_ENCRYPTION_PROVIDER);
        run->world.provider.n_keys = key;
    }
    if (answer->exposed) {
        SrRecord record = sr_run_exec_record(run->exec, SR_EVENT_KEY_EXPOSED, answer->asked);

        record.id = 0;
        record.hint = answer->hint;
        record.has = SR_HAS_HINT;
        sr_world_emit(&run->world, &record);
    }
    note_key(run, made ? SR_EVENT_KEY_MADE : SR_EVENT_KEY_FOUND, asked->document, answer->hint,
             key);
    return key;
}

void
sr_run_exec_answer(SrRun *run, uint32_t place)
{
    Answer answer = g_array_index(run->exec->answers, Answer, place);
    SrAsked *asked = sr_asked_by_id(run->exec, answer.asked);
    uint32_t key = SR_KEY_ABSENT;

    if (asked->message.flags & SR_MESSAGE_HINT)
        sr_run_measure_lookup(run, answer.hint);
    if (answer.reason == SR_REASON_NONE)
        key = give_key(run, asked, &answer);
    else
        refuse(run, asked, &answer);
    asked->answered = true;
    asked->answer_hint = key != SR_KEY_ABSENT ? answer.hint : SR_HINT_ABSENT;
    asked->answer_key = key;
    if (!asked->aside)
        send_answer(run, asked, &answer, key);
}

/* How long an answer takes that came in the turn of its request: as a built-in one. */
static SrSpan
draw_answer(const SrRun *run, const SrAsked *asked)
{
    const SrEncryptionProviderSettings *settings = &run->scenario->encryption_provider;
    bool lookup = asked->message.flags & SR_MESSAGE_HINT;
    unsigned id = lookup ? SR_DRAW_LOOKUP : SR_DRAW_GENERATE;
    uint32_t client = asked->message.client;
    SrStream stream = sr_run_stream(run, id, run->clients[client].hash, asked->number);

    return sr_run_settle_span(
        run, id, client, asked->number,
        sr_distribution_sample(lookup ? &settings->lookup : &settings->generate, &stream));
}

/* A refusal without a reason: the hint is unknown when the provider itself gave it out in this
 * run. */
static SrReason
reason_of(const SrRun *run, const SrExecAnswer *answer, uint32_t hint)
{
    if (answer->reason != SR_REASON_NONE)
        return (SrReason) answer->reason;
    return hint != SR_HINT_ABSENT && run->world.provider.slots[hint].key != SR_KEY_ABSENT
               ? SR_REASON_UNKNOWN_HINT
               : SR_REASON_UNAVAILABLE;
}

/* Only here are the key's bytes known. */
static bool
shows_key(const SrRun *run, uint32_t hint, SrExecText key)
{
    char text[SR_HINT_TEXT_MAX];
    size_t length = sr_run_exec_hint_text(run->exec, hint, text);

    text[length] = '\0';
    return sr_exec_hint_shows_key((SrExecText){ text, length }, key);
}

void
sr_run_exec_take_key(SrRun *run, SrRunExec *exec, const SrExecAnswer *said)
{
    static const SrExecText empty = { "", 0 };
    SrAsked *asked = sr_asked_by_id(exec, said->id);
    bool lookup = asked->message.flags & SR_MESSAGE_HINT;
    Answer answer = { .asked = said->id, .hint = lookup ? asked->message.hint : 0 };

    if (said->key.text != NULL) {
        if (!lookup)
            answer.hint =
                hint_of(run, asked->document, said->hint.text != NULL ? said->hint : empty);
        answer.exposed = shows_key(run, answer.hint, said->key);
        keep_secret(said->key, answer.secret);
    } else {
        answer.reason = reason_of(run, said, answer.hint);
        sr_exec_note(exec->child, said->error);
    }
    sr_run_exec_settle(exec, asked);
    g_array_append_val(exec->answers, answer);
    if (exec->in_request && exec->turn == said->id && !exec->hurried)
        sr_engine_schedule(run->engine, sr_engine_now(run->engine) + draw_answer(run, asked),
                           event_payload(EV_ANSWER, 0, exec->answers->len - 1));
    else
        sr_run_exec_answer(run, exec->answers->len - 1);
}

/* ---- questions of no client ---- */

/* Asks a question of no client, and wakes all that the child waits for until it answers.
 *
 * Returns: (transfer none): the question, until the next one */
static const SrAsked *
ask_aside(SrRun *run, SrAsked asked, const char *name)
{
    SrRunExec *exec = run->exec;
    uint32_t first = exec->waits->len;
    uint64_t id = exec->asked->len + 1;

    asked.aside = true;
    exec->hurried = true;
    sr_run_exec_ask(run, exec, asked, name);
    for (uint32_t i = first; i < MIN(exec->waits->len, first + ASIDE_WAITS_MAX) &&
                             !sr_asked_by_id(exec, id)->answered;
         i++)
        sr_run_exec_wake(run, exec->node, i);
    exec->hurried = false;
    return sr_asked_by_id(exec, id);
}

uint32_t
sr_run_exec_earlier(SrRun *run, uint32_t document)
{
    return ask_aside(run, (SrAsked){ .document = document }, "earlier")->answer_hint;
}

/* ---- after the run ---- */

/* An answer with another key is as good as none: the content does not open with it. */
static void
probe_hint(SrRun *run, uint32_t document, uint32_t hint, uint32_t key)
{
    const SrAsked question = {
        .message = { .type = SR_MSG_KEY_REQUEST, .flags = SR_MESSAGE_HINT, .hint = hint },
        .document = document,
    };
    const SrAsked *asked = ask_aside(run, question, "probe");

    if (asked->answer_key == SR_KEY_ABSENT || asked->answer_key == key)
        return;

    const Answer other = { .asked = run->exec->asked->len,
                           .hint = hint,
                           .reason = SR_REASON_OVERWRITTEN };

    refuse(run, asked, &other);
}

static void
probe_all(SrRun *run)
{
    for (uint32_t i = 0; i < run->model->n_documents; i++) {
        const SrServerDocument *document = &run->world.server.documents[i];

        if (document->phase == SR_PHASE_ESTABLISHED)
            probe_hint(run, i, document->hint, document->content.key);
        if (document->has_outdated)
            probe_hint(run, i, document->outdated.hint, document->outdated.key);
    }
}

uint32_t
sr_run_exec_lookups(const SrRunExec *exec)
{
    uint32_t n = 0;

    for (guint i = 0; i < exec->asked->len; i++) {
        const SrAsked *asked = &g_array_index(exec->asked, SrAsked, i);

        n += !asked->aside && (asked->message.flags & SR_MESSAGE_HINT);
    }
    return n;
}

bool
sr_run_exec_probed(const SrRunExec *exec)
{
    const SrAsked *last = exec->asked->len > 0 ? sr_asked_by_id(exec, exec->asked->len) : NULL;

    return last != NULL && last->aside && (last->message.flags & SR_MESSAGE_HINT);
}

void
sr_run_exec_probe(SrRun *run)
{
    probe_all(run);
    run->exec->later = PROBE_LATER;
    probe_all(run);
}
