/* The child in a run: requests, waits and answers at their instants. */
#include "run/run-private.h"

#include <openssl/sha.h>

#include "exec/exec-private.h"
#include "exec/leak.h"
#include "world/world-steps.h"

#define LABEL_CHARACTERS 64
#define AT_CHARACTERS 80
/* A child that never answers a question aside is not woken for ever. */
#define ASIDE_WAITS_MAX 1000u
/* How much later the second probe is. */
#define PROBE_LATER (60 * SR_NS_PER_S)

/* A request; its id is its place, from 1. */
typedef struct {
    SrMessage message;
    uint32_t number; /* of the message; names its draws */
    uint32_t legs;   /* drawn so far */
    bool aside;      /* asked before or after the run: of no client, nothing is sent */
    bool answered;
    bool settled; /* an answer is given, its client is gone, or it is known to be stuck */
    uint32_t document;
    uint32_t answer_hint, answer_key; /* once answered with a key; only of those aside */
} Asked;

/* Something that the child waits for; the payload of its event is its place. */
typedef struct {
    uint64_t wait;  /* the child's number */
    uint64_t asked; /* id; 0: of no request */
    bool dropped;
} Wait;

/* An answer that is given and not yet sent. */
typedef struct {
    uint64_t asked;
    uint32_t hint;
    bool exposed;                        /* the hint shows the key */
    SrReason reason;                     /* of a refusal; NONE: a key */
    uint8_t secret[SR_RUN_SECRET_BYTES]; /* the SHA-256 of the key's bytes */
} Answer;

/* Texts and their numbers, from 1. */
typedef struct {
    GHashTable *numbers; /* GBytes → number */
    GPtrArray *texts;    /* GBytes, owned; by number - 1 */
} Numbers;

struct SrRunExec {
    SrExec *child;
    GArray *asked, *waits, *answers;
    GHashTable *wait_places; /* child's number → place + 1 */
    Numbers hints; /* of a document's number (4 bytes) and the text: the number is the slot's */
    Numbers keys;  /* of the SHA-256 of the key's bytes */
    Numbers texts; /* labels, and lines of code */
    uint32_t loose;     /* draws of waits of no request */
    uint32_t standing;  /* waits that stand */
    uint32_t unsettled; /* requests that are not settled */
    uint64_t turn;      /* the request that the present turn belongs to; 0: none */
    bool in_request;    /* the present turn is that of the request */
    bool hurried;       /* what is waited for takes no time */
    SrSpan later;       /* how much later it is for the child than for the engine */
};

/* ---- numbers ---- */

static void
numbers_init(Numbers *numbers)
{
    numbers->numbers = g_hash_table_new(g_bytes_hash, g_bytes_equal);
    numbers->texts = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
}

static void
numbers_clear(Numbers *numbers)
{
    g_hash_table_unref(numbers->numbers);
    g_ptr_array_unref(numbers->texts);
}

static void
numbers_reset(Numbers *numbers)
{
    g_hash_table_remove_all(numbers->numbers);
    g_ptr_array_set_size(numbers->texts, 0);
}

/* Returns: the number of @text; *@fresh: (out): it has just got it */
static uint32_t
number_of(Numbers *numbers, const void *text, size_t length, bool *fresh)
{
    GBytes *bytes = g_bytes_new(text, length);
    void *number = g_hash_table_lookup(numbers->numbers, bytes);

    *fresh = number == NULL;
    if (number != NULL) {
        g_bytes_unref(bytes);
        return GPOINTER_TO_UINT(number);
    }
    g_ptr_array_add(numbers->texts, bytes);
    g_hash_table_insert(numbers->numbers, bytes, GUINT_TO_POINTER(numbers->texts->len));
    return numbers->texts->len;
}

static const void *
text_of(const Numbers *numbers, uint32_t number, size_t *length)
{
    return g_bytes_get_data(g_ptr_array_index(numbers->texts, number - 1), length);
}

/* Gives the first @most characters of @text a number; 0 for none. */
static uint32_t
number_of_note(SrRunExec *exec, SrExecText text, size_t most)
{
    size_t length = 0, characters = 0;
    bool fresh;

    if (text.length == 0)
        return 0;
    for (; length < text.length; length++)
        if ((text.text[length] & 0xc0) != 0x80 && characters++ == most)
            break;
    return number_of(&exec->texts, text.text, length, &fresh);
}

size_t
sr_run_exec_text(const SrRunExec *exec, uint32_t text, char out[SR_NOTE_TEXT_MAX])
{
    size_t length;
    const void *bytes = text_of(&exec->texts, text, &length);

    memcpy(out, bytes, length);
    return length;
}

size_t
sr_run_exec_hint_text(const SrRunExec *exec, uint32_t hint, char out[SR_HINT_TEXT_MAX])
{
    size_t length;
    const uint8_t *bytes = text_of(&exec->hints, hint, &length);

    memcpy(out, bytes + sizeof(uint32_t), length - sizeof(uint32_t));
    return length - sizeof(uint32_t);
}

const uint8_t *
sr_run_exec_secret(const SrRunExec *exec, uint32_t key)
{
    size_t length;

    return text_of(&exec->keys, key, &length);
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
    hint = number_of(&run->exec->hints, name->data, name->len, &fresh);
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

/* ---- life ---- */

SrRunExec *
sr_run_exec_new(void)
{
    SrRunExec *exec = g_new0(SrRunExec, 1);

    exec->asked = g_array_new(FALSE, FALSE, sizeof(Asked));
    exec->waits = g_array_new(FALSE, FALSE, sizeof(Wait));
    exec->answers = g_array_new(FALSE, FALSE, sizeof(Answer));
    exec->wait_places = g_hash_table_new(NULL, NULL);
    numbers_init(&exec->hints);
    numbers_init(&exec->keys);
    numbers_init(&exec->texts);
    return exec;
}

void
sr_run_exec_free(SrRunExec *exec)
{
    if (exec == NULL)
        return;
    g_array_unref(exec->asked);
    g_array_unref(exec->waits);
    g_array_unref(exec->answers);
    g_hash_table_unref(exec->wait_places);
    numbers_clear(&exec->hints);
    numbers_clear(&exec->keys);
    numbers_clear(&exec->texts);
    g_free(exec);
}

static SrExecMoment
present(const SrRun *run)
{
    SrSpan later = run->exec->later;

    return (SrExecMoment){ .t = sr_engine_now(run->engine) + later,
                           .now = sr_run_local(run, SR_NODE_ENCRYPTION_PROVIDER) +
                                  (int64_t) later };
}

gboolean
sr_run_exec_begin(SrRun *run, GError **error)
{
    SrRunExec *exec = run->exec;

    exec->child = run->options->provider;
    if (exec->child == NULL) {
        g_set_error_literal(error, SR_EXEC_ERROR, 0, "the scenario needs a provider");
        return FALSE;
    }
    g_array_set_size(exec->asked, 0);
    g_array_set_size(exec->waits, 0);
    g_array_set_size(exec->answers, 0);
    g_hash_table_remove_all(exec->wait_places);
    numbers_reset(&exec->hints);
    numbers_reset(&exec->keys);
    numbers_reset(&exec->texts);
    exec->loose = exec->standing = exec->unsettled = 0;
    exec->later = 0;
    exec->turn = 0;
    return sr_exec_begin(exec->child, run->seed, (SrExecMoment){ .t = 0, .now = run->epoch_ns },
                         error);
}

/* ---- records ---- */

static Asked *
asked_by_id(const SrRunExec *exec, uint64_t id)
{
    return &g_array_index(exec->asked, Asked, id - 1);
}

/* Returns: the node of the client of request @id; the provider itself where there is none */
static uint32_t
node_of(const SrRunExec *exec, uint64_t id)
{
    return id == 0 || asked_by_id(exec, id)->aside
               ? SR_NODE_ENCRYPTION_PROVIDER
               : SR_NODE_FIRST_CLIENT + asked_by_id(exec, id)->message.client;
}

static SrRecord
record_of(SrRun *run, SrEvent event, uint64_t id)
{
    return (SrRecord){
        .node = SR_NODE_ENCRYPTION_PROVIDER,
        .event = (uint8_t) event,
        .peer = node_of(run->exec, id),
        .id = id,
        .document = id != 0 ? asked_by_id(run->exec, id)->document : 0,
    };
}

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

static void
settle(SrRunExec *exec, Asked *asked)
{
    exec->unsettled -= !asked->settled;
    asked->settled = true;
}

/* ---- answers ---- */

/* @key: SR_KEY_ABSENT in a refusal */
static void
send_answer(SrRun *run, const Asked *asked, const Answer *answer, uint32_t key)
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
refuse(SrRun *run, const Asked *asked, const Answer *answer)
{
    SrRecord record = record_of(run, SR_EVENT_REFUSED, answer->asked);

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
give_key(SrRun *run, const Asked *asked, const Answer *answer)
{
    SrKeySlot *slot = &run->world.provider.slots[answer->hint];
    bool made;
    uint32_t key = number_of(&run->exec->keys, answer->secret, sizeof answer->secret, &made);

    if (made || slot->key == SR_KEY_ABSENT) {
        slot->key = key;
        slot->live = 1;
    }
    if (made) {
        slot->made_at = sr_run_local(run, SR_NODE_ENCRYPTION_PROVIDER);
        run->world.provider.n_keys = key;
    }
    if (answer->exposed) {
        SrRecord record = record_of(run, SR_EVENT_KEY_EXPOSED, answer->asked);

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
    Asked *asked = asked_by_id(run->exec, answer.asked);
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
draw_answer(const SrRun *run, const Asked *asked)
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

static void
take_answer(SrRun *run, const SrExecAnswer *said)
{
    static const SrExecText empty = { "", 0 };
    SrRunExec *exec = run->exec;
    Asked *asked = asked_by_id(exec, said->id);
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
    settle(exec, asked);
    g_array_append_val(exec->answers, answer);
    if (exec->in_request && exec->turn == said->id && !exec->hurried)
        sr_engine_schedule(run->engine, sr_engine_now(run->engine) + draw_answer(run, asked),
                           event_payload(EV_ANSWER, 0, exec->answers->len - 1));
    else
        sr_run_exec_answer(run, exec->answers->len - 1);
}

/* ---- waits ---- */

/* Draws how long leg number k of its request takes; a wait of no request counts for itself. */
static SrSpan
draw_leg(SrRun *run, uint64_t id)
{
    SrRunExec *exec = run->exec;
    uint32_t node = SR_NODE_ENCRYPTION_PROVIDER;
    uint64_t subject, index;
    SrStream stream;

    if (id != 0 && !asked_by_id(exec, id)->aside) {
        Asked *asked = asked_by_id(exec, id);

        node = SR_NODE_FIRST_CLIENT + asked->message.client;
        subject = run->clients[asked->message.client].hash;
        index = SR_DRAW_PAIR(asked->number, asked->legs++);
    } else {
        subject = run->model->service_hash[SR_NODE_ENCRYPTION_PROVIDER];
        index = exec->loose++;
    }
    stream = sr_run_seldom_stream(run, SR_DRAW_IO, subject, index);
    return (SrSpan) sr_run_settle(
        run, SR_DRAW_IO, node, index,
        (int64_t) sr_distribution_sample(&run->scenario->encryption_provider.io, &stream));
}

static void
record_wait(SrRun *run, const SrExecWait *said, uint64_t id)
{
    SrRecord record = record_of(run, SR_EVENT_WAITS, id);

    record.id = 0;
    record.peer = 0;
    record.document = 0;
    record.call.wait = said->wait;
    record.call.request = id;
    record.call.kind = said->kind == SR_EXEC_TIMER ? SR_CALL_TIMER : SR_CALL_IO;
    record.call.leg = said->kind == SR_EXEC_REQUEST_LEG    ? SR_LEG_REQUEST
                      : said->kind == SR_EXEC_RESPONSE_LEG ? SR_LEG_RESPONSE
                                                           : SR_LEG_NONE;
    record.call.label = number_of_note(run->exec, said->label, LABEL_CHARACTERS);
    record.call.at = number_of_note(run->exec, said->at, AT_CHARACTERS);
    sr_world_emit(&run->world, &record);
}

static void
drop_wait(SrRun *run, uint64_t wait)
{
    SrRunExec *exec = run->exec;
    uint32_t place =
        GPOINTER_TO_UINT(g_hash_table_lookup(exec->wait_places, GSIZE_TO_POINTER(wait))) - 1;

    exec->standing--;
    g_array_index(exec->waits, Wait, place).dropped = true;
    if (sr_run_is_ordered(run))
        sr_run_order_drop(run, event_payload(EV_CHILD, 0, place));
}

/* Lets the wait at @place, of request @id, be chosen. */
static void
order_wait(SrRun *run, const SrExecWait *said, uint64_t id, uint32_t place)
{
    Asked *asked = asked_by_id(run->exec, id);
    uint64_t payload = event_payload(EV_CHILD, 0, place);
    SrTime due = sr_engine_now(run->engine) + said->ns;
    SrDraw draw = { .id = SR_DRAW_IO,
                    .subject = SR_NODE_FIRST_CLIENT + asked->message.client };

    if (said->kind != SR_EXEC_TIMER) {
        draw.number = SR_DRAW_PAIR(asked->number, asked->legs++);
        sr_run_order_call(run, payload, &draw, asked->message.client);
        return;
    }
    sr_engine_schedule(run->engine, due, payload);
    sr_run_order_timer(run, payload, due, asked->message.client);
}

static void
take_wait(SrRun *run, const SrExecWait *said)
{
    SrRunExec *exec = run->exec;
    /* The child may name another open request than the one of this turn. */
    uint64_t id =
        said->request != 0 && said->request <= exec->asked->len ? said->request : exec->turn;
    Wait wait = { .wait = said->wait, .asked = id };
    SrSpan span;

    if (said->kind == SR_EXEC_DROP) {
        drop_wait(run, said->wait);
        return;
    }
    exec->standing++;
    g_array_append_val(exec->waits, wait);
    g_hash_table_insert(exec->wait_places, GSIZE_TO_POINTER(said->wait),
                        GUINT_TO_POINTER(exec->waits->len));
    record_wait(run, said, id);
    if (exec->hurried)
        return;
    if (sr_run_is_ordered(run) && id != 0 && !asked_by_id(exec, id)->aside) {
        order_wait(run, said, id, exec->waits->len - 1);
        return;
    }
    span = said->kind == SR_EXEC_TIMER ? said->ns : draw_leg(run, id);
    if (id != 0)
        sr_engine_schedule(run->engine, sr_engine_now(run->engine) + span,
                           event_payload(EV_CHILD, 0, exec->waits->len - 1));
    else
        sr_engine_schedule_background(run->engine, sr_engine_now(run->engine) + span,
                                      event_payload(EV_CHILD, 0, exec->waits->len - 1));
}

/* ---- turns ---- */

static void
take_stuck(SrRun *run, uint64_t id)
{
    Asked *asked = asked_by_id(run->exec, id);
    SrRecord record = record_of(run, SR_EVENT_STUCK, id);

    if (asked->settled)
        return;
    settle(run->exec, asked);
    sr_world_emit(&run->world, &record);
}

/* A child that waits for nothing can answer nothing any more, whether it says so or not. */
static void
find_stuck(SrRun *run)
{
    SrRunExec *exec = run->exec;

    for (uint64_t id = 1; exec->standing == 0 && exec->unsettled > 0 && id <= exec->asked->len;
         id++)
        take_stuck(run, id);
}

static void
record_break(SrRun *run, SrReason reason)
{
    SrRecord record = record_of(run, SR_EVENT_PROVIDER_BROKE, run->exec->turn);

    record.id = 0;
    record.document = 0;
    record.reason = (uint8_t) reason;
    record.has = SR_HAS_REASON;
    sr_world_emit(&run->world, &record);
}

/* @reply: (nullable): of a turn that belongs to request @id; NULL when the child broke in it, or
 * earlier */
static void
take_reply(SrRun *run, const SrExecReply *reply, uint64_t id, bool in_request, bool broken)
{
    SrRunExec *exec = run->exec;

    exec->turn = id;
    exec->in_request = in_request;
    if (reply == NULL) {
        if (!broken)
            record_break(run, sr_exec_kind(exec->child));
        return;
    }
    if (sr_exec_take_rejection(exec->child))
        record_break(run, SR_REASON_UNHANDLED_REJECTION);
    for (guint i = 0; i < reply->waits->len; i++)
        take_wait(run, &g_array_index(reply->waits, SrExecWait, i));
    for (guint i = 0; i < reply->answers->len; i++)
        take_answer(run, &g_array_index(reply->answers, SrExecAnswer, i));
    for (guint i = 0; i < reply->stuck->len; i++)
        take_stuck(run, g_array_index(reply->stuck, uint64_t, i));
    find_stuck(run);
}

static bool
is_broken(const SrRunExec *exec)
{
    return sr_exec_kind(exec->child) != SR_REASON_NONE;
}

static const char *
document_name(const SrRun *run, uint32_t document)
{
    return g_array_index(run->scenario->documents, SrDocumentSettings, document).name;
}

static void
client_name(const SrRun *run, uint32_t client, char out[SR_NODE_NAME_MAX])
{
    size_t length = run->names.node(run->names.data, SR_NODE_FIRST_CLIENT + client, out);

    out[length] = '\0';
}

static void
ask(SrRun *run, Asked asked, const char *client)
{
    SrRunExec *exec = run->exec;
    char text[SR_HINT_TEXT_MAX];
    SrExecRequest request = { .client = client,
                              .document = document_name(run, asked.document),
                              .has_hint = asked.message.flags & SR_MESSAGE_HINT };
    bool broken = is_broken(exec);

    exec->unsettled++;
    g_array_append_val(exec->asked, asked);
    request.id = exec->asked->len;
    if (request.has_hint)
        request.hint =
            (SrExecText){ text, sr_run_exec_hint_text(exec, asked.message.hint, text) };
    take_reply(run, sr_exec_request(exec->child, present(run), &request), request.id, true,
               broken);
}

void
sr_run_exec_request(SrRun *run, const SrMessage *request, uint32_t number)
{
    char name[SR_NODE_NAME_MAX];

    if (request->type != SR_MSG_KEY_REQUEST)
        return;
    client_name(run, request->client, name);
    ask(run,
        (Asked){ .message = *request,
                 .number = number,
                 .document = sr_run_client_document(run, request->client) },
        name);
}

void
sr_run_exec_wake(SrRun *run, uint32_t place)
{
    SrRunExec *exec = run->exec;
    Wait wait = g_array_index(exec->waits, Wait, place);
    SrRecord record = { .node = SR_NODE_ENCRYPTION_PROVIDER,
                        .event = SR_EVENT_WAKES,
                        .call = { .wait = wait.wait } };

    if (wait.dropped || is_broken(exec))
        return;
    exec->standing--;
    g_array_index(exec->waits, Wait, place).dropped = true;
    sr_world_emit(&run->world, &record);
    take_reply(run, sr_exec_wake(exec->child, present(run), wait.wait), wait.asked, false,
               false);
}

void
sr_run_exec_gone(SrRun *run, uint32_t client)
{
    SrRunExec *exec = run->exec;
    char name[SR_NODE_NAME_MAX];

    if (is_broken(exec))
        return;
    for (guint i = 0; i < exec->asked->len; i++) {
        Asked *asked = asked_by_id(exec, i + 1);

        if (!asked->aside && asked->message.client == client)
            settle(exec, asked);
    }
    client_name(run, client, name);
    take_reply(run, sr_exec_gone(exec->child, present(run), name), 0, false, false);
}

/* Asks a question of no client, and wakes all that the child waits for until it answers.
 *
 * Returns: (transfer none): the question, until the next one */
static const Asked *
ask_aside(SrRun *run, Asked asked, const char *name)
{
    SrRunExec *exec = run->exec;
    uint32_t first = exec->waits->len;
    uint64_t id = exec->asked->len + 1;

    asked.aside = true;
    exec->hurried = true;
    ask(run, asked, name);
    for (uint32_t i = first;
         i < MIN(exec->waits->len, first + ASIDE_WAITS_MAX) && !asked_by_id(exec, id)->answered;
         i++)
        sr_run_exec_wake(run, i);
    exec->hurried = false;
    return asked_by_id(exec, id);
}

uint32_t
sr_run_exec_earlier(SrRun *run, uint32_t document)
{
    return ask_aside(run, (Asked){ .document = document }, "earlier")->answer_hint;
}

/* ---- after the run ---- */

/* An answer with another key is as good as none: the content does not open with it. */
static void
probe_hint(SrRun *run, uint32_t document, uint32_t hint, uint32_t key)
{
    const Asked question = {
        .message = { .type = SR_MSG_KEY_REQUEST, .flags = SR_MESSAGE_HINT, .hint = hint },
        .document = document,
    };
    const Asked *asked = ask_aside(run, question, "probe");

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
        const Asked *asked = &g_array_index(exec->asked, Asked, i);

        n += !asked->aside && (asked->message.flags & SR_MESSAGE_HINT);
    }
    return n;
}

bool
sr_run_exec_probed(const SrRunExec *exec)
{
    const Asked *last = exec->asked->len > 0 ? asked_by_id(exec, exec->asked->len) : NULL;

    return last != NULL && last->aside && (last->message.flags & SR_MESSAGE_HINT);
}

void
sr_run_exec_probe(SrRun *run)
{
    probe_all(run);
    run->exec->later = PROBE_LATER;
    probe_all(run);
}
