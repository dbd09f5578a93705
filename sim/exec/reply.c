/* Reading the lines of a child. */
#include "exec/reply.h"

#include <string.h>

#include "base/escape.h"

#define DEPTH_MAX 8u
#define SHOWN 40u

typedef struct {
    SrExecReply *reply;
    GString *why;
} Reader;

static bool G_GNUC_PRINTF(2, 3) refuse(const Reader *reader, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_string_append_vprintf(reader->why, format, arguments);
    va_end(arguments);
    return false;
}

static void
append_shown(GString *why, const char *text, size_t length)
{
    const char *end = text + MIN(length, SHOWN);

    /* Not in the middle of a character. */
    while (end > text && end < text + length && (*end & 0xc0) == 0x80)
        end--;
    g_string_append_c(why, '"');
    sr_escape_terminal(why, text, (size_t) (end - text));
    g_string_append(why, length > SHOWN ? "…\"" : "\"");
}

static bool
is_shallow(const json_t *value, unsigned depth)
{
    const char *name;
    json_t *part;
    size_t i;

    if (!json_is_object(value) && !json_is_array(value))
        return true;
    if (depth == DEPTH_MAX)
        return false;
    /* The macros of jansson take no constant object, and change none. */
    json_t *whole = (json_t *) (uintptr_t) value;
    json_object_foreach (whole, name, part)
        if (!is_shallow(part, depth + 1))
            return false;
    json_array_foreach (whole, i, part)
        if (!is_shallow(part, depth + 1))
            return false;
    return true;
}

/* ---- values ---- */

static bool
read_text(const Reader *reader, const json_t *object, const char *name, SrExecText *text)
{
    const json_t *value = json_object_get(object, name);

    if (value == NULL)
        return true;
    if (!json_is_string(value))
        return refuse(reader, "gave a '%s' that is not a string", name);
    *text = (SrExecText){ json_string_value(value), json_string_length(value) };
    return true;
}

static bool
read_number(const Reader *reader, const json_t *object, const char *name, uint64_t *number)
{
    const json_t *value = json_object_get(object, name);

    if (!json_is_integer(value) || json_integer_value(value) < 1 ||
        json_integer_value(value) > UINT32_MAX)
        return refuse(reader, "gave a '%s' that is not a whole number from 1 to 4294967295",
                      name);
    *number = (uint64_t) json_integer_value(value);
    return true;
}

/* 64 bits as a string of decimals. What is beyond the longest run counts as just beyond it. */
static bool
read_span(const Reader *reader, const json_t *object, const char *name, SrSpan *span)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    guint64 number;

    if (text == NULL || strlen(text) != json_string_length(value) ||
        !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &number, NULL))
        return refuse(reader, "gave '%s' of a timer that is not a string of decimals", name);
    *span = MIN(number, SR_SPAN_MAX + 1);
    return true;
}

/* Calls @read for each element of the list @name, if it is there. */
static bool
read_list(const Reader *reader, const char *name,
          bool (*read)(const Reader *reader, const json_t *value))
{
    const json_t *list = json_object_get(reader->reply->root, name);

    if (list != NULL && !json_is_array(list))
        return refuse(reader, "gave '%s' that is not a list", name);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!read(reader, json_array_get(list, i)))
            return false;
    return true;
}

/* ---- members ---- */

static size_t
utf16_units(SrExecText text)
{
    size_t units = 0;

    for (size_t i = 0; i < text.length; i++)
        units += (size_t) ((text.text[i] & 0xc0) != 0x80) + ((uint8_t) text.text[i] >= 0xf0);
    return units;
}

static bool
read_reason(const Reader *reader, const json_t *object, SrExecAnswer *answer)
{
    static const uint8_t reasons[] = { SR_REASON_UNKNOWN_HINT, SR_REASON_UNAVAILABLE,
                                       SR_REASON_BAD_SHAPE };
    SrExecText reason = { 0 };

    if (!read_text(reader, object, "reason", &reason))
        return false;
    for (size_t i = 0; reason.text != NULL && i < G_N_ELEMENTS(reasons); i++)
        if (strcmp(reason.text, sr_reason_name((SrReason) reasons[i])) == 0)
            answer->reason = reasons[i];
    if (reason.text == NULL || answer->reason != SR_REASON_NONE)
        return true;
    refuse(reader, "gave a reason that is none of unknown-hint, unavailable, bad-shape: ");
    append_shown(reader->why, reason.text, reason.length);
    return false;
}

/* The plugin's own word for a hint is the likeliest mistake, and would be ignored. */
static const SrExecText key_hint = {
    "an answer has 'keyHint', which is not read: the hint of a key is its 'hint'",
    sizeof "an answer has 'keyHint', which is not read: the hint of a key is its 'hint'" - 1
};

static bool
read_answer(const Reader *reader, const json_t *value)
{
    SrExecAnswer answer = { 0 };

    if (!json_is_object(value))
        return refuse(reader, "gave an answer that is not an object");
    if (!read_number(reader, value, "id", &answer.id) ||
        !read_text(reader, value, "key", &answer.key) ||
        !read_text(reader, value, "hint", &answer.hint) ||
        !read_text(reader, value, "token", &answer.token) ||
        !read_text(reader, value, "error", &answer.error) ||
        !read_text(reader, value, "at", &answer.at) || !read_reason(reader, value, &answer))
        return false;
    if ((answer.key.text != NULL) + (answer.token.text != NULL) + (answer.error.text != NULL) !=
        1)
        return refuse(reader,
                      "gave an answer without exactly one of 'key', 'token' and 'error'");
    if (answer.hint.text != NULL && utf16_units(answer.hint) > SR_EXEC_HINT_UNITS) {
        answer.error =
            (SrExecText){ "the hint is too long", sizeof "the hint is too long" - 1 };
        answer.key = answer.token = answer.hint = (SrExecText){ 0 };
        answer.reason = SR_REASON_BAD_SHAPE;
    }
    if (answer.key.text != NULL && answer.hint.text == NULL &&
        json_object_get(value, "keyHint") != NULL)
        g_array_append_val(reader->reply->notes, key_hint);
    g_array_append_val(reader->reply->answers, answer);
    return true;
}

/* Reads what a wait is for. */
static bool
read_kind(const Reader *reader, const json_t *value, SrExecWait *wait)
{
    SrExecText kind = { 0 }, leg = { 0 };

    if (!read_text(reader, value, "for", &kind) || !read_text(reader, value, "leg", &leg))
        return false;
    if (g_strcmp0(kind.text, "timer") == 0) {
        wait->kind = SR_EXEC_TIMER;
        return read_span(reader, value, "ns", &wait->ns);
    }
    if (g_strcmp0(kind.text, "io") != 0)
        return refuse(reader, "gave a wait that is for neither 'io' nor 'timer'");
    if (g_strcmp0(leg.text, "request") != 0 && g_strcmp0(leg.text, "response") != 0)
        return refuse(reader, "gave a wait for io whose leg is neither 'request' nor "
                              "'response'");
    wait->kind = leg.text[2] == 'q' ? SR_EXEC_REQUEST_LEG : SR_EXEC_RESPONSE_LEG;
    return true;
}

static bool
read_wait(const Reader *reader, const json_t *value)
{
    SrExecWait wait = { 0 };

    if (!json_is_object(value))
        return refuse(reader, "gave a wait that is not an object");
    if (json_object_get(value, "drop") != NULL) {
        wait.kind = SR_EXEC_DROP;
        if (!read_number(reader, value, "drop", &wait.wait))
            return false;
    } else if (!read_number(reader, value, "wait", &wait.wait) ||
               (json_object_get(value, "request") != NULL &&
                !read_number(reader, value, "request", &wait.request)) ||
               !read_text(reader, value, "label", &wait.label) ||
               !read_text(reader, value, "at", &wait.at) || !read_kind(reader, value, &wait)) {
        return false;
    }
    g_array_append_val(reader->reply->waits, wait);
    return true;
}

static bool
read_stuck(const Reader *reader, const json_t *value)
{
    uint64_t id;

    if (!json_is_integer(value) || json_integer_value(value) < 1)
        return refuse(reader, "gave a stuck request that is not a number");
    id = (uint64_t) json_integer_value(value);
    g_array_append_val(reader->reply->stuck, id);
    return true;
}

static bool
read_note(const Reader *reader, const json_t *value)
{
    SrExecText note = { json_string_value(value), json_string_length(value) };

    if (note.text == NULL)
        return refuse(reader, "gave a note that is not a string");
    g_array_append_val(reader->reply->notes, note);
    return true;
}

static bool
read_ask(const Reader *reader, const json_t *value)
{
    const char *ask = json_string_value(value);

    reader->reply->keys |= g_strcmp0(ask, "key") == 0;
    reader->reply->tokens |= g_strcmp0(ask, "token") == 0;
    return ask != NULL || refuse(reader, "gave 'asks' that is not a list of strings");
}

static bool
read_hello(const Reader *reader)
{
    const json_t *protocol = json_object_get(reader->reply->root, "protocol");

    if (!json_is_integer(protocol) || json_integer_value(protocol) != 1)
        return refuse(reader, "does not speak protocol 1");
    return read_text(reader, reader->reply->root, "name", &reader->reply->name) &&
           (json_object_get(reader->reply->root, "runs") == NULL ||
            read_number(reader, reader->reply->root, "runs", &reader->reply->runs)) &&
           read_list(reader, "asks", read_ask);
}

/* Reads how it broke, if @name is there: its one word is that of @broke. */
static bool
read_broke(const Reader *reader, const char *name, SrReason broke)
{
    SrExecText word = { 0 };

    if (!read_text(reader, reader->reply->root, name, &word))
        return false;
    if (word.text == NULL)
        return true;
    if (strcmp(word.text, sr_reason_name(broke)) != 0)
        return refuse(reader, "gave a '%s' that is not '%s'", name, sr_reason_name(broke));
    reader->reply->broke = broke;
    return true;
}

static bool
read_idle(const Reader *reader)
{
    reader->reply->jwks = json_object_get(reader->reply->root, "jwks");
    if (reader->reply->jwks != NULL && !json_is_object(reader->reply->jwks))
        return refuse(reader, "gave 'jwks' that is not an object");
    return read_list(reader, "answers", read_answer) && read_list(reader, "waits", read_wait) &&
           read_list(reader, "stuck", read_stuck) && read_list(reader, "notes", read_note) &&
           read_broke(reader, "broke", SR_REASON_UNHANDLED_REJECTION);
}

/* ---- lines ---- */

void
sr_exec_reply_clear(SrExecReply *reply)
{
    json_decref(reply->root);
    g_clear_pointer(&reply->answers, g_array_unref);
    g_clear_pointer(&reply->waits, g_array_unref);
    g_clear_pointer(&reply->stuck, g_array_unref);
    g_clear_pointer(&reply->notes, g_array_unref);
    *reply = (SrExecReply){ 0 };
}

static GArray *
emptied(GArray *array, guint element)
{
    if (array == NULL)
        return g_array_new(FALSE, FALSE, element);
    return g_array_set_size(array, 0);
}

/* Empties @reply, but keeps its arrays. */
static void
restart(SrExecReply *reply)
{
    json_decref(reply->root);
    *reply = (SrExecReply){
        .answers = emptied(reply->answers, sizeof(SrExecAnswer)),
        .waits = emptied(reply->waits, sizeof(SrExecWait)),
        .stuck = emptied(reply->stuck, sizeof(uint64_t)),
        .notes = emptied(reply->notes, sizeof(SrExecText)),
    };
}

static bool
read_type(const Reader *reader, const char *type)
{
    SrExecReply *reply = reader->reply;

    if (g_strcmp0(type, "idle") == 0)
        return reply->type = SR_EXEC_IDLE, read_idle(reader);
    if (g_strcmp0(type, "hello") == 0)
        return reply->type = SR_EXEC_HELLO, read_hello(reader);
    if (g_strcmp0(type, "fault") != 0)
        return refuse(reader, "wrote a line whose type is none of hello, idle, fault");
    reply->type = SR_EXEC_FAULT;
    reply->broke = SR_REASON_FAULT;
    return read_text(reader, reply->root, "error", &reply->error) &&
           read_broke(reader, "kind", SR_REASON_BLOCKED);
}

bool
sr_exec_reply_read(SrExecReply *reply, const char *line, size_t length, GString *why)
{
    const Reader reader = { reply, why };
    json_error_t error;

    restart(reply);
    reply->root = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (reply->root == NULL && json_error_code(&error) == json_error_duplicate_key)
        return refuse(&reader, "wrote a line that has a member twice");
    if (reply->root == NULL) {
        refuse(&reader, "wrote a line that is not JSON, ");
        append_shown(why, line, length);
        g_string_append(why, SR_EXEC_LOGS);
        return false;
    }
    if (!json_is_object(reply->root))
        return refuse(&reader, "wrote a line that is not a JSON object");
    if (!is_shallow(reply->root, 0))
        return refuse(&reader, "wrote a line that is nested more than %u deep", DEPTH_MAX);
    return read_type(&reader, json_string_value(json_object_get(reply->root, "type")));
}
