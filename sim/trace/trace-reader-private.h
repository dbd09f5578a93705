/* What the two readers share: the strict reader of this program's traces (trace-reader.c) and
 * the lenient reader of logs of other programs (trace-log.c). Both use the scanner, the names,
 * the members and the details below. */
#pragma once

#include <glib.h>
#include <string.h>

#include "session-race/trace-reader.h"
#include "schema/words.h"

#define TRACE_BYTES_MAX (UINT64_C(4) << 30)
#define LINE_BYTES_MAX (UINT64_C(64) << 10)
#define FIRST_LINE_BYTES_MAX (UINT64_C(128) << 20)

/* A text with its length; it may contain zeros. */
typedef struct {
    uint64_t hash;
    size_t length;
    uint32_t number;
    char bytes[];
} Text;

typedef struct {
    const Text *text; /* (nullable) */
    uint32_t index;   /* its number */
} Slot;

#define RECENT_N 256u

/* Texts and their numbers. A text is in the first free slot after its hash. A cache finds
 * recent texts without their hash, since most lines name the same nodes as the lines before. */
typedef struct {
    Slot *slots; /* n_slots, a power of two */
    uint32_t n_slots;
    Slot recent[RECENT_N]; /* by length and last byte */
    GPtrArray *texts;      /* Text */
} Table;

typedef struct {
    Table nodes, documents, hints, keys, notes;
    /* The sentences of checks show nodes and hints as a terminal may show them. These tables
     * have the names that look different there, with the numbers that they have above. */
    Table shown_nodes, shown_hints;
} Tables;

/* A string of the text: points into the text itself if there are no escapes, else into the
 * scratch. */
typedef struct {
    const char *bytes;
    size_t length;
} Slice;

/* What a line may contain: the members of events (SrMember), the type, and those of the first line,
 * of the last line and of all lines, with what reads their values (trace-members.c). */
#define LINE_MEMBERS(MEMBER)                                                                   \
    MEMBER(VERSION, "version", sr_reader_text(reader, &reader->trace->version))                \
    MEMBER(SCENARIO, "scenario", sr_reader_text(reader, &reader->trace->scenario))             \
    MEMBER(SOURCE, "source", read_source(reader))                                              \
    MEMBER(SEED, "seed", read_seed(reader))                                                    \
    MEMBER(PROVIDER, "provider", read_own(reader, &reader->trace->own_provider))               \
    MEMBER(SIGNER, "signer", read_own(reader, &reader->trace->own_signer))                     \
    MEMBER(SERVER_AHEAD, "server-ahead", read_ahead(reader, &reader->trace->server_ahead))     \
    MEMBER(SIGNER_AHEAD, "signer-ahead", read_ahead(reader, &reader->trace->signer_ahead))     \
    MEMBER(NODES, "nodes", sr_reader_nodes(reader))                                            \
    MEMBER(SEQ, "seq", read_seq(reader))                                                       \
    MEMBER(T, "t", sr_reader_number(reader, &record->t))                                       \
    MEMBER(NODE, "node", sr_reader_node(reader, &record->node))                                \
    MEMBER(EVENT, "event", READ_WORD(event, sr_event_words, 0, SR_EVENT_N, "event"))           \
    MEMBER(END_T, "t", sr_reader_number(reader, &reader->trace->end.t))                        \
    MEMBER(EVENTS, "events", read_events(reader))                                              \
    MEMBER(VERDICT, "verdict", read_verdict(reader))                                           \
    MEMBER(FAILED, "failed", read_failed(reader))                                              \
    MEMBER(DIGEST, "digest", read_digest(reader))

/* SR_MEMBER_NONE ends a shape. */
typedef enum {
    MEMBER_TYPE = SR_MEMBER_N,
#define LINE_MEMBER(id, ...) MEMBER_##id,
    LINE_MEMBERS(LINE_MEMBER)
#undef LINE_MEMBER
        MEMBER_N
} MemberId;
#define OPTIONAL 0x80u
G_STATIC_ASSERT(MEMBER_N <= OPTIONAL);

typedef struct {
    const char *at, *line, *end; /* within the text, which ends at @end */
    uint64_t number;             /* of the line */
    uint64_t hash_key;
    size_t capacity; /* of trace->records and trace->details */
    SrTrace *trace;
    Tables *tables;
    SrRecord record;                     /* of this line */
    char *detail;                        /* of this line */
    bool documents_known, has_documents; /* of the trace */
    bool named_document;                 /* by this line */
    bool is_end;                         /* this line is the last */
    bool log; /* the log of another program: its numbers and its order are not checked */
    GString *scratch;  /* the value of a string with escapes */
    GString *sentence; /* the text of a detail; also a name as it is shown */
    SrTraceFault *fault;
} Reader;

/* ---- names and their numbers (trace-names.c) ---- */

Tables *sr_tables_new(void);
void sr_tables_free(Tables *tables);
/* Returns: functions that name nodes, hints and so on by @tables, which must outlive them */
SrNames sr_tables_names(const Tables *tables);
/* Returns: the number of a text, or -1 if it is not in the table */
int64_t sr_table_find(Table *table, uint64_t hash_key, const char *bytes, size_t length);
/* Reads the name at `at`, and gives it a number if it is new. */
bool sr_reader_node(Reader *reader, uint32_t *node);
bool sr_reader_hint(Reader *reader);
bool sr_reader_key(Reader *reader);
/* Reads a label, or a line of code. */
bool sr_reader_note(Reader *reader, uint32_t *text);
bool sr_reader_document(Reader *reader);
/* Reads the list of the first line. */
bool sr_reader_nodes(Reader *reader);
/* Adds a name to the nodes unless it is there. */
void sr_reader_add_node(Reader *reader, Slice name);
/* Refuses a name at @at that is empty or too long; @whose: for the message. */
bool sr_reader_name_fits(Reader *reader, const char *at, Slice name, const char *whose);
extern const char *const sr_trace_services[SR_NODE_FIRST_CLIENT];

/* ---- the scanner (trace-scan.c) ---- */

/* Reports what is wrong at @at, which is in this line. Returns: false */
bool sr_reader_fail(Reader *reader, const char *at, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* Returns: (transfer full): a text, shortened and escaped for a message */
char *sr_reader_shown(const char *bytes, size_t length);
static inline bool
sr_reader_next_is(const Reader *reader, const char *text, size_t length)
{
    return (size_t) (reader->end - reader->at) >= length &&
           memcmp(reader->at, text, length) == 0;
}

static inline bool
sr_reader_expect(Reader *reader, char c)
{
    if (*reader->at != c)
        return sr_reader_fail(reader, reader->at, "'%c' is expected here", c);
    reader->at++;
    return true;
}

/* @slice is valid until the next string is read. */
bool sr_reader_string(Reader *reader, Slice *slice);
/* Reads one of the @n @words from @first on; @what: for the message. */
bool sr_reader_word(Reader *reader, const SrWord *words, unsigned first, unsigned n,
                    const char *what, uint8_t *value);
bool sr_reader_hex(Reader *reader, size_t n_digits, Slice *slice);
/* @text: (transfer full) */
bool sr_reader_text(Reader *reader, char **text);
bool sr_reader_number(Reader *reader, uint64_t *number);
bool sr_reader_number32(Reader *reader, uint32_t *number);
bool sr_reader_signed(Reader *reader, int64_t *number);

/* ---- members (trace-members.c) ---- */

/* The members of a line, in their order, ended by SR_MEMBER_NONE. */
extern const uint8_t sr_first_shape[], sr_head_shape[], sr_end_shape[];
extern const uint8_t sr_event_shapes[SR_EVENT_N][12];

/* Reads the value of @member at `at` into the record or the trace. */
bool sr_reader_value(Reader *reader, unsigned member);
/* The name of @member without quotes and colon. */
Slice sr_reader_member_name(unsigned member);
/* Reads the members of @shape, in their order. */
bool sr_reader_members(Reader *reader, const uint8_t *shape, bool closes);

/* ---- what a check said (trace-detail.c) ---- */

/* Finds the detail that the sentence of a failed check stands for. */
void sr_reader_detail(Reader *reader);

/* ---- lines and files (trace-reader.c) ---- */

/* Ends an event whose members have all been read: completes its document, content and sentence,
 * and keeps the record. */
bool sr_reader_finish_event(Reader *reader);
/* Returns: whether the line at `at` ends within the limit for lines */
bool sr_reader_find_line_end(Reader *reader);
SrTrace *sr_trace_new(const char *path);
/* Returns: false if the file cannot be read; then @fault says why, and @text is unchanged */
bool sr_trace_read_path(const char *path, char **text, size_t *length, SrTraceFault *fault);
