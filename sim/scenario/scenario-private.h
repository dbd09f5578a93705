/* What the files of the scenario room share: slices of text with a position, the reader, the
 * table of keys, and the canonical texts behind the resolved form.
 *
 * A file passes through these steps: lines.c splits it into lines and checks its bytes.
 * groups.c finds the groups. reader.c reads them in the order of their dependencies, key by key
 * from the table in keys.c, with the parsers of values.c. links.c, timeline.c, expect.c, fixed-draws.c
 * and study.c have what is special to their groups. Every parser also writes the canonical text of
 * the value, which resolved.c prints. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "scenario/keys.h"
#include "session-race/record.h"
#include "session-race/scenario.h"

/* ---- text with a position ---- */

/* A text that slices point into: a file, or an override of the command line (then path is
 * `--set` and lines are 0). */
typedef struct {
    const char *path;
    const char *begin, *end;
    bool lines; /* it has line numbers */
} SrSource;

/* A piece of one line of a source. at = NULL: nothing. */
typedef struct {
    const char *at, *end;
    const SrSource *source;
    uint32_t line;
} SrSlice;

/* The character after the one at @p. */
static inline const char *
sr_next_char(const char *p)
{
    return p + g_utf8_skip[(unsigned char) *p];
}

/* The whole of @source, which has one line. */
static inline SrSlice
sr_slice_source(const SrSource *source)
{
    return (SrSlice){ source->begin, source->end, source, 0 };
}

/* A text that is in no source, so no message can point into it. */
static inline SrSlice
sr_slice_text(const char *text)
{
    return (SrSlice){ .at = text, .end = text + strlen(text) };
}

size_t sr_slice_length(SrSlice slice);
bool sr_slice_empty(SrSlice slice);
bool sr_slice_equals(SrSlice slice, const char *text);
bool sr_slice_same(SrSlice a, SrSlice b);
SrSlice sr_slice_trim(SrSlice slice);
/* From @at to the end of @slice. */
SrSlice sr_slice_from(SrSlice slice, const char *at);
/* From the start of @slice to @end. */
SrSlice sr_slice_to(SrSlice slice, const char *end);
/* Takes the next word off @rest. Words are separated by blanks outside parentheses and quotes.
 * Empty at the end. */
SrSlice sr_slice_word(SrSlice *rest);
/* Takes the next piece, trimmed, off @rest. Pieces are separated by @separator outside
 * parentheses and quotes. Returns: FALSE if @rest is used up. Start with *@done = FALSE. */
bool sr_slice_piece(SrSlice *rest, char separator, bool *done, SrSlice *piece);
/* `NAME(ARGUMENTS)`: TRUE with both trimmed. */
bool sr_slice_call(SrSlice slice, SrSlice *name, SrSlice *arguments);
/* Where a comment begins, or the end. */
const char *sr_comment_start(SrSlice slice);
/* Returns: a note about `;` or `//` that was meant as a comment, or NULL */
const char *sr_comment_note(SrSlice slice);
/* Whether it matches [A-Za-z0-9._-]{1,64}. */
bool sr_slice_is_name(SrSlice slice);
/* Reads a whole number of decimal digits. Returns: FALSE if it is none; *@overflow says whether
 * it is only too large */
bool sr_slice_number(SrSlice slice, uint64_t *value, bool *overflow);

/* ---- lines ---- */

typedef enum {
    SR_LINE_GOOD,
    SR_LINE_TOO_LONG,
    SR_LINE_ZERO,
    SR_LINE_BAD_UTF8,
    SR_LINE_CARRIAGE_RETURN,
    SR_LINE_CONTROL,
} SrLineFault;

/* An iteration over the lines of a source. */
typedef struct {
    const SrSource *source;
    const char *at;
    uint32_t line; /* number of the line before @at */
} SrLines;

/* One line: its content without the comment and outer blanks. */
typedef struct {
    SrSlice whole;
    SrSlice content; /* empty: nothing on it */
    SrLineFault fault;
    const char *fault_at;
    bool header; /* it starts with `[` */
} SrLine;

/* FALSE at the end. */
bool sr_lines_next(SrLines *lines, const char *end, SrLine *line);
/* Returns: why the bytes of @slice are not valid text; if so, @at is set */
SrLineFault sr_bytes_fault(SrSlice slice, const char **at);

/* ---- keys ---- */

typedef enum {
    SR_GROUP_SCENARIO,
    SR_GROUP_NETWORK,
    SR_GROUP_LINK,
    SR_GROUP_DOCUMENT,
    SR_GROUP_CLIENT,
    SR_GROUP_SERVER,
    SR_GROUP_TOKEN_PROVIDER,
    SR_GROUP_ENCRYPTION_PROVIDER,
    SR_GROUP_TIMELINE,
    SR_GROUP_CHAOS,
    SR_GROUP_EXPECT,
    SR_GROUP_EXPECT_CLIENT,
    SR_GROUP_EXPLORE,
    SR_GROUP_DRAWS,
    SR_GROUP_STUDY,
} SrGroupKind;
#define SR_GROUP_N (SR_GROUP_STUDY + 1)

typedef struct SrReader SrReader;
typedef struct SrKey SrKey;

/* A unit, in multiples of the smallest one. */
typedef struct {
    const char *word;
    uint64_t size;
} SrUnit;

/* A type of value. @parse reads @value into the group's struct at @group and appends its
 * canonical text. It returns FALSE after it has reported an error. */
typedef struct {
    const char *name;
    const char *unit; /* those of a number, separated by ", "; "": none */
    bool (*parse)(SrReader *reader, const SrKey *key, SrSlice value, void *group,
                  GString *canonical);
    bool narrow; /* the field has 32 bits */
    /* What messages about a number with a unit say: what it is, what to write instead, and the
     * finest and the most that it may be. */
    const char *what, *note, *finest, *most;
    const SrUnit *exact; /* (nullable): from the largest, closed by NULL; not for durations */
} SrValueType;

/* One row of the table of keys. */
struct SrKey {
    SrGroupKind group;
    const char *name;
    const SrValueType *type;
    size_t offset;            /* of the field in the group's struct */
    const char *default_text; /* "": none */
    const char *meaning;
    uint64_t min, max; /* in ns, seconds, bytes, …; max = 0: what the type takes */
    /* (nullable): the list of words, closed by NULL; the value is the index */
    const char *const *words;
    const char *none;    /* (nullable): the word that means "none" */
    uint64_t none_value; /* the value of the field for that word */
    uint32_t bit;        /* of SrLinkSettings.given */
    const SrScenarioValue *values; /* (nullable) what each value does */
    /* It is left out of the resolved form at its default, whose text is canonical: a key that came
     * later changes the `source` of no older file. */
    bool later;
};

/* Has room for the keys of any group. */
typedef union {
    SrScenario scenario;
    SrLinkSettings link;
    SrDocumentSettings document;
    SrClientGroup client;
    SrServerSettings server;
    SrTokenProviderSettings token_provider;
    SrEncryptionProviderSettings encryption_provider;
    SrExpect expect;
    SrExpectClient expect_client;
    SrChaosSettings chaos;
    SrExploreSettings explore;
    SrStudy study;
} SrAnyGroup;

/* No group has more keys than this. */
#define SR_GROUP_KEYS_MAX 24

/* One kind of group. */
typedef struct {
    const char *word;    /* "client" */
    const char *label;   /* "client NAME": as it is written between brackets */
    const char *meaning; /* a phrase */
    bool stands_alone;   /* it means something even without keys */
    unsigned first, n;   /* rows of the table */
} SrGroupInfo;

const SrGroupInfo *sr_group_info(SrGroupKind kind);
/* Whether there is one such group at most: it has no name. */
static inline bool
sr_group_is_single(SrGroupKind kind)
{
    return strcmp(sr_group_info(kind)->word, sr_group_info(kind)->label) == 0;
}
/* Row @index of a kind. */
const SrKey *sr_group_key(SrGroupKind kind, unsigned index);
/* Its row in the public table. */
const SrScenarioKey *sr_key_about(const SrKey *key);
/* Index of the key of that name within its kind, or -1. */
int sr_group_find(SrGroupKind kind, SrSlice name);
/* The same for a name that exists. */
unsigned sr_group_index(SrGroupKind kind, const char *name);

extern const char *const sr_preset_words[];
/* Returns: (array fixed-size=2): latency and loss of preset number @index */
const char *const *sr_preset_values(unsigned index);

/* ---- what was read ---- */

/* A group of the file, or one that an override adds. */
typedef struct {
    SrGroupKind kind;
    bool known; /* kind and names are right */
    bool
        /* the kind is right or was guessed from a similar word; else its keys are skipped */
        meant;
    /* the file has it already, or the kind was guessed; it is checked, then dropped */
    bool duplicate;
    SrSlice header; /* between the brackets */
    /* Names after the word of the kind. For a link the client is first unless @directed. */
    SrSlice words[3];
    unsigned n_words;
    bool directed;
    char *canonical; /* "link alice -> server" */
    const char *body, *body_end;
    uint32_t line; /* of the header; 0: added by an override */
} SrGroup;

/* Returns: the line to store in the scenario; never 0, which would mean that there is none */
static inline uint32_t
sr_group_line(const SrGroup *group)
{
    return MAX(group->line, 1);
}

/* An override whose group was found. */
typedef struct {
    unsigned group; /* index into the reader's groups */
    SrSlice key, value;
} SrOverrideEntry;

/* The keys that a group sets. */
typedef struct {
    SrSlice key[SR_GROUP_KEYS_MAX];
    SrSlice value[SR_GROUP_KEYS_MAX]; /* at = NULL: not given */
} SrGiven;

/* An empirical distribution's file, read once. */
typedef struct {
    const char *name;
    SrEmpirical *samples;
} SrEmpiricalFile;

/* A group that there may be several of. */
typedef struct {
    const char *name;
    const char **values; /* (owned) */
} SrNamedGroup;

/* The data behind SrScenario.resolved: canonical texts, and indices for fast look-up. @texts
 * owns the texts. */
typedef struct {
    GStringChunk *texts;
    /* For groups that exist once: one text per key of the kind, NULL if not set. */
    const char **single[SR_GROUP_N];
    GPtrArray *named[SR_GROUP_N]; /* SrNamedGroup, beside the scenario's arrays */
    GPtrArray *empiricals;        /* SrEmpiricalFile */
    GPtrArray *mixtures;          /* SrMixture */
    GPtrArray *cuts;              /* SrBounds[]: where distributions are cut */
    GHashTable *client_index;     /* name → index of the group + 1 */
    GHashTable *link_index;       /* packed link → index of the group + 1 */
    bool link_by_member;
} SrResolved;

static inline SrResolved *
sr_resolved(const SrScenario *scenario)
{
    return scenario->resolved;
}

static inline const SrNamedGroup *
sr_named_group(const SrScenario *scenario, SrGroupKind kind, unsigned index)
{
    return g_ptr_array_index(sr_resolved(scenario)->named[kind], index);
}

/* Whether the scenario has the group; those that always act are always there. */
static inline bool
sr_group_is_there(const SrScenario *scenario, SrGroupKind kind)
{
    return (kind != SR_GROUP_CHAOS || scenario->chaos.line > 0) &&
           (kind != SR_GROUP_EXPLORE || scenario->explore.line > 0) &&
           (kind != SR_GROUP_STUDY || scenario->study.line > 0);
}

SrScenario *sr_scenario_new(const char *path);
/* A table of names. It uses XXH3, so that no file can fill one bucket on purpose. */
GHashTable *sr_name_table_new(void);

/* A client's `replica` that is given. */
typedef struct {
    SrSlice value;
    uint32_t replica;
} SrPin;

/* The state of one reading. */
struct SrReader {
    SrScenario *scenario;
    SrResolved *resolved;
    SrDiagnostics *diagnostics;
    unsigned first_diagnostic; /* those before it belong to earlier readings */
    uint32_t n_errors;
    /* A header could not be read, so a name that seems to be missing may be below it. */
    bool broken_headers;
    SrSource source;
    GArray *groups;          /* SrGroup */
    GHashTable *group_index; /* canonical → index + 1 */
    SrSource *override_sources;
    GArray *overrides; /* SrOverrideEntry */
    GHashTable *document_index;
    GString *canonical; /* scratch */
    GString *quotes[8]; /* of sr_quote() */
    unsigned next_quote;
    uint64_t n_samples; /* of all empirical files */
    GArray *pins;       /* SrPin: clients that name their copy of the store */
    bool of_point;      /* [study] was read before, and is passed over */
    SrSlice stand_in;   /* where errors of a text that is in no source are placed */
};

/* ---- errors ---- */

/* Reports an error at @at; @note is nullable. Returns: FALSE, so that a parser can end with it. */
bool sr_reader_error(SrReader *reader, SrSlice at, const char *note, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* The same with the text at @at, in quotes, before the message. */
bool sr_reader_refuse(SrReader *reader, SrSlice at, const char *note, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* Whether another error would still be listed; otherwise an expensive note is not worth making.
 */
bool sr_reader_listing(const SrReader *reader);
/* @slice for a message, cut if it is long. Valid until eight more quotes were made. */
const char *sr_quote(SrReader *reader, SrSlice slice);
const char *sr_quote_text(SrReader *reader, const char *text);
void sr_diagnostics_sort(SrDiagnostics *diagnostics, unsigned first);
/* Returns: (transfer none): the new one, which has no place yet */
SrDiagnostic *sr_diagnostics_add(SrDiagnostics *diagnostics, const char *path,
                                 const char *message);

/* The best candidate for the word that @wrong was meant as. */
typedef struct {
    const char *wrong;
    size_t length;
    unsigned distance;
    char best[80];
} SrGuess;

SrGuess sr_guess_start(SrSlice wrong);
void sr_guess_offer(SrGuess *guess, const char *word);
void sr_guess_offer_words(SrGuess *guess, const char *const *words);
/* The note for a @wrong that was meant as one of @words, or NULL. (transfer full) */
char *sr_guess_among(SrSlice wrong, const char *const *words);
/* The one of @words (ended by NULL) that @wrong is part of, or that takes the fewest edits; NULL if it
 * has something in common with none. Unlike a guess it may be far away. (transfer none) */
const char *sr_guess_nearest(SrSlice wrong, const char *const *words);
/* `a, b, c`. (transfer full) */
char *sr_join_words(const char *const *words);
/* `did you mean 'x'?`, or NULL. (transfer full) */
char *sr_guess_note(const SrGuess *guess);

/* ---- values ---- */

extern const SrValueType sr_type_text, sr_type_number32, sr_type_number64, sr_type_span,
    sr_type_seconds, sr_type_signed_seconds, sr_type_signed_span, sr_type_ppm, sr_type_percent,
    sr_type_share, sr_type_bandwidth, sr_type_size, sr_type_boolean, sr_type_word, sr_type_words,
    sr_type_distribution, sr_type_retry, sr_type_epoch, sr_type_hint, sr_type_retention,
    sr_type_rate;
extern const SrValueType sr_type_document, sr_type_verdict, sr_type_winner,
    sr_type_collaborating, sr_type_outcome;
extern const SrValueType sr_type_seeds, sr_type_zip, sr_type_require, sr_type_vary,
    sr_type_action, sr_type_draw;

/* Reads a duration, and reports an error. */
bool sr_value_span(SrReader *reader, SrSlice value, SrSpan *span);
bool sr_value_signed_span(SrReader *reader, SrSlice value, int64_t *span);
bool sr_value_distribution(SrReader *reader, SrSlice value, SrDistribution *distribution);
/* A percentage as parts per SR_RATE_WHOLE. */
bool sr_value_percent_exact(SrReader *reader, SrSlice value, uint64_t *exact,
                            GString *canonical);
/* Writes such a percentage without unnecessary zeros. */
void sr_append_percent(GString *out, uint64_t exact);
void sr_append_span(GString *out, SrSpan span);
void sr_append_signed_span(GString *out, int64_t span);
void sr_append_distribution(GString *out, const SrScenario *scenario,
                            const SrDistribution *distribution);
/* One of @words; its index, or -1 after an error. @note (nullable) is added if no word is
 * similar. */
int sr_value_word(SrReader *reader, SrSlice value, const char *const *words, const char *note);
/* The name of a check. FALSE after an error. */
bool sr_value_check(SrReader *reader, SrSlice name, SrCheckId *check);
/* Reads @value into the group's struct at @group; @text: (out) (transfer none): its canonical
 * text. FALSE after an error. */
bool sr_value_read(SrReader *reader, const SrKey *key, SrSlice value, void *group,
                   const char **text);
/* The same for a @value that the program itself gives. */
void sr_value_set(SrReader *reader, const SrKey *key, const char *value, void *group,
                  const char **text);

/* ---- groups ---- */

/* Splits the text between brackets into a group; reports errors. */
bool sr_group_header(SrReader *reader, SrSlice header, SrGroup *group);
/* Finds the groups of the file. FALSE: there are too many, and no other error is worth
 * reporting. */
bool sr_groups_find(SrReader *reader);
void sr_groups_override(SrReader *reader, const SrOverride *overrides, size_t n_overrides);
/* Splits `GROUP.KEY`; reports errors. @index is that of the key; for [timeline], [draws] and `vary`
 * it depends on the text of the key. */
bool sr_group_dot_key(SrReader *reader, SrSlice text, SrGroup *group, SrSlice *key, int *index);
void sr_group_clear(SrGroup *group);
/* Returns: (nullable): the next group of @kind behind @last; the first if @last is NULL. All that
 * the file has, repeated ones too. */
const SrGroup *sr_group_next(const SrReader *reader, SrGroupKind kind, const SrGroup *last);
/* What stands behind the word of the kind. */
const char *sr_group_name(const SrGroup *group);
/* An iteration over the entries of a group: those of the file, then those of the command line.
 * FALSE at the end. */
typedef struct {
    SrReader *reader;
    const SrGroup *group;
    SrLines lines;
    unsigned n_overrides; /* looked at */
    bool overriding;      /* the entry is one of the command line */
} SrEntries;
SrEntries sr_entries(SrReader *reader, const SrGroup *group);
bool sr_entries_next(SrEntries *entries, SrSlice *key, SrSlice *value);
/* Reads the keys of a group of the table. @out is the kind's struct, @values its canonical
 * texts. */
void sr_group_read(SrReader *reader, const SrGroup *group, void *out, const char **values,
                   SrGiven *given);
/* The same for the keys in @given, whose values are dropped if they are wrong. */
void sr_group_values(SrReader *reader, SrGroupKind kind, void *out, const char **values,
                     SrGiven *given);
void sr_group_defaults(SrReader *reader, SrGroupKind kind, void *out, const char **values);
const char **sr_values_new(SrGroupKind kind);
/* Keeps a group that there may be several of. @values: (transfer full). Returns: its name, which
 * lives as long as the scenario */
char *sr_group_keep(SrReader *reader, SrGroupKind kind, const char *name, const char **values);
char *sr_keep(SrReader *reader, const char *text);

/* ---- names ---- */

typedef enum {
    SR_NAME_CLIENT = 1, /* a client, a group of clients or a member of one */
    SR_NAME_SERVER = 2,
    SR_NAME_SERVICE = 4, /* any of the three */
} SrNameKind;

/* Gets the nodes that @name stands for; reports an error if it is none of @kinds. */
bool sr_value_node(SrReader *reader, SrSlice name, unsigned kinds, SrNodeRange *range);
bool sr_node_lookup(const SrScenario *scenario, const char *name, size_t length,
                    SrNodeRange *range, bool *member);
/* Number of the service of that name, or SR_NODE_NONE. */
uint32_t sr_service_lookup(const char *name, size_t length);
const char *sr_service_name(uint32_t node);

/* ---- the particular groups ---- */

void sr_links_read(SrReader *reader);
void sr_network_read(SrReader *reader, const SrGroup *group);
void sr_timeline_read(SrReader *reader, const SrGroup *group);
void sr_expect_read(SrReader *reader, const SrGroup *group);
void sr_expect_clients_read(SrReader *reader);
void sr_study_init(SrStudy *study);
void sr_study_clear(SrStudy *study);
void sr_study_read(SrReader *reader, const SrGroup *group);
/* The most values of all varied keys together. */
#define SR_VARIED_VALUES_MAX 2000000u
/* Reads one value of a varied key; @draw: its draw, where it is one of [draws]; @kept: (out): the
 * canonical text. FALSE after an error. */
bool sr_varied_value_read(SrReader *reader, const SrKey *key, SrDraw *draw, SrSlice value,
                          const char **kept);
/* Reads one value or a range of at most @n_max; appends each to @values, and what was written, in
 * its canonical form, to @canonical. FALSE after an error. */
bool sr_varied_values_read(SrReader *reader, const SrKey *key, SrDraw *draw, SrSlice value,
                           uint64_t n_max, GPtrArray *values, GString *canonical);
void sr_timeline_actions(GString *out, bool markdown);
void sr_draws_read(SrReader *reader, const SrGroup *group);
/* Reads `PURPOSE CLIENT NUMBER`; @draw: (out). FALSE after an error. */
bool sr_draw_read_name(SrReader *reader, SrSlice name, SrDraw *draw);
/* Reads the value of @draw, whose name is read. FALSE after an error. */
bool sr_draw_read_value(SrReader *reader, SrSlice value, SrDraw *draw);
/* The purposes, for the reference. */
void sr_draws_purposes(GString *out, bool markdown);
