/* A scenario: what a user writes in a file, checked, with every default filled in.
 *
 * The reader is strict and reports all errors of a file in one pass (sr_diagnostics). One
 * table of keys (sim/scenario/keys.c) drives the reader, the `keys` verb, the
 * reference of scenarios/README.md and the JSON of `check`. A scenario is a plain value that only the reader
 * writes. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "session-race/distribution.h"
#include "session-race/draw.h"
#include "session-race/record.h"
#include "session-race/retry.h"
#include "session-race/time.h"

#pragma GCC visibility push(default)

/* ---- limits (checked before memory is taken; source: the format of scenario files, "Reading
 * rules") ---- */

#define SR_SCENARIO_BYTES_MAX (16u << 20)
#define SR_SCENARIO_LINE_MAX (64u << 10)
#define SR_SCENARIO_GROUPS_MAX 10000u
#define SR_SCENARIO_CLIENTS_MAX 1000000u
#define SR_SCENARIO_ERRORS_MAX 20u
/* Actions on the timeline; also the faults of chaos, drawn or expected, in one run. */
#define SR_TIMELINE_ACTIONS_MAX 100000u
#define SR_CHAOS_FAULTS_MAX UINT64_C(100000)

/* ---- nodes ---- */

/* Node numbers: the three services, then the clients in the order of the file. A group with a
 * count has as many numbers in a row. */
#define SR_NODE_SERVER 0u
#define SR_NODE_TOKEN_PROVIDER 1u
#define SR_NODE_ENCRYPTION_PROVIDER 2u
#define SR_NODE_FIRST_CLIENT 3u
#define SR_NODE_NONE UINT32_MAX

/** SrNodeRange: @n nodes from @first on: one node, or all members of a group with a count. n =
 * 0: no node. */
typedef struct {
    uint32_t first, n;
} SrNodeRange;

/* ---- values ---- */

typedef enum { SR_TIES_FIFO, SR_TIES_SEEDED } SrTies;
typedef enum { SR_CRYPTO_REAL, SR_CRYPTO_NAMES } SrCryptoMode;
typedef enum { SR_EARLY_ADOPT, SR_EARLY_CONTINUE } SrEarlyAvailable;
typedef enum { SR_WHILE_CREATING_NONE, SR_WHILE_CREATING_PENDING } SrWhileCreating;
typedef enum {
#define ALGORITHM(name, ...) SR_JWT_##name,
#include "session-race/algorithms.def"
} SrJwtAlgorithm;
#define SR_JWT_ALGORITHM_N (SR_JWT_HS512 + 1)
/** SR_JWT_SIGNED_N: the first so many are those that built-in tokens are signed with. */
#define SR_JWT_SIGNED_N (SR_JWT_PS512 + 1)
typedef enum { SR_TOKENS_BUILT_IN, SR_TOKENS_EXEC } SrTokensKind;
typedef enum {
    SR_KEYS_STORED,
    SR_KEYS_STATIC,
    SR_KEYS_DERIVED,
    SR_KEYS_UNSTABLE,
    SR_KEYS_EXEC
} SrKeysKind;
typedef enum { SR_HINT_UNIQUE, SR_HINT_TIMESTAMP, SR_HINT_NONE } SrHintKind;
typedef enum {
    SR_COLLISION_REFUSE,
    SR_COLLISION_OVERWRITE,
    SR_COLLISION_KEEP_FIRST
} SrCollision;
typedef enum {
    SR_RETENTION_FOREVER,
    SR_RETENTION_ON_NEW_KEY,
    SR_RETENTION_LAST,
    SR_RETENTION_FOR,
    SR_RETENTION_UNTIL_SETTLED
} SrRetentionKind;

/* Bits of `[server] check-token`. */
#define SR_CHECK_TOKEN_CONNECT 1u
#define SR_CHECK_TOKEN_SESSION_REQUEST 2u
#define SR_CHECK_TOKEN_CREATE_SESSION 4u
#define SR_CHECK_TOKEN_UPLOAD 8u
#define SR_CHECK_TOKEN_JOIN 16u

/** SrClockSettings: the error of a node's clock. */
typedef struct {
    int64_t offset_ns;
    int32_t drift_ppm;
    SrSpan ntp_interval; /* 0: never corrected */
    SrSpan ntp_error;    /* half width of the uniform error of one correction */
} SrClockSettings;

/** SR_LINK_LOSSES_MAX: a link loses a message at most so many times in a row. */
#define SR_LINK_LOSSES_MAX 64u

/* Bits of SrLinkSettings.given. */
#define SR_LINK_LATENCY 1u
#define SR_LINK_ORDERED 2u
#define SR_LINK_LOSS 4u
#define SR_LINK_DUPLICATE 8u
#define SR_LINK_RTO 16u
#define SR_LINK_BANDWIDTH 32u

/** SrLinkSettings: one direction of one link, or the keys that one group sets. A preset is
 * already replaced by its keys. */
typedef struct {
    SrDistribution latency;
    bool ordered;
    uint32_t loss;      /* parts per 2^32 */
    uint32_t duplicate; /* parts per 2^32; unordered links only */
    SrSpan rto;
    uint64_t bandwidth_bps; /* bit/s; 0: unlimited */
    /* An ordered link loses a message at most so many times in a row: fewer with `[scenario] cut`.
     * Set by sr_scenario_link(). */
    uint32_t losses_max;
    /* SR_LINK_ bits: the keys that the group sets, itself or by its preset */
    uint32_t given;
} SrLinkSettings;

/** SrLinkGroup: `[link A B]` or `[link A -> B]`. */
typedef struct {
    SrNodeRange a, b; /* n = 0: `*` */
    bool directed;
    SrLinkSettings settings;
} SrLinkGroup;

/** SrDocumentSettings: `[document NAME]`. A scenario without such a group has one document,
 * named `document`. */
typedef struct {
    char *name;
    uint64_t content_bytes;
    bool previous;
} SrDocumentSettings;

/** SR_REPLICA_ANY: `replica = any`: the copy of the store is drawn for each lookup. */
#define SR_REPLICA_ANY 0

/** SrClientGroup: `[client NAME]`. */
typedef struct {
    char *name;
    uint32_t count;      /* at least 1 */
    uint32_t first_node; /* node number of its first member */
    SrDistribution start;
    uint32_t document; /* index into SrScenario.documents */
    SrDistribution derive;
    SrEarlyAvailable early_available;
    bool cache_keys;
    SrSpan patience; /* SR_TIME_NEVER: none */
    SrRetryPolicy key_retry, connect_retry, reconnect;
    SrSpan request_timeout;
    SrSpan token_refresh; /* SR_TIME_NEVER: none */
    uint32_t replica;     /* which copy of the store answers it, from 1; or SR_REPLICA_ANY */
    SrClockSettings clock;
} SrClientGroup;

/** SrServerSettings: `[server]`. */
typedef struct {
    SrDistribution processing;
    uint64_t leeway_s;
    bool check_iat;
    uint32_t check_token; /* SR_CHECK_TOKEN_ bits */
    SrWhileCreating while_creating;
    SrOwnerLost on_owner_lost;
    SrSpan establish_timeout; /* SR_TIME_NEVER: none */
    SrSpan detect_loss;
    bool durable;
    /* bits 1 << SrJwtAlgorithm: what the server verifies of tokens of the user's own signer */
    uint32_t accept;
    SrClockSettings clock;
} SrServerSettings;

/** SrTokenProviderSettings: `[token-provider]`. With kind exec the program of `--signer` decides
 * the fields from algorithm to cache. */
typedef struct {
    bool enabled;
    SrTokensKind kind;
    SrDistribution processing;
    SrDistribution io; /* kind exec: of one leg of a call */
    SrJwtAlgorithm algorithm;
    uint64_t lifetime_s; /* at least 1 */
    bool iat;
    bool has_not_before;
    int64_t not_before_s; /* relative to iat */
    SrSpan cache;         /* 0: none */
    SrClockSettings clock;
} SrTokenProviderSettings;

/** SrEncryptionProviderSettings: `[encryption-provider]`. */
typedef struct {
    SrKeysKind kind;
    SrDistribution generate, lookup, processing;
    SrDistribution io; /* kind exec: of one leg of a call */
    SrHintKind hint;
    SrSpan hint_resolution; /* timestamp(R), at least 1 ns */
    SrCollision on_collision;
    SrRetentionKind retention;
    uint64_t retention_n;  /* last(N), at least 1 */
    SrSpan retention_span; /* for(D) */
    SrSpan reuse;          /* 0: none */
    bool atomic;
    uint32_t replicas; /* 1 … 16 */
    SrDistribution replication;
    SrSpan rotate_master;  /* SR_TIME_NEVER: never */
    uint32_t keep_masters; /* at least 1, including the one in use */
    SrClockSettings clock;
} SrEncryptionProviderSettings;

/** SrTimelineEntry: one line of `[timeline]`. */
typedef struct {
    SrTime at;
    SrFaultAction action;
    SrNodeRange target;  /* the nodes that it affects; all members of a group, in order */
    uint32_t peer;       /* partition: the service; else SR_NODE_NONE */
    SrSpan duration;     /* `for D`; SR_TIME_NEVER when absent */
    int64_t delta_ns;    /* step-clock */
    SrDistribution slow; /* slow */
} SrTimelineEntry;

/** SrVerdictKind: what `[expect] verdict` says. */
typedef enum { SR_VERDICT_PASS, SR_VERDICT_FAIL } SrVerdictKind;

/** SrCollaboratingKind: what `[expect] collaborating` says. */
typedef enum {
    SR_COLLABORATING_ANY,
    SR_COLLABORATING_ALL,
    SR_COLLABORATING_N,
    SR_COLLABORATING_NAMES
} SrCollaboratingKind;

/** SrExpect: `[expect]`. */
typedef struct {
    SrVerdictKind verdict;
    uint32_t failed; /* bits 1 << SrCheckId: exactly these fail */
    uint32_t winner; /* a client's node; SR_NODE_NONE: not checked */
    SrCollaboratingKind collaborating;
    uint32_t collaborating_n;
    GArray *names; /* SrNodeRange */
    SrTime within; /* SR_TIME_NEVER: not checked */
    uint32_t
        line; /* of the group's header; 0 if there is none; also 1 if an override adds it */
} SrExpect;

/** SrOutcomeKind: what `[expect client NAME] outcome` says. */
typedef enum {
    SR_OUTCOME_ANY,
    SR_OUTCOME_WINS,
    SR_OUTCOME_JOINS,
    SR_OUTCOME_FAILS,
    SR_OUTCOME_WAITS
} SrOutcomeKind;

/** SrExpectClient: `[expect client NAME]`. */
typedef struct {
    SrNodeRange clients;
    SrOutcomeKind outcome;
    uint8_t reason;    /* SrReason of `fails(REASON)` */
    SrTime at, before; /* SR_TIME_NEVER: not checked */
    uint32_t line;     /* of the group's header */
} SrExpectClient;

/** SrChaosSettings: `[chaos]`. The mean time between two faults of a kind, in the whole run and
 * not per node; SR_TIME_NEVER: no faults of that kind. */
typedef struct {
    SrSpan crash, disconnect, outage, clock_step; /* at least 1 ns */
    SrTime until;                                 /* SR_TIME_NEVER: half of the run's limit */
    uint64_t budget;                              /* UINT64_MAX: unlimited */
    uint32_t
        line; /* of the group's header; 0 if there is none; also 1 if an override adds it */
} SrChaosSettings;

/** SrExploreSettings: `[explore]`. Defaults are filled in when the group is absent. */
typedef struct {
    uint32_t clients; /* how many clients take part, from the first; 0: all */
    uint32_t crashes, disconnects, outages, expirations;
    bool timed; /* with times: timed.h */
    SrVerdictKind verdict;
    uint32_t failed;    /* bits 1 << SrCheckId: the expected answer of `fail(…)` */
    bool verdict_given; /* the group states an expectation */
    uint32_t line;
} SrExploreSettings;

/** SrVariedKey: `vary GROUP.KEY = V1 | V2 | A..B step C`. */
typedef struct {
    char *key;     /* "network.latency", "client alice.start" */
    char *text;    /* canonical, with ranges as they are */
    char **values; /* canonical texts, ranges written out, closed by %NULL */
    uint32_t n_values;
    bool zipped;
} SrVariedKey;

/** SrStatistic: what a threshold is of: a share of runs or of clients, or a statistic of a measure. */
typedef enum {
    SR_STATISTIC_RUNS,
    SR_STATISTIC_CLIENTS,
    SR_STATISTIC_MEAN,
    SR_STATISTIC_MIN,
    SR_STATISTIC_MAX,
    SR_STATISTIC_P50,
    SR_STATISTIC_P90,
    SR_STATISTIC_P95,
    SR_STATISTIC_P99,
    SR_STATISTIC_P999,
} SrStatistic;
typedef enum { SR_BELOW, SR_AT_MOST, SR_ABOVE, SR_AT_LEAST } SrComparison;

/** SR_RATE_WHOLE: 100 % of a share. Percentages have at most six decimals, so limits are exact.
 */
#define SR_RATE_WHOLE UINT64_C(100000000)

/** SrThreshold: one of `[study] require`. */
typedef struct {
    SrStatistic statistic;
    /* what is counted or measured, by the numbers of sweep-row.h: SrSweepShare of RUNS, SR_CLIENTS_
     * of CLIENTS; else SrSweepMeasure or SR_MEASURE_BOTH */
    uint32_t of;
    SrComparison comparison;
    uint64_t limit; /* of a share: parts per SR_RATE_WHOLE; else ns */
    char *text;     /* canonical: "runs(key-found) < 0.1%" */
} SrThreshold;

/** SrStudy: `[study]`. Defaults are filled in when the group is absent: seeds 1..1000, one
 * point. */
typedef struct {
    uint64_t first_seed, last_seed;
    GArray *varies;     /* SrVariedKey, in the order of the file, then of the overrides */
    GArray *thresholds; /* SrThreshold */
    uint32_t line;
} SrStudy;

/**
 * SrScenario:
 *
 * A checked scenario. Arrays are in the order of the file. The scenario owns everything.
 */
typedef struct {
    char *path;        /* as it was given; `-` for standard input */
    char *title;       /* "" when absent */
    char *description; /* "" when absent */
    uint64_t seed;
    SrTime limit;
    int64_t epoch_s; /* the Unix time of t = 0, in seconds */
    SrTies ties;
    SrCryptoMode crypto;
    uint64_t max_events; /* a run that needs more is ended; at least 1 */
    /* the central share of every distribution with a tail to which its draws are clamped, parts
     * per SR_MIXTURE_WHOLE; 0: none */
    uint64_t cut;
    SrLinkSettings network;
    GArray *links;      /* SrLinkGroup */
    GArray *documents;  /* SrDocumentSettings, at least one */
    GArray *clients;    /* SrClientGroup */
    uint32_t n_clients; /* members of all groups */
    SrServerSettings server;
    SrTokenProviderSettings token_provider;
    SrEncryptionProviderSettings encryption_provider;
    GArray *timeline; /* SrTimelineEntry */
    SrExpect expect;
    GArray *expect_clients; /* SrExpectClient */
    SrChaosSettings chaos;
    SrExploreSettings explore;
    GArray *draws; /* SrDraw: those that the file fixes, in the order of sr_draw_compare() */
    SrStudy study;
    void *resolved; /* private to the room: canonical texts for the JSON form */
} SrScenario;

void sr_scenario_free(SrScenario *scenario);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrScenario, sr_scenario_free)

/* ---- diagnostics ---- */

/** SrDiagnostic: one error of a file. Line and column count from 1, in characters; 0 if there is
 * none. */
typedef struct {
    char *path;
    uint32_t line, column;
    char *message;
    char *note; /* (nullable) what was probably meant */
    char *
        source; /* (nullable) the line as it stands in the file, escaped for a terminal; cut when very long */
    uint32_t caret; /* column of @source below which the caret is; 0: no caret */
} SrDiagnostic;

/** SrDiagnostics: the errors of one reading, in the order of the file, at most
 * SR_SCENARIO_ERRORS_MAX; `suppressed` counts the others. */
typedef struct {
    GPtrArray *list;     /* SrDiagnostic */
    uint32_t suppressed; /* further errors, which are not listed */
    GHashTable
        *samples; /* a set of char *: the real paths of the files of `empirical` that were
                            opened, well formed or not */
} SrDiagnostics;

SrDiagnostics *sr_diagnostics_new(void);
void sr_diagnostics_free(SrDiagnostics *diagnostics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrDiagnostics, sr_diagnostics_free)

/**
 * sr_diagnostics_format:
 * @out: text is appended
 *
 * Writes `FILE:LINE:COLUMN: error: MESSAGE`, the source line with a caret, and a `note:`
 * line if there is a note; nothing in it can control a terminal.
 */
void sr_diagnostics_format(const SrDiagnostics *diagnostics, GString *out);
/** sr_diagnostics_format_first: the same of the first @n_max errors at most. Returns: how many others
 * there are, of which nothing is said */
unsigned sr_diagnostics_format_first(const SrDiagnostics *diagnostics, unsigned n_max,
                                     GString *out);

/* ---- reading ---- */

/**
 * SrOverride:
 *
 * One `--set GROUP.KEY=VALUE` or `--set "GROUP NAME.KEY=VALUE"`, as it was typed. It
 * replaces the key in the file, or adds it. It passes the same checks, with `--set` in place
 * of the file's name. If it comes from another option, that option is put before it:
 * `--seeds study.seeds=1..10`.
 */
typedef const char *SrOverride;

/**
 * sr_scenario_parse:
 * @path: for messages, and for the folder of `empirical("FILE")`; `-` for standard input
 * @text: (array length=length): the file, any bytes
 * @overrides: (array length=n_overrides): of the command line
 * @diagnostics: (inout): errors are appended
 *
 * Returns: (transfer full) (nullable): the scenario; %NULL exactly if errors were appended
 */
SrScenario *sr_scenario_parse(const char *path, const char *text, size_t length,
                              const SrOverride *overrides, size_t n_overrides,
                              SrDiagnostics *diagnostics);

/**
 * sr_scenario_parse_point:
 * @overrides: those of the command line, then those of sr_study_point()
 *
 * Like sr_scenario_parse(), for one point of a study that was read: [study] is passed over, so that
 * the time does not depend on the number of points.
 */
SrScenario *sr_scenario_parse_point(const char *path, const char *text, size_t length,
                                    const SrOverride *overrides, size_t n_overrides,
                                    SrDiagnostics *diagnostics);

/**
 * SrLoadStatus:
 *
 * How sr_scenario_load() ended.
 */
typedef enum {
    SR_LOAD_OK,
    SR_LOAD_MALFORMED, /* the text is wrong: exit status 2 */
    SR_LOAD_SYSTEM,    /* the file could not be read: exit status 3 */
} SrLoadStatus;

/**
 * sr_scenario_load:
 * @path: a file, or `-` for standard input; only regular files and pipes given as `-` are read,
 * up to the limit
 * @scenario: (out) (transfer full): set on success only
 *
 * Reads and parses. For a FIFO, a folder, a device or an unreadable file it returns
 * SR_LOAD_SYSTEM at once, with one diagnostic.
 */
SrLoadStatus sr_scenario_load(const char *path, const SrOverride *overrides, size_t n_overrides,
                              SrScenario **scenario, SrDiagnostics *diagnostics);

/**
 * sr_scenario_link:
 * @client: a client's node number
 * @service: SR_NODE_SERVER, _TOKEN_PROVIDER or _ENCRYPTION_PROVIDER
 * @outward: TRUE for client → service, FALSE for service → client
 * @settings: (out): every key set
 *
 * Gets the settings of one direction of one link, key by key. Source: section 4 of the
 * protocol, "Which settings a link has".
 */
void sr_scenario_link(const SrScenario *scenario, uint32_t client, uint32_t service,
                      bool outward, SrLinkSettings *settings);

/**
 * sr_scenario_link_by_member:
 *
 * Returns: whether a `[link]` group names a single member of a client group with a count, so
 * that members may differ
 */
bool sr_scenario_link_by_member(const SrScenario *scenario);

/**
 * sr_scenario_node_name:
 * @node: a node number
 * @name: (out): at most 75 bytes with the closing zero: `server`, `alice`, `fan-17`
 *
 * Returns: the number of bytes, the closing zero not counted
 */
size_t sr_scenario_node_name(const SrScenario *scenario, uint32_t node, char name[static 76]);

/**
 * sr_scenario_node_lookup:
 * @name: (array length=length): `server`, `alice`, `fan` (all members of a group) or `fan-17`
 * @range: (out): the nodes of that name; set only if there are any
 *
 * Takes the same time for any number of groups and members.
 *
 * Returns: whether @name names anything
 */
bool sr_scenario_node_lookup(const SrScenario *scenario, const char *name, size_t length,
                             SrNodeRange *range);

/**
 * sr_scenario_resolved_json:
 * @pretty: for people
 *
 * The resolved scenario, with defaults, as JSON with sorted keys and canonical values.
 * `source` is its hash. Two files that differ only in spacing, comments, the order of keys,
 * units, or in defaults that are written out give the same bytes. @pretty adds line breaks
 * for people; the hash is over the form without them. It ends in one LF.
 *
 * The JSON is one object; every value of a key is a string, as in the file.
 *
 * - `"format": "session-race-scenario"`, `"version": 1`;
 * - `"scenario"`, `"network"`, `"server"`, `"token-provider"`, `"encryption-provider"`,
 * `"expect"`: an object each, always
 *   there; a `preset` is resolved into the keys that it sets;
 * - `"chaos"`, `"explore"`: an object each, when the file has the group;
 * - `"clients"`, `"documents"`: lists in the order of the file, which a run depends on; each an
 * object with `"name"`;
 * - `"links"`: a list sorted by `"name"` (`"alice server"`, `"alice -> server"`), with the keys
 * that the group gives;
 * - `"expect-clients"`: a list in the order of the file, with `"name"`;
 * - `"timeline"`: a list in the order of the file of `{"action": "disconnect bob for 2s", "at":
 * "400ms"}`;
 * - `"study"`: `"seeds"`, `"require"`, `"vary"` (a list of `{"key": …, "values": […]}`),
 * `"zip"` (a list of keys);
 * - `"draws"`: a list of `{"draw": "client/start alice 0", "value": "5ms"}`, in the order of
 * sr_draw_compare();
 * - `"empirical"`: for each file of samples the XXH3-128 of its durations, each as 64 bits of
 * ns, little end first.
 *
 * Empty lists are left out, except clients and documents. Keys that came to the format after the
 * others are left out while they stand at their defaults, so that they change no `source`.
 */
char *sr_scenario_resolved_json(const SrScenario *scenario, bool pretty);

/** sr_scenario_source: writes the XXH3-128 of the resolved form as 32 hex digits and a closing
 * zero. */
void sr_scenario_source(const SrScenario *scenario, char digest[static 33]);

/* ---- the points of a study ---- */

/** sr_study_n_points: Returns: the number of parameter points: the product of the numbers of
 * values, with zipped keys counted once; 1 if nothing is varied. At most 1 000 000. */
uint64_t sr_study_n_points(const SrScenario *scenario);

/**
 * sr_study_point:
 * @index: 0 … n - 1. The last varied key changes fastest. Zipped keys change together, at
 * the position of the first of them.
 *
 * Returns: (transfer full) (element-type utf8): "GROUP.KEY=VALUE" of each varied key, in order:
 * overrides for sr_scenario_parse() that make the scenario of this point
 */
GPtrArray *sr_study_point(const SrScenario *scenario, uint64_t index);

/* ---- as text ---- */

/**
 * sr_timeline_entry_text:
 * @entry: of @scenario, or made for it: its nodes must have one name, and the samples of an
 * empirical distribution must belong to the scenario
 *
 * Returns: (transfer full): the action in its canonical form, such as `disconnect bob for 2s`;
 * its instant is what sr_span_format() makes of @entry->at
 */
char *sr_timeline_entry_text(const SrScenario *scenario, const SrTimelineEntry *entry);

/**
 * sr_scenario_distribution_text:
 *
 * Returns: (transfer full): the canonical form of @distribution, such as
 * `280ms + exponential(10ms)`
 */
char *sr_scenario_distribution_text(const SrScenario *scenario,
                                    const SrDistribution *distribution);

/**
 * sr_scenario_text:
 * @scenario: resolved
 * @comment: (nullable): lines for the head of the file, without `#`
 *
 * The scenario as a file, which reads back to the same resolved scenario (the same
 * `source`): groups in the documented order, only keys that differ from their defaults,
 * aligned as in the shipped scenarios.
 *
 * Returns: (transfer full): the text
 */
char *sr_scenario_text(const SrScenario *scenario, const char *comment);

#pragma GCC visibility pop
