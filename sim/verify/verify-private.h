/* What the files of the verification share. Each has one task:
 *   verify.c            the steps of a verification, its result
 *   verify-match.c      actions of the core against lines
 *   verify-messages.c   messages: a receive after its send, fields, order on a link
 *   verify-order.c      an order in which a log may have happened
 *   verify-client.c     the lines of a client, followed by the core
 *   verify-server.c     the lines of the server, followed by the core
 *   verify-keys.c       the lines of the encryption provider in a trace of ours, by the core
 *   verify-own-provider.c  the lines of a provider that was the user's own program
 *   verify-provider.c   the lines of the two providers, by rules
 *   verify-store.c      what the encryption provider's lines show when there are no others
 *   verify-requests.c   what the encryption provider has not answered yet
 *   verify-checks.c     the checks over the records
 *   verify-scenario.c   the same run played again */
#pragma once

#include "protocol/client.h"
#include "protocol/encryption-provider.h"
#include "protocol/server.h"
#include "session-race/verify.h"

/* Kinds of nodes, by what they log. */
typedef enum {
    SR_KIND_SERVER,
    SR_KIND_TOKEN_PROVIDER,
    SR_KIND_ENCRYPTION_PROVIDER,
    SR_KIND_CLIENT,
} SrNodeKind;
#define SR_KIND_N (SR_KIND_CLIENT + 1)

static inline SrNodeKind
sr_node_kind(uint32_t node)
{
    return (SrNodeKind) MIN(node, SR_NODE_FIRST_CLIENT);
}

/* A set of claims. As a token of the core it is a number above SR_VERIFY_TOKEN_FIRST. */
#define SR_VERIFY_TOKEN_FIRST 1000
typedef struct {
    int64_t has; /* SR_HAS_ bits; as wide as the others, so that there is no padding */
    int64_t iat, exp, nbf;
} SrClaims;

/* A record that is not in the log, and the record of the log that it comes before. */
typedef struct {
    uint32_t before;
    SrRecord record;
} SrInferred;

/* One verification. */
typedef struct {
    GPtrArray *owned; /* arrays that last until its end */
    const SrTrace *trace;
    const SrRecord *records;
    uint32_t n;
    const SrVerifyOptions *options;
    bool own;     /* a whole trace of this program: it has everything that happened */
    bool own_provider; /* the encryption provider was the user's own program */
    bool own_signer;   /* the token provider was */
    bool lenient; /* lines may be missing */
    uint32_t first_request; /* the record in which the encryption provider receives one; n: none */
    uint32_t n_nodes, n_clients, n_documents;
    uint32_t n_all_documents; /* and one for each client whose document is not known */
    uint32_t *lines;          /* n: records, node after node */
    uint32_t *first;          /* n_nodes + 1: where a node's lines begin */
    uint32_t *order; /* (nullable) n: records in the order judged; %NULL: as they stand */
    uint32_t *place; /* (nullable) n: where a record stands in that order */
    uint32_t seen[SR_KIND_N];  /* bits 1 << SrEvent: events that such nodes log */
    uint32_t *document;        /* n_clients */
    uint32_t *previous;        /* n_documents: the hint of a session older than the log */
    uint32_t *previous_key;    /* n_documents */
    GArray *claims;            /* SrClaims, by number, from 1 */
    GHashTable *claim_numbers; /* hash of SrClaims → number */
    GHashTable *hints;         /* document and hint → number; with several documents only */
    GArray *hint_texts;        /* uint32_t: the trace's hint of that number */
    uint32_t n_keys;           /* keys from here on are not in the log */
    bool tokens;               /* clients use tokens */
    bool settles;              /* some client settles a key */
    SrActions actions;         /* of the present step of a core */
    SrVerified *found;
    GHashTable *unexplained; /* nodes */
    GHashTable *late_losses; /* records: losses of messages that have arrived */
    /* The first record of a trace of ours that is earlier than the one before it; 0: none. */
    uint32_t back_in_time;
    GArray *inferred;     /* SrInferred, in the order of the server's lines */
    bool server_followed; /* all of the server's lines are explained */
    bool names_sealed;    /* some content says under which key it is sealed */
    uint32_t n_hints;     /* all hint numbers of the trace are smaller */
} SrVerify;

/* ---- verify.c ---- */

/* Returns: (transfer none): @memory, which is freed at the end of the verification */
gpointer sr_verify_own(SrVerify *verify, gpointer memory);
/* An array of @n zeroed elements, at least one, that lasts until then. */
#define SR_VERIFY_NEW(verify, type, n)                                                         \
    ((type *) sr_verify_own((verify), g_new0(type, MAX((size_t) (n), 1))))

/* A table of numbers from 1, by keys of 64 bits. Its hash uses all bits of a key;
 * g_int64_hash() uses only the lower half, where hints of many documents, and ids of other
 * programs, collide. */
GHashTable *sr_verify_table_new(void);
void sr_verify_table_put(GHashTable *table, uint64_t key, uint32_t number);
/* Returns: 0 for none */
uint32_t sr_verify_table_get(GHashTable *table, uint64_t key);

/* Line @record (SR_VERIFIED_END: the end of the log) of @node is not explained. The first such
 * line in the order judged is kept, with the @allowed records. */
void sr_verify_refuse(SrVerify *verify, uint32_t record, uint32_t node, const SrRecord *allowed,
                      unsigned n_allowed, const char *format, ...) G_GNUC_PRINTF(6, 7);
/* Likewise, of the node whose record it is, or of the server at the end of the log. */
#define SR_VERIFY_REFUSE(verify, record, ...)                                                  \
    sr_verify_refuse((verify), (record), sr_verify_node_of((verify), (record)), NULL, 0,       \
                     __VA_ARGS__)
void sr_verify_note(SrVerify *verify, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Notes that @n of something, if any, did not happen before the log ends. */
void sr_verify_note_rest(SrVerify *verify, unsigned n, const char *one, const char *many);
/* Returns: (transfer full): "FILE:LINE" or "line LINE", for sentences */
char *sr_verify_line(const SrVerify *verify, uint32_t record);
char *sr_verify_node_name(const SrVerify *verify, uint32_t node);
/* Returns: a number of the record's document and hint; SR_HINT_ABSENT: it has no hint */
uint32_t sr_verify_hint(const SrVerify *verify, const SrRecord *record);

static inline uint32_t
sr_verify_node_of(const SrVerify *verify, uint32_t record)
{
    return record < verify->n ? verify->records[record].node : SR_NODE_SERVER;
}

static inline uint32_t
sr_verify_place(const SrVerify *verify, uint32_t record)
{
    return verify->place != NULL && record < verify->n ? verify->place[record] : record;
}

/* Whether that kind of node logs @event at all; a whole trace of this program has everything. */
static inline bool
sr_verify_sees(const SrVerify *verify, SrNodeKind kind, SrEvent event)
{
    return verify->own || (verify->seen[kind] >> event & 1);
}

/* ---- verify-match.c ---- */

/* Returns: the record's claims as a token of the core, SR_TOKEN_NONE for none */
int64_t sr_verify_token(const SrVerify *verify, const SrRecord *record);
/* Whether readers of the log would see @action of @node. */
bool sr_verify_shows(const SrVerify *verify, uint32_t node, const SrAction *action);
/* What the line of @action would be. */
SrRecord sr_verify_expected(const SrVerify *verify, uint32_t node, const SrAction *action);
/* The message of @record as the core takes it; hint and key as they stand. */
SrMessage sr_verify_message(const SrVerify *verify, const SrRecord *record);
/* Whether the record is not about what its node does, but about a finding of a check, a clock, or a
 * message that a link lost. */
static inline bool
sr_verify_aside(const SrRecord *record)
{
    return record->event == SR_EVENT_CHECK_FAILED || record->event == SR_EVENT_CLOCK ||
           (record->event == SR_EVENT_LOSE && record->node != SR_NODE_SERVER);
}

/* A node's lines, and how far they are followed; a follower begins with one. */
typedef struct SrLines SrLines;
struct SrLines {
    SrVerify *verify;
    uint32_t node;
    const uint32_t *of; /* n: records */
    uint32_t n, at;
    /* Whether @record does not say what the node does; %NULL: sr_verify_aside(). */
    bool (*is_aside)(const SrLines *lines, const SrRecord *record);
    /* (nullable) Follows @record, the next line that is not aside, and moves on. */
    void (*take)(SrLines *lines, const SrRecord *record);
    /* (nullable) Called with an action that is not the next line; @shows: it should be. Returns:
     * whether it need not be */
    bool (*excuse)(SrLines *lines, const SrAction *action, bool shows);
    bool many;        /* there are many hypotheses: all that they allow is kept */
    unsigned n_shown; /* lines that the last step explains */
    bool refused;     /* by the present hypothesis */
    /* The line that no hypothesis explains so far, why, and what it could be. */
    bool stopped;
    uint32_t far;
    const char *why; /* (nullable) */
    SrRecord allowed[SR_VERIFIED_ALLOWED_MAX];
    unsigned n_allowed;
};

static inline SrLines
sr_verify_lines(SrVerify *verify, uint32_t node)
{
    return (SrLines){ .verify = verify,
                      .node = node,
                      .of = verify->lines + verify->first[node],
                      .n = verify->first[node + 1] - verify->first[node] };
}

static inline const SrRecord *
sr_verify_record(const SrLines *lines, uint32_t at)
{
    return &lines->verify->records[lines->of[at]];
}

static inline bool
sr_verify_is_aside(const SrLines *lines, const SrRecord *record)
{
    return lines->is_aside != NULL ? lines->is_aside(lines, record) : sr_verify_aside(record);
}

/* Returns: (nullable): the first line from *@at on that says what the node does; *@at is after
 * it */
const SrRecord *sr_verify_next(const SrLines *lines, uint32_t *at);
/* Returns: (nullable): the next line that does, where it is */
static inline const SrRecord *
sr_verify_peek(const SrLines *lines)
{
    uint32_t at = lines->at;

    return sr_verify_next(lines, &at);
}
/* Moves on to the line after @record, one of the next lines. */
void sr_verify_pass(SrLines *lines, const SrRecord *record);
/* Returns: (transfer none): verify->actions, empty, for the next step of a core */
static inline SrActions *
sr_verify_begin(const SrLines *lines)
{
    lines->verify->actions.n = 0;
    return &lines->verify->actions;
}

/* Compares verify->actions with the next lines, and moves on to the line after those that fit. @t:
 * when they have to be in a trace of ours; SR_TIME_NEVER: all at one instant. Returns: whether all
 * that the log would show are there; if not, the hypothesis is refused */
bool sr_verify_expect(SrLines *lines, SrTime t);
/* Takes the lines from the first one on. Returns: whether none is refused */
bool sr_verify_follow(SrLines *lines);
/* The present hypothesis does not explain line @at, where it allows @action (nullable). @why:
 * (nullable): it does something else, or nothing, there */
void sr_verify_stop(SrLines *lines, uint32_t at, const SrAction *action, const char *why);
/* The same of the next line. */
static inline void
sr_verify_stop_here(SrLines *lines, const char *why)
{
    sr_verify_stop(lines, lines->at, NULL, why);
}
/* No hypothesis explains the lines: refuses the line that is farthest. */
void sr_verify_report(const SrLines *lines);

/* ---- verify-requests.c ---- */

#define SR_NO_REQUEST UINT32_MAX

/* A request for a key, or for a token, that is not answered yet. */
typedef struct {
    uint32_t at;   /* the line that it came with, in its node's lines */
    uint32_t hint; /* SR_HINT_ABSENT for a new key */
    uint32_t next; /* of the same client, or SR_NO_REQUEST */
    /* It is answered, but that answer may have been for a request without hint. */
    bool either;
} SrRequest;

typedef struct {
    uint32_t n_clients;
    GArray *list;    /* SrRequest */
    uint32_t *first; /* n_clients: the oldest one, or SR_NO_REQUEST */
} SrRequests;

/* The caller frees the list. */
void sr_requests_init(SrRequests *requests, SrVerify *verify);
void sr_requests_reset(SrRequests *requests);
SrRequest *sr_request_at(const SrRequests *requests, uint32_t index);
void sr_requests_add(SrRequests *requests, uint32_t client, SrRequest request);
/* Returns: (nullable): what leads to the oldest such request of @client */
uint32_t *sr_requests_find(const SrRequests *requests, uint32_t client, uint32_t hint,
                           bool either);
/* Takes it. Returns: whether there was one */
bool sr_requests_take(const SrRequests *requests, uint32_t client, uint32_t hint, bool either);
/* @tokens: the requests are for tokens, not for keys */
void sr_requests_note_open(const SrRequests *requests, bool tokens, SrVerify *verify);

/* ---- the rest ---- */

/* Returns: whether a message of that kind goes between these nodes; of a `send` or `receive` */
bool sr_verify_goes_there(const SrRecord *record);
void sr_verify_messages(SrVerify *verify);
void sr_verify_order(SrVerify *verify);
void sr_verify_clients(SrVerify *verify);
void sr_verify_server(SrVerify *verify);
void sr_verify_token_provider(SrVerify *verify);
/* The encryption provider: of a trace of ours by the core, or by the rules for the user's own
 * program; of any other log by rules. */
void sr_verify_keys(SrVerify *verify);
void sr_verify_own_provider(SrVerify *verify);
/* The token provider that was the user's own program. */
void sr_verify_own_signer(SrVerify *verify);
void sr_verify_encryption_provider(SrVerify *verify);
void sr_verify_checks(SrVerify *verify);
void sr_verify_store(SrVerify *verify);
void sr_verify_scenario(SrVerify *verify);
