/* Reads what `explore` and `verify` say to programs.
 *
 * A table says which members a reader relies on. They are checked once, here, so that whoever shows
 * an answer needs no check of its own. */
#include "report/answer-private.h"

#include <string.h>

#include "base/whole-file.h"

#define FILE_BYTES_MAX (UINT64_C(256) << 20)

/* ---- what an answer must have ---- */

typedef enum { TEXT, NUMBER, TRUTH, TEXTS, OBJECT, OBJECTS } Type;

typedef struct Member Member;
struct Member {
    const char *name; /* NULL ends a list */
    Type type;
    bool optional;
    const Member *members; /* of OBJECT, and of each of OBJECTS */
};

/* clang-format off */
static const Member explored_check[] = {
    { "check",    TEXT,  false, NULL },
    { "verdict",  TEXT,  false, NULL },
    { "expected", TEXT,  false, NULL },
    { "steps",    TEXTS, true,  NULL },
    { NULL, TEXT, true, NULL },
};
static const Member explored[] = {
    { "program",       TEXT,    false, NULL },
    { "scenario",      TEXT,    false, NULL },
    { "clients",       NUMBER,  false, NULL },
    { "crashes",       NUMBER,  false, NULL },
    { "disconnects",   NUMBER,  false, NULL },
    { "expirations",   NUMBER,  false, NULL },
    { "symmetry",      TRUTH,   false, NULL },
    { "reduction",     TRUTH,   false, NULL },
    { "count_retries", TRUTH,   false, NULL },
    { "end",           TEXT,    false, NULL },
    { "as_expected",   TRUTH,   false, NULL },
    { "states",        NUMBER,  false, NULL },
    { "transitions",   NUMBER,  false, NULL },
    { "ends",          NUMBER,  false, NULL },
    { "trapped",       NUMBER,  false, NULL },
    { "depth",         NUMBER,  false, NULL },
    { "not_covered",   TEXTS,   false, NULL },
    { "checks",        OBJECTS, false, explored_check },
    { NULL, TEXT, true, NULL },
};
static const Member timed_step[] = {
    { "what", TEXT,   false, NULL },
    { "at",   NUMBER, false, NULL },
    { NULL, TEXT, true, NULL },
};
static const Member timed_check[] = {
    { "check",    TEXT,    false, NULL },
    { "verdict",  TEXT,    false, NULL },
    { "expected", TEXT,    false, NULL },
    { "steps",    OBJECTS, true,  timed_step },
    { NULL, TEXT, true, NULL },
};
static const Member watch[] = {
    { "watch", TEXT,   false, NULL },
    { "most",  NUMBER, false, NULL },
    { "least", NUMBER, true,  NULL },
    { NULL, TEXT, true, NULL },
};
static const Member timed[] = {
    { "program",     TEXT,    false, NULL },
    { "scenario",    TEXT,    false, NULL },
    { "clients",     NUMBER,  false, NULL },
    { "end",         TEXT,    false, NULL },
    { "as_expected", TRUTH,   false, NULL },
    { "classes",     NUMBER,  false, NULL },
    { "states",      NUMBER,  false, NULL },
    { "transitions", NUMBER,  false, NULL },
    { "ends",        NUMBER,  false, NULL },
    { "not_proved",  TEXTS,   false, NULL },
    { "checks",      OBJECTS, false, timed_check },
    { "watches",     OBJECTS, false, watch },
    { NULL, TEXT, true, NULL },
};
static const Member orders[] = {
    { "program",     TEXT,    false, NULL },
    { "scenario",    TEXT,    false, NULL },
    { "clients",     NUMBER,  false, NULL },
    { "switches",    NUMBER,  true,  NULL },
    { "io_max",      NUMBER,  false, NULL },
    { "end",         TEXT,    false, NULL },
    { "as_expected", TRUTH,   false, NULL },
    { "runs",        NUMBER,  false, NULL },
    { "failing",     NUMBER,  false, NULL },
    { "choices",     NUMBER,  false, NULL },
    { "checks",      OBJECTS, false, explored_check },
    { "shortest",    TEXT,    true,  NULL },
    { NULL, TEXT, true, NULL },
};
static const Member record[] = {
    { "node", TEXT, false, NULL },
    { "what", TEXT, false, NULL },
    { NULL, TEXT, true, NULL },
};
static const Member unexplained[] = {
    { "file",    TEXT,    true,  NULL },
    { "line",    NUMBER,  true,  NULL },
    { "node",    TEXT,    false, NULL },
    { "what",    TEXT,    true,  NULL },
    { "why",     TEXT,    false, NULL },
    { "allowed", OBJECTS, false, record },
    { "nodes",   NUMBER,  false, NULL },
    { NULL, TEXT, true, NULL },
};
static const Member explained[] = {
    { "records",     NUMBER, false, NULL },
    { "unexplained", OBJECT, true,  unexplained },
    { NULL, TEXT, true, NULL },
};
static const Member verified_check[] = {
    { "check",   TEXT,   false, NULL },
    { "verdict", TEXT,   false, NULL },
    { "file",    TEXT,   true,  NULL },
    { "line",    NUMBER, true,  NULL },
    { "detail",  TEXT,   true,  NULL },
    { "lacking", TEXT,   true,  NULL },
    { NULL, TEXT, true, NULL },
};
static const Member log_members[] = {
    { "files",       TEXTS,   false, NULL },
    { "as_expected", TRUTH,   false, NULL },
    { "own",         TRUTH,   false, NULL },
    { "records",     NUMBER,  false, NULL },
    { "nodes",       NUMBER,  false, NULL },
    { "explained",   OBJECT,  false, explained },
    { "expected",    TEXTS,   true,  NULL },
    { "checks",      OBJECTS, false, verified_check },
    { "notes",       TEXTS,   false, NULL },
    { NULL, TEXT, true, NULL },
};
static const Member verified[] = {
    { "program", TEXT,    false, NULL },
    { "results", OBJECTS, false, log_members },
    { NULL, TEXT, true, NULL },
};

static const struct {
    const char *format, *called;
    const Member *members;
} kinds[SR_ANSWER_N] = {
    [SR_ANSWER_EXPLORED] = { "session-race-explore",        "exploration",  explored },
    [SR_ANSWER_ORDERS]   = { "session-race-explore-orders", "exploration",  orders },
    [SR_ANSWER_TIMED]    = { "session-race-explore-timed",  "exploration",  timed },
    [SR_ANSWER_VERIFIED] = { "session-race-verify",         "verification", verified },
};
static const char *const type_names[] = {
    [TEXT]   = "a text",           [NUMBER] = "a whole number", [TRUTH]   = "true or false",
    [TEXTS]  = "a list of texts",  [OBJECT] = "an object",      [OBJECTS] = "a list of objects",
};
/* clang-format on */

/* ---- checking ---- */

static bool
is_list_of(const json_t *value, json_type type)
{
    if (!json_is_array(value))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (json_typeof(json_array_get(value, i)) != type)
            return false;
    return true;
}

static bool
has_type(const json_t *value, Type type)
{
    switch (type) {
    case TEXT:
        return json_is_string(value);
    case NUMBER:
        return json_is_integer(value) && json_integer_value(value) >= 0;
    case TRUTH:
        return json_is_boolean(value);
    case TEXTS:
        return is_list_of(value, JSON_STRING);
    case OBJECT:
        return json_is_object(value);
    case OBJECTS:
        return is_list_of(value, JSON_OBJECT);
    }
    return false;
}

/* Checks the members of @object, which is at @place. Returns: (transfer full) (nullable): what is
 * wrong */
static char *
fault_of(const json_t *object, const Member *members, const char *place)
{
    char *fault = NULL;

    for (const Member *member = members; member->name != NULL && fault == NULL; member++) {
        const json_t *value = json_object_get(object, member->name);
        g_autofree char *name = g_strconcat(place, member->name, NULL);

        if (value == NULL && member->optional)
            continue;
        if (value == NULL || !has_type(value, member->type))
            return g_strdup_printf("'%s' is %s%s", name, value == NULL ? "missing" : "not ",
                                   value == NULL ? "" : type_names[member->type]);
        if (member->type == OBJECT) {
            g_autofree char *inside = g_strconcat(name, ".", NULL);

            fault = fault_of(value, member->members, inside);
        }
        for (size_t i = 0;
             member->type == OBJECTS && i < json_array_size(value) && fault == NULL; i++) {
            g_autofree char *inside = g_strdup_printf("%s[%zu].", name, i);

            fault = fault_of(json_array_get(value, i), member->members, inside);
        }
    }
    return fault;
}

/* Says what a whole object of JSON is that is no answer. Returns: (transfer full) */
static char *
refuse_format(const char *format)
{
    if (format == NULL)
        return g_strdup("this is JSON, but no trace, no result of a sweep, and nothing that "
                        "'explore' or 'verify' says: it has no 'format'");
    if (strcmp(format, "session-race-run") == 0)
        return g_strdup(
            "this is what 'run --format json' says, which has no messages; a report "
            "is made of the scenario, or of the trace of 'run --trace'");
    return g_strdup_printf("this is JSON of the format '%s', and no report is made of that",
                           format);
}

/* Returns: (nullable): the answer in @root, which it takes */
static SrAnswer *
take(json_t *root, SrTraceFault *fault)
{
    const char *format = json_string_value(json_object_get(root, "format"));
    const json_t *version = json_object_get(root, "version");

    for (unsigned i = 0; i < SR_ANSWER_N && fault->message == NULL; i++) {
        SrAnswer *answer;

        if (format == NULL || strcmp(format, kinds[i].format) != 0)
            continue;
        if (!json_is_integer(version) || json_integer_value(version) != 1) {
            fault->message = g_strdup_printf("this %s is of another version of session-race",
                                             kinds[i].called);
            break;
        }
        g_autofree char *wrong = fault_of(root, kinds[i].members, "");
        if (wrong != NULL) {
            fault->message = g_strdup_printf("this %s is damaged: %s", kinds[i].called, wrong);
            break;
        }
        answer = g_new0(SrAnswer, 1);
        *answer = (SrAnswer){ (SrAnswerKind) i, root };
        return answer;
    }
    if (fault->message == NULL)
        fault->message = refuse_format(format);
    fault->line = fault->column = 1;
    json_decref(root);
    return NULL;
}

/* ---- reading ---- */

bool
sr_answer_may_be(const char *bytes, size_t n)
{
    size_t i = 0;

    while (i < n &&
           (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\t' || bytes[i] == '\r'))
        i++;
    return i < n && bytes[i] == '{';
}

SrAnswer *
sr_answer_parse(const char *text, size_t length, SrTraceFault *fault)
{
    json_error_t error;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);

    *fault = (SrTraceFault){ 0 };
    if (json_is_object(root))
        return take(root, fault);
    fault->line = root == NULL && error.line > 0 ? (uint64_t) error.line : 1;
    fault->column = root == NULL && error.column > 0 ? (uint64_t) error.column : 1;
    fault->message = g_strdup_printf("this is neither a scenario nor JSON: %s",
                                     root == NULL ? error.text : "it is no object");
    json_decref(root);
    return NULL;
}

SrAnswer *
sr_answer_load(const char *path, SrTraceFault *fault)
{
    g_autofree char *text = NULL;
    size_t length;
    const char *why = sr_whole_file_read(path, FILE_BYTES_MAX, &text, &length);

    if (why == NULL)
        return sr_answer_parse(text, length, fault);
    *fault = (SrTraceFault){ .system = true, .message = g_strdup(why) };
    return NULL;
}

void
sr_answer_free(SrAnswer *answer)
{
    if (answer == NULL)
        return;
    json_decref(answer->root);
    g_free(answer);
}

/* ---- members ---- */

const char *
sr_answer_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

uint64_t
sr_answer_number(const json_t *object, const char *name)
{
    return (uint64_t) json_integer_value(json_object_get(object, name));
}

bool
sr_answer_is(const json_t *object, const char *name, const char *text)
{
    return strcmp(sr_answer_text(object, name), text) == 0;
}

bool
sr_answer_truth(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

const char *
sr_answer_step(const json_t *steps, size_t i)
{
    const json_t *step = json_array_get(steps, i);

    return json_is_object(step) ? sr_answer_text(step, "what") : json_string_value(step);
}

SrAnswerKind
sr_answer_kind(const SrAnswer *answer)
{
    return answer->kind;
}

const char *
sr_answer_scenario(const SrAnswer *answer)
{
    return sr_answer_text(answer->root, "scenario");
}

char **
sr_answer_way(const SrAnswer *answer, const char **check)
{
    const json_t *checks = json_object_get(answer->root, "checks"), *best = NULL;
    size_t best_weight = G_MAXSIZE;
    char **way;

    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *one = json_array_get(checks, i), *steps = json_object_get(one, "steps");
        size_t weight =
            json_array_size(steps) + (sr_answer_is(one, "expected", "fails") ? G_MAXUINT32 : 0);

        if (json_array_size(steps) > 0 && weight < best_weight) {
            best = one;
            best_weight = weight;
        }
    }
    if (best == NULL)
        return NULL;
    checks = json_object_get(best, "steps");
    way = g_new0(char *, json_array_size(checks) + 1);
    for (size_t i = 0; i < json_array_size(checks); i++)
        way[i] = g_strdup(sr_answer_step(checks, i));
    if (check != NULL)
        *check = sr_answer_text(best, "check");
    return way;
}
