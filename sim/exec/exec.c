/* A child in runs: its life, its turns, and the rules of its answers. */
#include "exec/exec-private.h"

#include <string.h>

#include "base/escape.h"
#include "exec/child.h"

/* At least, for the first line and for a fresh start: a runtime's start-up is slow. */
#define HELLO_DEADLINE (10 * SR_NS_PER_S)
#define NOTES_MAX 20u
#define NOTE_CHARACTERS 500
/* So many waits a run: a child that goes on without end at one instant must not hold the run. */
#define WAITS_MAX 1000000u
/* After so many runs in a row in which it broke, nothing more is played. */
#define BREAKS_MAX 3u

struct SrExec {
    char *command;
    char **variables; /* (nullable) */
    SrExecRole role;
    SrSpan deadline;
    uint32_t number;
    int log;
    bool log_named;
    bool patient;
    uint32_t runs_of_child;
    bool (*stop)(void *data); /* (nullable) */
    void *stop_data;

    SrChild *child; /* (nullable) */
    bool stopped;   /* a turn ended because `stop` said so */
    SrExecReply reply;
    GString *line; /* the present one, to the child */
    char *step;    /* what the child was asked, for a message */
    char *name;    /* (nullable) what it says that it is */
    uint64_t runs;
    uint32_t runs_left; /* of the present child */
    uint32_t breaks;    /* in a row */
    json_t *jwks;       /* (nullable) told last, in whichever run */
    uint64_t jwks_version;

    /* of the present run */
    SrReason kind;
    bool told_jwks;
    bool rejected; /* it left a rejection unhandled, and nobody asked yet */
    GString *broke;
    GString *errors;            /* the end of its standard error, once it broke */
    GPtrArray *notes, *remarks; /* with NULL at the end */
    GHashTable *open;           /* id → the same; requests without an answer */
    GHashTable *waits;          /* number → whether it still stands: 1 or 2 */
};

/* What there is to say of each role: in `hello`, in messages, in requests, and what it can be asked
 * for. */
static const struct {
    const char *role, *name, *ask, *answer, *other, *cannot;
} roles[SR_EXEC_ROLE_N] = {
    [SR_EXEC_KEYS] = { "encryption-provider", "provider", "key", "a key", "a token",
                       "cannot be asked for keys" },
    [SR_EXEC_TOKENS] = { "token-provider", "signer", "token", "a token", "a key",
                         "cannot be asked for tokens" },
};

G_DEFINE_QUARK(sr - exec - error - quark, sr_exec_error)

/* ---- life ---- */

SrExec *
sr_exec_new(const SrExecOptions *options)
{
    SrExec *exec = g_new0(SrExec, 1);

    exec->command = g_strdup(options->command);
    exec->variables = g_strdupv((char **) (uintptr_t) options->variables);
    exec->role = options->role;
    exec->deadline = options->deadline != 0 ? options->deadline : SR_EXEC_DEADLINE;
    exec->number = options->number;
    exec->log = options->log;
    exec->log_named = options->log_named;
    exec->patient = options->patient;
    exec->stop = options->stop;
    exec->stop_data = options->stop_data;
    exec->runs_of_child = options->runs != 0 ? options->runs : SR_EXEC_RUNS;
    exec->line = g_string_new(NULL);
    exec->broke = g_string_new(NULL);
    exec->errors = g_string_new(NULL);
    exec->notes = g_ptr_array_new_with_free_func(g_free);
    exec->remarks = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(exec->notes, NULL);
    g_ptr_array_add(exec->remarks, NULL);
    exec->open = g_hash_table_new(NULL, NULL);
    exec->waits = g_hash_table_new(NULL, NULL);
    return exec;
}

void
sr_exec_free(SrExec *exec)
{
    if (exec == NULL)
        return;
    sr_child_free(exec->child);
    json_decref(exec->jwks);
    sr_exec_reply_clear(&exec->reply);
    g_free(exec->command);
    g_strfreev(exec->variables);
    g_string_free(exec->line, TRUE);
    g_string_free(exec->broke, TRUE);
    g_string_free(exec->errors, TRUE);
    g_free(exec->step);
    g_free(exec->name);
    g_ptr_array_unref(exec->notes);
    g_ptr_array_unref(exec->remarks);
    g_hash_table_unref(exec->open);
    g_hash_table_unref(exec->waits);
    g_free(exec);
}

const char *
sr_exec_broke(const SrExec *exec)
{
    return exec->kind != SR_REASON_NONE ? exec->broke->str : NULL;
}

const char *
sr_exec_errors(const SrExec *exec)
{
    return exec->errors->str;
}

const json_t *
sr_exec_jwks(const SrExec *exec, uint64_t *version)
{
    *version = exec->jwks_version;
    return exec->told_jwks ? exec->jwks : NULL;
}

bool
sr_exec_take_rejection(SrExec *exec)
{
    bool rejected = exec->rejected;

    exec->rejected = false;
    return rejected;
}

const char *const *
sr_exec_notes(const SrExec *exec)
{
    return (const char *const *) exec->notes->pdata;
}

const char *const *
sr_exec_remarks(const SrExec *exec)
{
    return (const char *const *) exec->remarks->pdata;
}

void
sr_exec_remark(SrExec *exec, const char *text)
{
    guint n = exec->remarks->len - 1;

    for (guint i = 0; i < n; i++)
        if (strcmp(g_ptr_array_index(exec->remarks, i), text) == 0)
            return;
    if (n < NOTES_MAX)
        g_ptr_array_insert(exec->remarks, (gint) n, g_strdup(text));
}

SrReason
sr_exec_kind(const SrExec *exec)
{
    return exec->kind;
}

void
sr_exec_note(SrExec *exec, SrExecText text)
{
    g_autofree char *whole = g_utf8_make_valid(text.text, (gssize) text.length);

    if (exec->notes->len <= NOTES_MAX)
        g_ptr_array_insert(
            exec->notes, (gint) exec->notes->len - 1,
            g_utf8_substring(whole, 0, MIN(g_utf8_strlen(whole, -1), NOTE_CHARACTERS)));
}

/* ---- what breaks ---- */

/* Keeps the end of what the child wrote to standard error. */
static void
keep_errors(SrExec *exec)
{
    g_autoptr(GString) tail = sr_child_tail(exec->child);

    for (gsize i = 0; i < tail->len; i++)
        if (tail->str[i] == '\0')
            tail->str[i] = '?';
    g_string_assign(exec->errors, g_strchomp(tail->str));
}

/* Ends the child, which did what @why says. Returns: NULL */
static const SrExecReply *
fail(SrExec *exec, SrReason kind, const char *why)
{
    bool logs = g_str_has_suffix(why, SR_EXEC_LOGS);
    int length = (int) (strlen(why) - (logs ? strlen(SR_EXEC_LOGS) : 0));

    exec->kind = kind;
    g_string_printf(exec->broke, "the %s %.*s, where the answer to %s was due%s",
                    roles[exec->role].name, length, why, exec->step, logs ? SR_EXEC_LOGS : "");
    keep_errors(exec);
    g_clear_pointer(&exec->child, sr_child_abandon);
    return NULL;
}

static const SrExecReply *G_GNUC_PRINTF(3, 4)
    fail_with(SrExec *exec, SrReason kind, const char *format, ...)
{
    g_autofree char *why = NULL;
    va_list arguments;

    va_start(arguments, format);
    why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return fail(exec, kind, why);
}

/* ---- rules ---- */

/* What a hash table with numbers as keys calls @number. */
static void *
name_of(uint64_t number)
{
    return GSIZE_TO_POINTER(number);
}

#define STANDS GINT_TO_POINTER(1)
#define OVER GINT_TO_POINTER(2)

static bool
keep_answer_rules(SrExec *exec, const SrExecAnswer *answer)
{
    SrExecText other = exec->role == SR_EXEC_KEYS ? answer->token : answer->key;

    if (!g_hash_table_remove(exec->open, name_of(answer->id))) {
        fail_with(exec, SR_REASON_RULE,
                  "answered request %" G_GUINT64_FORMAT ", which is not open", answer->id);
        return false;
    }
    if (other.text != NULL) {
        fail_with(exec, SR_REASON_BAD_SHAPE,
                  "answered request %" G_GUINT64_FORMAT " with %s instead of %s", answer->id,
                  roles[exec->role].other, roles[exec->role].answer);
        return false;
    }
    return true;
}

static bool
keep_wait_rules(SrExec *exec, const SrExecWait *wait)
{
    const void *state = g_hash_table_lookup(exec->waits, name_of(wait->wait));

    if (wait->kind == SR_EXEC_DROP ? state != STANDS : state != NULL) {
        fail_with(exec, SR_REASON_RULE,
                  wait->kind == SR_EXEC_DROP
                      ? "dropped wait %" G_GUINT64_FORMAT ", which does not stand"
                      : "used the number of wait %" G_GUINT64_FORMAT " twice",
                  wait->wait);
        return false;
    }
    g_hash_table_insert(exec->waits, name_of(wait->wait),
                        wait->kind == SR_EXEC_DROP ? OVER : STANDS);
    if (g_hash_table_size(exec->waits) <= WAITS_MAX)
        return true;
    fail_with(exec, SR_REASON_RULE, "waited for more than %u things in one run", WAITS_MAX);
    return false;
}

static bool
keep_rules(SrExec *exec)
{
    const SrExecReply *reply = &exec->reply;

    for (guint i = 0; i < reply->answers->len; i++)
        if (!keep_answer_rules(exec, &g_array_index(reply->answers, SrExecAnswer, i)))
            return false;
    for (guint i = 0; i < reply->waits->len; i++)
        if (!keep_wait_rules(exec, &g_array_index(reply->waits, SrExecWait, i)))
            return false;
    for (guint i = 0; i < reply->stuck->len; i++) {
        uint64_t id = g_array_index(reply->stuck, uint64_t, i);

        if (!g_hash_table_contains(exec->open, name_of(id))) {
            fail_with(exec, SR_REASON_RULE,
                      "says that request %" G_GUINT64_FORMAT " is stuck, which is not open",
                      id);
            return false;
        }
    }
    return true;
}

/* ---- turns ---- */

static void
append_text(GString *line, const char *name, SrExecText text)
{
    g_string_append_printf(line, ",\"%s\":", name);
    sr_escape_json(line, text.text, text.length);
}

static void
append_name(GString *line, const char *name, const char *text)
{
    append_text(line, name, (SrExecText){ text, strlen(text) });
}

static void
begin_line(SrExec *exec, const char *type, SrExecMoment moment)
{
    g_string_printf(exec->line,
                    "{\"type\":\"%s\",\"t\":\"%" G_GUINT64_FORMAT
                    "\",\"now\":\"%" G_GINT64_FORMAT "\"",
                    type, moment.t, moment.now);
}

/* A long one for a turn holds for the start as well. */
static SrSpan
start_deadline(const SrExec *exec)
{
    return MAX(HELLO_DEADLINE, exec->deadline);
}

/* Says exec->line and reads the reply, which must be a @type. Returns: NULL when it broke */
static const SrExecReply *
take_turn(SrExec *exec, SrExecReplyType type, SrSpan deadline)
{
    static const SrReason kinds[] = { [SR_CHILD_CRASHED] = SR_REASON_CRASH,
                                      [SR_CHILD_SILENT] = SR_REASON_BLOCKED,
                                      [SR_CHILD_RULE] = SR_REASON_RULE,
                                      [SR_CHILD_STOPPED] = SR_REASON_BLOCKED };
    g_autoptr(GString) why = g_string_new(NULL);
    const char *answer;
    size_t length;
    SrChildEnd end;

    g_string_append(exec->line, "}\n");
    end = sr_child_ask(exec->child, exec->line->str, exec->line->len,
                       type == SR_EXEC_HELLO ? SR_CHILD_HELLO_MAX : SR_CHILD_LINE_MAX, deadline,
                       &answer, &length, why);
    exec->stopped |= end == SR_CHILD_STOPPED;
    if (end == SR_CHILD_SILENT && type == SR_EXEC_HELLO) {
        fail(exec, kinds[end], why->str);
        g_string_append(exec->broke, "; it has to flush its output behind every line");
        return NULL;
    }
    if (end != SR_CHILD_ANSWERED)
        return fail(exec, kinds[end], why->str);
    if (!sr_exec_reply_read(&exec->reply, answer, length, why))
        return fail(exec, SR_REASON_BAD_SHAPE, why->str);
    if (exec->reply.type == SR_EXEC_FAULT) {
        g_string_append(why, "says that it cannot go on: ");
        sr_escape_terminal(why, exec->reply.error.text != NULL ? exec->reply.error.text : "",
                           MIN(exec->reply.error.length, NOTE_CHARACTERS));
        return fail(exec, exec->reply.broke, why->str);
    }
    if (exec->reply.type != type)
        return fail(exec, SR_REASON_RULE,
                    type == SR_EXEC_HELLO ? "did not answer 'hello' with 'hello'"
                                          : "said 'hello' again");
    return &exec->reply;
}

/* Versions of key sets, of all children: no two sets share one. */
static uint64_t versions;

/* A child tells the same keys in each run, as a rule: those who read them need not do so again. */
static void
keep_jwks(SrExec *exec)
{
    json_t *told = (json_t *) (uintptr_t) exec->reply.jwks;

    if (told == NULL)
        return;
    exec->told_jwks = true;
    if (json_equal(told, exec->jwks))
        return;
    json_decref(exec->jwks);
    exec->jwks = json_incref(told);
    exec->jwks_version = __atomic_add_fetch(&versions, 1, __ATOMIC_RELAXED);
}

/* Keeps what the reply says besides answers and waits. */
static void
keep_notes(SrExec *exec)
{
    keep_jwks(exec);
    exec->rejected |= exec->reply.broke != SR_REASON_NONE;
    for (guint i = 0; i < exec->reply.notes->len; i++)
        sr_exec_note(exec, g_array_index(exec->reply.notes, SrExecText, i));
}

/* A turn within a run. */
static const SrExecReply *
take_run_turn(SrExec *exec)
{
    if (take_turn(exec, SR_EXEC_IDLE, exec->deadline) == NULL || !keep_rules(exec))
        return NULL;
    keep_notes(exec);
    return &exec->reply;
}

static void G_GNUC_PRINTF(2, 3) set_step(SrExec *exec, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_free(exec->step);
    exec->step = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

const SrExecReply *
sr_exec_request(SrExec *exec, SrExecMoment moment, const SrExecRequest *request)
{
    if (exec->kind != SR_REASON_NONE)
        return NULL;
    set_step(exec, "request %" G_GUINT64_FORMAT " of %s", request->id, request->client);
    g_hash_table_add(exec->open, name_of(request->id));
    begin_line(exec, "request", moment);
    g_string_append_printf(exec->line, ",\"id\":%" G_GUINT64_FORMAT ",\"ask\":\"%s\"",
                           request->id, roles[exec->role].ask);
    append_name(exec->line, "client", request->client);
    append_name(exec->line, "document", request->document);
    if (request->has_hint)
        append_text(exec->line, "hint", request->hint);
    else if (exec->role == SR_EXEC_KEYS)
        g_string_append(exec->line, ",\"hint\":null");
    return take_run_turn(exec);
}

const SrExecReply *
sr_exec_wake(SrExec *exec, SrExecMoment moment, uint64_t wait)
{
    if (exec->kind != SR_REASON_NONE)
        return NULL;
    set_step(exec, "the wake-up of wait %" G_GUINT64_FORMAT, wait);
    g_hash_table_insert(exec->waits, name_of(wait), OVER);
    begin_line(exec, "wake", moment);
    g_string_append_printf(exec->line, ",\"wait\":%" G_GUINT64_FORMAT, wait);
    return take_run_turn(exec);
}

const SrExecReply *
sr_exec_gone(SrExec *exec, SrExecMoment moment, const char *client)
{
    if (exec->kind != SR_REASON_NONE)
        return NULL;
    set_step(exec, "'gone' of %s", client);
    begin_line(exec, "gone", moment);
    append_name(exec->line, "client", client);
    return take_run_turn(exec);
}

/* ---- runs ---- */

static gboolean
refuse_to_begin(const SrExec *exec, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_printf(text, "%s: %s", exec->command, exec->broke->str);
    if (exec->errors->len > 0) {
        g_autoptr(GString) errors = g_string_new(exec->errors->str);

        /* A message is one line. */
        g_string_replace(errors, "\n", " | ", 0);
        g_string_append(text, "; its standard error ends: ");
        sr_escape_terminal(text, errors->str, errors->len);
    }
    g_set_error_literal(error, SR_EXEC_ERROR, 0, text->str);
    return FALSE;
}

static gboolean
start_child(SrExec *exec, GError **error)
{
    const SrChildOptions options = {
        .command = exec->command,
        .variables = (const char *const *) exec->variables,
        .number = exec->number,
        .log = exec->log,
        .log_name = exec->log_named ? roles[exec->role].name : NULL,
        .stop = exec->stop,
        .stop_data = exec->stop_data,
    };
    g_autoptr(GError) why = NULL;

    exec->runs_left = exec->runs_of_child;
    exec->child = sr_child_start(&options, &why);
    if (exec->child == NULL) {
        g_set_error(error, SR_EXEC_ERROR, 0, "%s: %s", exec->command, why->message);
        return FALSE;
    }
    set_step(exec, "'hello'");
    g_string_printf(exec->line, "{\"type\":\"hello\",\"protocol\":1,\"role\":\"%s\"",
                    roles[exec->role].role);
    if (take_turn(exec, SR_EXEC_HELLO, start_deadline(exec)) == NULL)
        return refuse_to_begin(exec, error);
    if (!(exec->role == SR_EXEC_KEYS ? exec->reply.keys : exec->reply.tokens)) {
        fail(exec, SR_REASON_RULE, roles[exec->role].cannot);
        return refuse_to_begin(exec, error);
    }
    if (exec->reply.runs != 0)
        exec->runs_left = (uint32_t) MIN(exec->runs_left, exec->reply.runs);
    g_free(exec->name);
    exec->name = g_strndup(exec->reply.name.text != NULL ? exec->reply.name.text : "",
                           exec->reply.name.length);
    return TRUE;
}

bool
sr_exec_stopped(const SrExec *exec)
{
    return exec->stopped;
}

const char *
sr_exec_name(SrExec *exec, GError **error)
{
    return exec->child != NULL || start_child(exec, error) ? exec->name : NULL;
}

/* Only the NULL at the end is left. */
static void
empty(GPtrArray *texts)
{
    g_ptr_array_set_size(texts, 0);
    g_ptr_array_add(texts, NULL);
}

gboolean
sr_exec_begin(SrExec *exec, uint64_t seed, SrExecMoment moment, GError **error)
{
    if (exec->kind == SR_REASON_NONE)
        exec->breaks = 0;
    else if (++exec->breaks >= BREAKS_MAX && !exec->patient)
        return refuse_to_begin(exec, error);
    exec->kind = SR_REASON_NONE;
    exec->rejected = exec->told_jwks = false;
    g_string_truncate(exec->broke, 0);
    g_string_truncate(exec->errors, 0);
    empty(exec->notes);
    empty(exec->remarks);
    g_hash_table_remove_all(exec->open);
    g_hash_table_remove_all(exec->waits);
    if (exec->child != NULL && exec->runs_left == 0)
        sr_child_free(g_steal_pointer(&exec->child));
    if (exec->child == NULL && !start_child(exec, error))
        return FALSE;
    exec->runs_left--;
    set_step(exec, "'start'");
    begin_line(exec, "start", moment);
    g_string_append_printf(exec->line,
                           ",\"run\":%" G_GUINT64_FORMAT ",\"seed\":\"%" G_GUINT64_FORMAT "\"",
                           ++exec->runs, seed);
    if (take_turn(exec, SR_EXEC_IDLE, start_deadline(exec)) == NULL || !keep_rules(exec))
        return refuse_to_begin(exec, error);
    keep_notes(exec);
    return TRUE;
}
