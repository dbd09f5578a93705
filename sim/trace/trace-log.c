/* Reads a log of another program: the lines of a trace, with as many members as that program
 * has.
 *
 * A line is a flat object. Its members may be in any order, with blanks between them. The
 * members that identify a record must be there; all others may be missing. An unknown member is
 * refused, since a misspelt one would otherwise be lost silently. `t` and `seq` may be any
 * numbers and are not used. The first line of the first file names the nodes. Other files may
 * begin with such a line too, and may end with the last line of a trace. The records keep the
 * order of the files and of their lines; there is no other order.
 *
 * Each line is read twice: first to find its members and their values, then to read the values
 * with the functions of the strict reader, in the order that the strict reader requires. There
 * is no recursion, and a line with more members than a record can have is refused. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "trace/trace-reader-private.h"

#define FILES_MAX 1024
#define MEMBERS_MAX 24

/* A member of a line. */
typedef struct {
    const char *name_at;
    Slice name; /* in the text itself */
    const char *value, *value_end;
    bool taken;
} Member;

typedef struct {
    Reader reader;
    Member members[MEMBERS_MAX];
    unsigned n_members;
    bool has_nodes;
} Log;

/* ---- values, without looking into them ---- */

static void
skip_blanks(Reader *reader)
{
    while (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\r')
        reader->at++;
}

static bool
skip_number(Reader *reader)
{
    const char *start = reader->at;

    while (g_ascii_isdigit(*reader->at) || strchr("+-.eE", *reader->at) != NULL) {
        if (*reader->at == '\0')
            break;
        reader->at++;
    }
    return reader->at > start || sr_reader_fail(reader, start, "a value is expected here");
}

static bool
skip_word(Reader *reader)
{
    static const char *const words[] = { "true", "false" };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (sr_reader_next_is(reader, words[i], strlen(words[i]))) {
            reader->at += strlen(words[i]);
            return true;
        }
    if (*reader->at == 'n')
        return sr_reader_fail(reader, reader->at,
                              "null: a member that does not apply is left out");
    return skip_number(reader);
}

/* A list of strings. */
static bool
skip_list(Reader *reader)
{
    bool first = true;
    Slice slice;

    reader->at++;
    skip_blanks(reader);
    while (*reader->at != ']') {
        if (!first && *reader->at++ != ',')
            return sr_reader_fail(reader, reader->at - 1, "',' or ']' is expected here");
        first = false;
        skip_blanks(reader);
        if (!sr_reader_string(reader, &slice))
            return false;
        skip_blanks(reader);
    }
    reader->at++;
    return true;
}

static bool
skip_value(Reader *reader)
{
    Slice slice;

    if (*reader->at == '"')
        return sr_reader_string(reader, &slice);
    if (*reader->at == '[')
        return skip_list(reader);
    if (*reader->at == '{')
        return sr_reader_fail(reader, reader->at, "an object within the object");
    return skip_word(reader);
}

/* ---- the members of a line ---- */

static Member *
find_member(Log *log, Slice name)
{
    for (unsigned i = 0; i < log->n_members; i++)
        if (log->members[i].name.length == name.length &&
            memcmp(log->members[i].name.bytes, name.bytes, name.length) == 0)
            return &log->members[i];
    return NULL;
}

static bool
find_one_member(Log *log)
{
    Reader *reader = &log->reader;
    Member member = { .name_at = reader->at };
    Slice name;

    if (!sr_reader_string(reader, &name))
        return false;
    member.name = name;
    /* Names of members need no escapes, so a name with escapes is unknown. */
    if (name.bytes != member.name_at + 1 || find_member(log, name) != NULL) {
        g_autofree char *text = sr_reader_shown(name.bytes, name.length);

        return sr_reader_fail(reader, member.name_at,
                              name.bytes != member.name_at + 1
                                  ? "a member %s that such a record does not have"
                                  : "%s is there twice",
                              text);
    }
    if (log->n_members == MEMBERS_MAX)
        return sr_reader_fail(reader, member.name_at, "more members than a record has");
    skip_blanks(reader);
    if (*reader->at != ':')
        return sr_reader_fail(reader, reader->at, "':' is expected here");
    reader->at++;
    skip_blanks(reader);
    member.value = reader->at;
    if (!skip_value(reader))
        return false;
    member.value_end = reader->at;
    log->members[log->n_members++] = member;
    return true;
}

/* Finds the members of the object at `at`, and the end of the line. */
static bool
find_members(Log *log)
{
    Reader *reader = &log->reader;

    log->n_members = 0;
    skip_blanks(reader);
    if (*reader->at != '{')
        return sr_reader_fail(reader, reader->at, "'{' is expected here");
    reader->at++;
    skip_blanks(reader);
    while (*reader->at != '}') {
        if (log->n_members > 0) {
            if (*reader->at != ',')
                return sr_reader_fail(reader, reader->at, "',' or '}' is expected here");
            reader->at++;
            skip_blanks(reader);
        }
        if (!find_one_member(log))
            return false;
        skip_blanks(reader);
    }
    reader->at++;
    skip_blanks(reader);
    return *reader->at == '\n' ||
           sr_reader_fail(reader, reader->at, "something behind the object");
}

/* ---- reading them ---- */

static bool
take_value(Log *log, unsigned id, const Member *member)
{
    Reader *reader = &log->reader;

    reader->at = member->value;
    if (!sr_reader_value(reader, id))
        return false;
    return reader->at == member->value_end ||
           sr_reader_fail(reader, reader->at, "something behind the value");
}

/* Reads the members of @shape that are there. If a required one is missing, it fails at @end.
 */
static bool
take_shape(Log *log, const uint8_t *shape, const char *end)
{
    for (; *shape != SR_MEMBER_NONE; shape++) {
        unsigned id = (unsigned) (*shape & ~OPTIONAL);
        Slice name = sr_reader_member_name(id);
        Member *member = find_member(log, name);
        bool number = id == MEMBER_SEQ || id == MEMBER_T;

        if (member == NULL) {
            if ((*shape & OPTIONAL) || number)
                continue;
            return sr_reader_fail(
                &log->reader, end, "'%.*s' is missing%s", (int) name.length, name.bytes,
                id == SR_MEMBER_ID ? ": the number that a message has at both ends" : "");
        }
        member->taken = true;
        if (number) {
            if (*member->value == '"' || *member->value == '[' ||
                g_ascii_isalpha(*member->value))
                return sr_reader_fail(&log->reader, member->value, "a number is expected here");
            continue;
        }
        if (!take_value(log, id, member))
            return false;
    }
    return true;
}

static bool
refuse_rest(Log *log)
{
    for (unsigned i = 0; i < log->n_members; i++) {
        const Member *member = &log->members[i];

        if (member->taken)
            continue;
        g_autofree char *text = sr_reader_shown(member->name.bytes, member->name.length);
        return sr_reader_fail(&log->reader, member->name_at,
                              "a member %s that such a record does not have", text);
    }
    return true;
}

/* ---- lines ---- */

/* The list at `at` has already been scanned, so it is complete. */
static bool
take_nodes(Log *log)
{
    Reader *reader = &log->reader;

    reader->at++;
    skip_blanks(reader);
    while (*reader->at != ']') {
        const char *at;
        Slice slice;

        if (*reader->at == ',')
            reader->at++;
        skip_blanks(reader);
        at = reader->at;
        if (!sr_reader_string(reader, &slice))
            return false;
        if (!sr_reader_name_fits(reader, at, slice, "node"))
            return false;
        sr_reader_add_node(reader, slice);
        skip_blanks(reader);
    }
    log->has_nodes = true;
    return true;
}

/* Only the nodes of a first line count; any other member that a trace has there is allowed. */
static bool
take_first_line(Log *log, const char *end)
{
    Member *nodes = find_member(log, sr_reader_member_name(MEMBER_NODES));

    for (const uint8_t *shape = sr_first_shape; *shape != SR_MEMBER_NONE; shape++) {
        Member *member =
            find_member(log, sr_reader_member_name((unsigned) (*shape & ~OPTIONAL)));

        if (member != NULL)
            member->taken = true;
    }
    if (!refuse_rest(log))
        return false;
    if (nodes == NULL)
        return log->has_nodes ||
               sr_reader_fail(&log->reader, end, "'nodes' is missing: the names of all nodes");
    if (*nodes->value != '[')
        return sr_reader_fail(&log->reader, nodes->value, "a list of names is expected here");
    log->reader.at = nodes->value;
    return take_nodes(log);
}

static bool
take_event(Log *log, const char *end)
{
    Reader *reader = &log->reader;

    memset(&reader->record, 0, sizeof reader->record);
    reader->named_document = false;
    if (!take_shape(log, sr_head_shape, end) ||
        !take_shape(log, sr_event_shapes[reader->record.event], end) || !refuse_rest(log))
        return false;
    reader->at = end;
    return sr_reader_finish_event(reader);
}

static bool
type_is(const Member *type, const char *word)
{
    size_t length = strlen(word);

    return (size_t) (type->value_end - type->value) == length + 2 &&
           memcmp(type->value + 1, word, length) == 0;
}

static bool
read_log_line(Log *log)
{
    Reader *reader = &log->reader;
    Member *type;
    const char *end;

    skip_blanks(reader);
    if (*reader->at == '\n')
        return true;
    if (*reader->at != '{' && !log->has_nodes)
        return sr_reader_fail(reader, reader->line,
                              "not a log: its first line is no JSON object");
    if (!find_members(log))
        return false;
    end = reader->at;
    type = find_member(log, sr_reader_member_name(MEMBER_TYPE));
    if (type == NULL && log->has_nodes)
        return sr_reader_fail(reader, end, "'type' is missing: trace, event or end");
    if (type != NULL)
        type->taken = true;
    if (type != NULL && type_is(type, "trace")) {
        if (!take_first_line(log, end))
            return false;
    } else if (!log->has_nodes) {
        return sr_reader_fail(
            reader, reader->line,
            "not a log: a first line of the type trace that names the nodes is missing");
    } else if (type_is(type, "event")) {
        if (!take_event(log, end))
            return false;
    } else if (!type_is(type, "end")) {
        return sr_reader_fail(reader, type->value, "the type is trace, event or end");
    }
    reader->at = end;
    return true;
}

static bool
read_log_file(Log *log, const char *text, size_t length)
{
    Reader *reader = &log->reader;

    reader->at = text;
    reader->end = text + length;
    for (reader->number = 1; reader->at < reader->end; reader->number++) {
        reader->line = reader->at;
        if (!sr_reader_find_line_end(reader) || !read_log_line(log))
            return false;
        reader->at++;
    }
    return true;
}

/* ---- files ---- */

/* The services have fixed numbers, whichever node a log names first. The hash of names is keyed
 * by the text of the first file. */
static void
begin_file(Log *log, const char *path, const char *text, size_t length)
{
    SrTrace *trace = log->reader.trace;

    if (trace->n_paths == 0) {
        log->reader.hash_key = XXH3_64bits(text, length);
        for (size_t i = 0; i < SR_NODE_FIRST_CLIENT; i++)
            sr_reader_add_node(&log->reader,
                               (Slice){ sr_trace_services[i], strlen(sr_trace_services[i]) });
    }

    trace->paths = g_renew(char *, trace->paths, trace->n_paths + 1);
    trace->paths[trace->n_paths++] = g_strdup(path);
}

static bool
is_ours(const char *text, size_t length)
{
    static const char begin[] = "{\"type\":\"trace\",\"version\":\"";

    return length > strlen(begin) && memcmp(text, begin, strlen(begin)) == 0;
}

/* The last line of a trace is short enough to be within the last bytes of the file. */
#define END_BYTES 4096

bool
sr_trace_is_whole(const char *path)
{
    int fd =
        strcmp(path, "-") != 0 ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) : -1;
    char begin[64], end[END_BYTES + 1];
    struct stat status;
    ssize_t n_begin = -1, n_end = -1;

    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        n_begin = pread(fd, begin, sizeof begin, 0);
        n_end = pread(fd, end, END_BYTES, MAX(status.st_size - END_BYTES, 0));
    }
    close(fd);
    if (n_begin <= 0 || n_end <= 0 || !is_ours(begin, (size_t) n_begin))
        return false;
    end[n_end] = '\0';
    return g_strrstr(end, "\n{\"type\":\"end\"") != NULL;
}

/* Reads @text, which need not end with a LF. */
static bool
read_text(Log *log, const char *path, const char *text, size_t length)
{
    g_autofree char *copy = NULL;

    begin_file(log, path, text, length);
    if (length > 0 && text[length - 1] != '\n') {
        copy = g_malloc(length + 1);
        memcpy(copy, text, length);
        copy[length] = '\n';
        return read_log_file(log, copy, length + 1);
    }
    return read_log_file(log, text, length);
}

static void
log_init(Log *log, SrTrace *trace, SrTraceFault *fault)
{
    *fault = (SrTraceFault){ 0 };
    *log = (Log){ .reader = {
                      .trace = trace,
                      .tables = trace->tables,
                      .scratch = g_string_new(NULL),
                      .sentence = g_string_new(NULL),
                      .fault = fault,
                      .log = true,
                  } };
}

/* Returns: (transfer full) (nullable): the whole log; %NULL when @good is false */
static SrTrace *
log_finish(Log *log, SrTrace *trace, bool good)
{
    Reader *reader = &log->reader;

    g_string_free(reader->scratch, TRUE);
    g_string_free(reader->sentence, TRUE);
    g_free(reader->detail);
    if (good && !log->has_nodes) {
        *reader->fault =
            (SrTraceFault){ .line = 1, .column = 1, .message = g_strdup("the file is empty") };
        good = false;
    }
    if (!good) {
        sr_trace_free(trace);
        return NULL;
    }
    trace->names.n_nodes = reader->tables->nodes.texts->len;
    if (reader->has_documents)
        trace->names.n_documents = MAX(reader->tables->documents.texts->len, 2);
    return trace;
}

SrTrace *
sr_trace_parse_log(const char *path, const char *text, size_t length, SrTraceFault *fault)
{
    SrTrace *trace = sr_trace_new(path);
    Log log;

    log_init(&log, trace, fault);
    return log_finish(&log, trace, read_text(&log, path, text, length));
}

SrTrace *
sr_trace_load_log(const char *const *paths, unsigned n_paths, bool partial, SrTraceFault *fault)
{
    SrTrace *trace;
    bool good = true;
    Log log;

    g_assert(n_paths > 0);
    *fault = (SrTraceFault){ 0 };
    if (n_paths > FILES_MAX) {
        fault->message = g_strdup_printf("more than %d files", FILES_MAX);
        return NULL;
    }
    trace = sr_trace_new(paths[0]);
    log_init(&log, trace, fault);
    for (unsigned i = 0; i < n_paths && good; i++) {
        g_autofree char *text = NULL;
        size_t length = 0;

        if (!sr_trace_read_path(paths[i], &text, &length, fault)) {
            good = false;
        } else if (n_paths == 1 && !partial && is_ours(text, length)) {
            log.has_nodes = true;
            sr_trace_free(log_finish(&log, trace, true));
            trace = sr_trace_parse(paths[0], text, length, fault);
            fault->path = paths[0];
            return trace;
        } else {
            good = read_text(&log, paths[i], text, length);
        }
        if (!good)
            fault->path = paths[i];
    }
    trace = log_finish(&log, trace, good);
    if (trace == NULL && fault->path == NULL)
        fault->path = paths[0];
    return trace;
}
