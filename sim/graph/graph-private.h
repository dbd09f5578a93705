/* What the files of the graph share:
 * - graph.c: which seeds are walked, which are recorded
 * - graph-scope.c: which scenarios are taken
 * - graph-store.c: nodes, blocks of operations, ends
 * - graph-pack.c: a run's world without instants as bytes
 * - graph-steps.c: the order of a step's operations
 * - graph-record.c and those of graph-record-private.h: write down the steps of a run that is played
 * - graph-image.c: nodes as worlds, to play from there
 * - graph-walk.c: takes a seed through the graph
 *
 * A *step* is what follows from one event. It is a list of operations on what a walk carries: its
 * pending items with their instants, and its registers. Where it depends on instants or draws, an
 * operation is a guard: it has an outcome, and the list goes on in one way for each. A *block* is
 * a list up to its guard, or to the node that the step leads to. */
#pragma once

#include "graph/graph.h"
#include "run/run-private.h"

/** Limits of what is taken: a run beyond them is played plainly. */
#define SR_GRAPH_CLIENTS_MAX 8
#define SR_GRAPH_ITEMS_MAX 64
#define SR_GRAPH_SLOTS_MAX 64 /* messages in flight */
/** Places of items: those of nodes, some that are used within a step only, and one that nobody
 * reads. */
#define SR_GRAPH_NODE_PLACES_MAX 100
#define SR_GRAPH_PLACES_MAX 127
#define SR_GRAPH_SPARE_PLACE SR_GRAPH_PLACES_MAX
#define SR_GRAPH_HINTS_MAX 63
#define SR_GRAPH_SAMPLES_MAX 256
#define SR_GRAPH_OUTCOMES_MAX 16
#define SR_GRAPH_OPS_MAX 512 /* of a step */
/** So many seeds are walked in turn, so that the processor does not wait for one. */
#define SR_GRAPH_WALKS 8
/* A client's tokens have so many registers, by the number of the request that asked for it. */
#define SR_GRAPH_TOKENS 8

/* ---- operations ---- */

/* clang-format off */
typedef enum {
    /* a new item in place @place, at: */
    OP_PUSH_DRAW,         /* now + a draw */
    OP_PUSH_IN_ORDER,     /* the same, but not before what was sent before: register @a */
    OP_PUSH_SPAN,         /* now + the span of the operations before */
    OP_PUSH_SPAN_IN_ORDER, /* likewise */
    OP_PUSH_CONSTANT,     /* now + @c */
    OP_PUSH_RENEWAL,      /* when client @b renews the token of register @a; @d: its settings */
    OP_PUSH_EXPIRY,       /* when the key of hint @b is to be discarded for its age */
    /* the span of an item that comes */
    OP_DRAW,              /* grows by a draw */
    OP_LOSS,              /* grows by the retransmissions of the link @d */
    /* other pending items */
    OP_REMOVE,            /* the one in @place goes */
    OP_MOVE,              /* the one in place @a goes to @place */
    /* registers */
    OP_SET,               /* register @a becomes now */
    OP_REOPEN,            /* registers @a and @b become 0: link directions begin anew */
    OP_SIGN,              /* register @a becomes the second of the token provider */
    /* measures */
    OP_AGE,               /* the age of the key of hint @b is sampled */
    OP_NEED,              /* the key of hint @b was needed until now */
    /* guards; a list ends with one or with the end of the step */
    OP_JUDGE,             /* the server judges the token of register @a: bits of what is wrong */
    OP_IS_ZERO,           /* whether the span is 0 */
    OP_IS_PAST,           /* whether the token of register @a is past its end for client @b */
    OP_IS_OLD,            /* whether the key of hint @b is as old as its retention */
    OP_IS_FRESH,          /* whether the key of hint @b is young enough for `reuse` */
    OP_SAME_TICK,         /* the first of the hints from bits @c that is made in the same tick */
    OP_IS_LOST,           /* whether the link @d loses the message */
    OP_IS_COPIED,         /* whether the link @d repeats it; then the span is the copy's */
    OP_IS_BEFORE,         /* whether now is before @c */
    OP_SAME_SECOND,       /* whether the token provider's second is that of the token of register @a */
} OpKind;
/* clang-format on */
#define OP_FIRST_GUARD OP_JUDGE

/** Op: one operation. A draw is word @c of the stream with the key @b, from the distribution or the
 * link @d. */
typedef struct {
    uint8_t kind; /* OpKind */
    uint8_t place;
    uint8_t makes; /* of a push: 0 if the item is made at once with the one before, see
                    * graph-steps.c; else 1 */
    uint8_t group; /* of a push: of sr_engine_schedule_in_order(), or 0 */
    uint16_t a, b;
    uint64_t c;
    const void *d;
} Op;

static inline bool
is_guard(const Op *op)
{
    return op->kind >= OP_FIRST_GUARD;
}

static inline bool
is_push(const Op *op)
{
    return op->kind <= OP_PUSH_EXPIRY;
}

/** StepOp: an operation as it is recorded. */
typedef struct {
    Op op;
    unsigned outcome; /* of a guard */
    uint64_t item;    /* of a push or a removal: Item.low */
    uint32_t told;    /* of a push of a message from the server: 1 + its client; else 0 */
} StepOp;

/* ---- the store ---- */

/** Offsets into the graph's memory, in words of 8 bytes; 0 is none. */
typedef uint32_t Offset;

/** What is summed up along a walk. */
typedef enum {
    COUNT_RECORDS,
    COUNT_MESSAGES,
    COUNT_KEYS_MADE,
    COUNT_KEYS_DISCARDED,
    COUNT_KEYS_MISSING,
    COUNT_TOKENS_JUDGED,
    COUNT_TOKENS_REFUSED,
    COUNT_N = 8 /* a whole number of vectors */
} Count;

/** Counts: a walk is so short that none overflows. */
typedef struct {
    uint16_t of[COUNT_N];
} Counts;
#define SR_GRAPH_COUNT_MAX 63 /* of a step */

/**
 * Program: the operations of a block.
 *
 * Most steps clear a place, set a register, push a drawn item and then a constant one, or do some of
 * this. These operations have slots here, which a walk goes through in this order without a decision:
 * a slot without an operation has the spare place, or a register that nobody reads. Decisions
 * that depend on the step cost a walk more than these few instructions, since nobody can predict
 * them. Other operations follow one by one.
 */
typedef struct {
    uint64_t c, width, base;     /* the first push: word @c of @stream, uniform from @base on */
    uint64_t constant;           /* the second push: after this span */
    const SrDistribution *other; /* (nullable): from which the first push draws instead */
    uint16_t stream;
    uint16_t last, keep; /* registers: what the first push may not overtake; where it is kept */
    uint16_t reset[2];   /* registers that become 0 */
    uint16_t set[2];     /* registers that become now */
    uint16_t makes[2];   /* of the pushes: see ITEM_MADE */
    uint8_t clear, places[2];
    bool guarded; /* the last of the other operations is a guard */
    uint16_t n_ops;
    Counts counts;
    Op ops[]; /* the others */
} Program;

/** Edge: a block: what is done, and where it leads: to a node; to the template of an end; to the
 * outcomes of its guard. */
typedef struct {
    Offset program, next;
} Edge;

/** Node: a world without instants. */
typedef struct {
    uint16_t n_places, n_foreground;
    Offset image; /* see graph-image.c; 0: there was no room for it */
    /* n_places: of the step of the item there; then of the ends: when nothing is left, at the
     * limit */
    Edge edges[];
} Node;

/** End: what the row gets from a run that ends so; what a walk carries is added. */
typedef struct {
    _Alignas(8) char result[offsetof(SrRunResult, failures)];
    uint32_t n_keys;
    bool winner_known;
    /* SrTallyClient[n_clients], SrTallyDocument[n_documents], SrTallyKey[n_keys + 1],
     * then state and reason of each client, uint8_t[2 * n_clients]; each at a multiple of 8 */
    uint64_t rest[];
} End;

/* Returns: @bytes up to a multiple of 8 */
static inline size_t
sr_graph_align(size_t bytes)
{
    return (bytes + 7) / 8 * 8;
}

/** Known: something in the store, by a hash of what it is. */
typedef struct {
    uint64_t low, high;
    Offset at;
} Known;

/** Index: what is known; open addressing, @n_max is a power of two. */
typedef struct {
    Known *known;
    uint64_t n, n_max;
} Index;

typedef struct {
    uint64_t *words; /* n_words of address space; pages are touched as they are needed */
    uint64_t n_words, n_used;
    Index nodes, programs;
    uint64_t n_blocks;
    bool full;
    Edge root; /* of the beginning */
} Store;

void sr_graph_store_init(Store *store, uint64_t bytes);
void sr_graph_store_clear(Store *store);
/** sr_graph_store_bytes: Returns: the memory that @store takes */
uint64_t sr_graph_store_bytes(const Store *store);

static inline void *
store_at(const Store *store, Offset offset)
{
    return store->words + offset;
}

/** sr_graph_store_node: Returns: the node of the world with that hash, made if there is none yet;
 * 0 if there is no room */
Offset sr_graph_store_node(Store *store, uint64_t low, uint64_t high, unsigned n_places,
                           unsigned n_foreground);
/**
 * sr_graph_store_step:
 * @edge: (inout): the first block of the step, if it is known
 * @quick: whether operations may have slots, see Program
 *
 * Adds what is new of a step that ends at @next; what is there must say the same (asserted).
 *
 * Returns: FALSE if there is no room
 */
bool sr_graph_store_step(Store *store, Edge *edge, const StepOp *ops, unsigned n_ops,
                         const Counts *counts, Offset next, bool quick);
/** sr_graph_store_follow: Returns: where the step leads that begins with @edge, with the outcomes of
 * the guards of @ops; 0 if it is not known */
Offset sr_graph_store_follow(const Store *store, Edge edge, const StepOp *ops, unsigned n_ops);
/** sr_graph_store_outcomes: Returns: how many outcomes a guard of @kind can have */
unsigned sr_graph_store_outcomes(OpKind kind);
/** sr_graph_store_take: Returns: @bytes of zeroed memory; 0 if there is no room */
Offset sr_graph_store_take(Store *store, size_t bytes);

/* ---- what a walk carries ---- */

/** Where the registers of a scenario are. The first two are the same in each: one that is always 0,
 * and one that nobody reads. */
enum { REGISTER_ZERO, REGISTER_SPARE, REGISTER_FIRST };
typedef struct {
    uint32_t n_clients;
    uint32_t start, collaborating, failed; /* of each client */
    uint32_t lanes;                        /* SR_DIRECTION_N of each client: latest arrival */
    uint32_t tokens;                       /* SR_GRAPH_TOKENS of each client */
    uint32_t made;                         /* of each hint: when its present key was made */
    uint32_t key_made, key_gone;           /* of each key */
    uint32_t n;
} Registers;
#define SR_GRAPH_REGISTERS_MAX                                                                 \
    (REGISTER_FIRST + SR_GRAPH_CLIENTS_MAX * (3 + SR_DIRECTION_N + SR_GRAPH_TOKENS) +          \
     3 * (SR_GRAPH_HINTS_MAX + 1))

typedef struct {
    uint64_t value;
    SrSweepMeasure measure;
} Sample;

typedef enum {
    WALK_GOES_ON,
    WALK_ENDED,
    WALK_MISSED, /* the graph has no such step */
    WALK_UNFIT,  /* beyond a limit */
} WalkResult;

/* The key of a pending item: its instant, the number of its making, its place. So keys are in the
 * order of events, and the least key says where its item is. */
#define ITEM_PLACE_BITS 7
#define ITEM_MADE_BITS 10
#define ITEM_AT_SHIFT (ITEM_PLACE_BITS + ITEM_MADE_BITS)
#define ITEM_MADE (1u << ITEM_PLACE_BITS) /* one more */
#define ITEM_MADE_MAX (((1u << ITEM_MADE_BITS) - 1) * ITEM_MADE)
G_STATIC_ASSERT(SR_GRAPH_PLACES_MAX < 1u << ITEM_PLACE_BITS);
G_STATIC_ASSERT(SR_GRAPH_COUNT_MAX << ITEM_MADE_BITS <= UINT16_MAX);
/* What is later is beyond every limit. */
#define ITEM_AT_MAX (UINT64_MAX >> ITEM_AT_SHIFT)

/* The key of a place without an item. */
#define NO_ITEM UINT64_MAX

typedef struct {
    uint64_t seed;
    WalkResult result;
    SrTime now;
    uint32_t n_events; /* whose steps are done, when it missed */
    Offset node;
    Edge edge;    /* of the next step */
    uint64_t key; /* of its item */
    const End *end;
    bool is_chosen;    /* when it missed: the step of an event, not the end */
    unsigned n_places; /* of @keys, and n_draws of the graph's: those that are set */
    unsigned n_draws;

    unsigned made; /* the number of the latest item, as in its key */
    bool is_tied;  /* two items were made at once and are due at once */
    SrSpan span;   /* see OP_DRAW */

    SrSpan need;
    Counts counts;
    unsigned n_samples;
    /* with seeded ties: what the rank of the item in a place is drawn from: its group, or, if that
     * is 0, its number among those without */
    uint64_t tie_key;
    uint32_t n_numbered, numbers[SR_GRAPH_PLACES_MAX];
    uint8_t groups[SR_GRAPH_PLACES_MAX];
    uint64_t
        keys[SR_GRAPH_PLACES_MAX + 1]; /* of the pending items, by place: see ITEM_PLACE_BITS */
    uint64_t
        streams[SR_DRAW_N * SR_GRAPH_CLIENTS_MAX]; /* [SrDrawId][client]: their keys under the
                                                         * seed; @n_clients in a row */
    uint64_t at[SR_GRAPH_REGISTERS_MAX];           /* the registers */
    Sample samples[SR_GRAPH_SAMPLES_MAX];
} Walk;

/** A recorder: it follows a run that is played. */
typedef struct Recorder Recorder;

/** So many doublings of the seeds are kept, to see by what factor each adds less than the one before. */
#define DOUBLINGS 4
/** Growth: how the number of worlds grows with the seeds that are tried, see graph.c. */
typedef struct {
    uint64_t n_tried, n_next; /* seeds; when it is looked at again */
    uint64_t n_worlds;        /* when it was looked at the last time */
    /* log2 of what the latest doublings of the seeds made of the worlds, newest first */
    double doubled[DOUBLINGS];
    double spent; /* on what was missing, in plain runs */
} Growth;

struct SrGraph {
    SrRun *run;
    const SrModel *model;
    bool seeded;       /* ties */
    unsigned n_places; /* of the node that has most */
    bool no_renewals;  /* no token is renewed before the limit */
    bool by_lists;     /* the order in which clients connected is part of a node */
    uint64_t last_key; /* the greatest of an item that is due by the limit */
    Registers registers;
    SrClock *clocks; /* of all nodes; they never change */
    Store store;
    Recorder *recorder;
    uint8_t draws[SR_DRAW_N]; /* n_draws: those of which the graph has draws */
    unsigned n_draws;
    Walk *saved;                /* of a walk that may have to step back */
    Walk walks[SR_GRAPH_WALKS]; /* of seeds one after the other */
    unsigned n_walks, n_used;   /* those that were begun, and those whose seeds are over */
    SrTally tally;              /* of the end of a walk */
    const uint8_t *ends;        /* likewise: state and reason of each client */
    bool hopeless;              /* no more is recorded or walked */
    bool eager;
    uint64_t n_seeds; /* that are to come in all */
    double credit;    /* see graph.c */
    Growth growth;
    SrGraphStats stats;
};

/** sr_graph_faults: Returns: what is wrong with @token when a judge's clock shows @second: bits of
 * issued-in-future, not-yet-valid and expired. The reason and what the checks say follow from
 * these. */
static inline unsigned
sr_graph_faults(const SrTokenRules *rules, int64_t token, int64_t second)
{
    bool in_future = rules->has_iat && rules->check_iat && token > second + rules->leeway;
    bool too_early =
        rules->has_not_before && token + rules->not_before > second + rules->leeway;
    bool expired = sr_token_exp(rules, token) <= second - rules->leeway;

    return (unsigned) in_future | (unsigned) too_early << 1 | (unsigned) expired << 2;
}

/** sr_graph_local_at: Returns: what the clock of @node shows at @t, as sr_run_local() */
static inline int64_t
sr_graph_local_at(const SrGraph *graph, uint32_t node, SrTime t)
{
    const SrClock *clock = &graph->clocks[node];
    int64_t local = graph->run->epoch_ns + (int64_t) t;

    return (clock->offset_ns | clock->drift_ppm) != 0 ? local + sr_clock_error(clock, t)
                                                      : local;
}

/* ---- graph-walk.c ---- */

/** sr_graph_walk: takes the first @n walks through the graph, with seeds from @seed on. */
void sr_graph_walk(SrGraph *graph, uint64_t seed, unsigned n);
/** sr_graph_walk_on: lets @walk, which missed, go on to its end, and records what is missing. */
void sr_graph_walk_on(SrGraph *graph, Walk *walk);
/** sr_graph_walk_end: adds @walk, which has ended, to @row. Returns: whether its run is not what its
 * scenario expects */
bool sr_graph_walk_end(SrGraph *graph, const Walk *walk, SrSweepRow *row, SrRunResult *result);

/* ---- graph-record.c ---- */

Recorder *sr_graph_recorder_new(SrGraph *graph);
void sr_graph_recorder_free(Recorder *recorder);
/** sr_graph_record_root: writes down what comes before the first event of the run under @seed.
 * Returns: FALSE if that is not possible */
bool sr_graph_record_root(SrGraph *graph, uint64_t seed);
/** sr_graph_record_begin: from now on steps of @seed are recorded. */
void sr_graph_record_begin(SrGraph *graph, uint64_t seed);
/** sr_graph_record_step: plays the step of the item in @place of the node at which @walk is, at the
 * instant of @walk, and writes it down. Returns: FALSE if that is not possible */
bool sr_graph_record_step(SrGraph *graph, const Walk *walk, unsigned place);
/** sr_graph_record_end: likewise, of the end. */
bool sr_graph_record_end(SrGraph *graph, const Walk *walk, bool at_limit);
/** sr_graph_record_over: no more steps of that seed are recorded. */
void sr_graph_record_over(SrGraph *graph);

/* ---- graph-pack.c ---- */

/** Item: something pending in a run that is recorded. */
typedef struct {
    uint64_t payload;
    bool background;
    uint64_t low, high; /* hash of what it is, without its instant; items are sorted by it */
    uint8_t wish;       /* the place where it is mostly */
    uint8_t place;      /* in the present node */
} Item;

/* ---- graph-steps.c ---- */

/**
 * sr_graph_arrange:
 * @least: how many places a node has at least
 *
 * Gives sorted @items their places: the same in every run.
 *
 * Returns: how many places the node has; 0 if they are too many
 */
unsigned sr_graph_arrange(Item *items, unsigned n_items, unsigned least);
/**
 * sr_graph_order_step:
 * @ops: (inout): has room for SR_GRAPH_OPS_MAX
 * @left: the items that are left when the step begins, sorted, with their places
 * @after: the items when it has ended, sorted and arranged
 *
 * Gives the operations of a step the order that any run writes down, and their places. Appends the
 * moves of items that have another place afterwards.
 *
 * Returns: FALSE if there are too many
 */
bool sr_graph_order_step(StepOp *ops, unsigned *n_ops, const Item *left, unsigned n_left,
                         const Item *after, unsigned n_after, bool by_lists);

/** What the recorder knows and the run does not: which token is which. 0 is none. */
typedef struct {
    uint32_t *of_client, *of_server; /* n_clients */
    uint32_t *of_slot;
    uint32_t n_slots;
} Tokens;

/** sr_graph_token: the name of the token that @client gets for @request. */
static inline uint32_t
sr_graph_token(uint32_t client, uint32_t request)
{
    return client << 24 | (request & 0xffffff);
}

/** Bytes: a buffer that grows. */
typedef struct {
    uint8_t *data;
    size_t n, n_max;
} Bytes;

/** sr_graph_pack_item: appends what @payload is to @out. */
void sr_graph_pack_item(const SrRun *run, uint64_t payload, bool background,
                        const Tokens *tokens, Bytes *out);
/** sr_graph_pack: appends the world of @run, with its pending @items, to @out. @by_lists: with the
 * order in which clients connected */
void sr_graph_pack(const SrRun *run, const Item *items, unsigned n_items, const Tokens *tokens,
                   bool by_lists, Bytes *out);
