/* What the files of the recorder share:
 * - graph-record.c: follows a run from step to step, and hands what each did to the store
 * - graph-draws.c: operations, and the draws from which instants come
 * - graph-items.c: what becomes pending, by which rule, and what no longer is
 * - graph-image.c: puts the world of a node in place, and keeps it
 * - graph-events.c: which events there are, and what each needs of the recorder
 * - graph-guards.c: where a step looks at instants, and what it sets and samples
 * - graph-tokens.c: which token is which */
#pragma once

#include "graph/graph-private.h"

#define SR_GRAPH_DRAWS_MAX 8
/* A client has two places: for its main timer, and for a message to or from it, or one that is being
 * processed. */
#define SR_GRAPH_PLACES_OF_CLIENT 2
G_STATIC_ASSERT(SR_GRAPH_CLIENTS_MAX *SR_GRAPH_PLACES_OF_CLIENT + 1 < SR_GRAPH_NODE_PLACES_MAX);

/** PendingDraw: a draw whose item is still to be scheduled. */
typedef struct {
    SrDrawId id;
    uint32_t client;
    uint64_t number;
    const SrDistribution *distribution;
} PendingDraw;

typedef struct Scratch Scratch; /* see graph-image.c */

struct Recorder {
    SrGraph *graph;
    SrRun *run;
    SrRunWatch watch;
    SrRunOptions options;
    SrRunResult result;
    bool lost;                      /* nothing more of this seed is recorded */
    Item items[SR_GRAPH_ITEMS_MAX]; /* sorted by what they are */
    unsigned n_items;
    Tokens tokens;

    /* the present step */
    Offset node;       /* at which the run is; 0: none */
    uint32_t n_events; /* after so many events */
    Edge *edge;        /* the first block of the step */
    uint64_t before[COUNT_N];
    StepOp ops[SR_GRAPH_OPS_MAX];
    unsigned n_ops;
    Item left[SR_GRAPH_ITEMS_MAX]; /* the items when it began */
    unsigned n_left;
    uint64_t item; /* that is being pushed or removed */
    uint32_t told; /* see StepOp */
    uint8_t group; /* see Op */
    PendingDraw draws[SR_GRAPH_DRAWS_MAX];
    unsigned n_draws;
    bool spanned; /* operations have added to the span of the next item */
    /* the answer of the token provider that arrives in it, and how the client waits for it */
    bool has_answer, awaited, renewed;
    uint32_t answer_client, answer_request;
    /* the message that the server acts on */
    bool has_act;
    SrMessage act;
    uint32_t act_token;

    Bytes packed;

    /* images, n_words each: of the node at which the step began, and the next one */
    uint32_t *words, *next_words;
    size_t n_words;
    Offset image; /* of which the first of them are; 0: of none */
    uint32_t *differing;
    Scratch *scratch;
};

static inline SrTime
sr_graph_now(const Recorder *recorder)
{
    return sr_engine_now(recorder->run->engine);
}

/* ---- graph-draws.c ---- */

/** sr_graph_add_guard: the present step does @op, a guard with @outcome. */
void sr_graph_add_guard(Recorder *recorder, Op op, unsigned outcome);
/** sr_graph_add: the present step does @op. */
void sr_graph_add(Recorder *recorder, Op op);
/** sr_graph_draw_op: Returns: the operation of @kind with draw @number of @client; @what: a
 * distribution or a link */
Op sr_graph_draw_op(const Recorder *recorder, OpKind kind, unsigned id, uint32_t client,
                    uint64_t number, const void *what);
/** sr_graph_link: Returns: the link of @client in @direction */
const SrLinkSettings *sr_graph_link(const Recorder *recorder, uint32_t client,
                                    unsigned direction);
void sr_graph_on_draw(void *data, const SrDraw *draw);

/* ---- graph-items.c ---- */

/** sr_graph_push_drawn: the item comes after the draws that have been made for it. @lane: the register
 * of what it may not overtake, or SR_GRAPH_NO_LANE. */
#define SR_GRAPH_NO_LANE UINT32_MAX
void sr_graph_push_drawn(Recorder *recorder, uint32_t lane);
void sr_graph_push_constant(Recorder *recorder, SrTime at);
/** sr_graph_restore_item: @item is pending, of which all is known but where it mostly is. */
void sr_graph_restore_item(Recorder *recorder, Item item);
/** sr_graph_remove_item: drops item number @i. */
void sr_graph_remove_item(Recorder *recorder, unsigned i);
void sr_graph_on_scheduled(void *data, SrTime at, uint64_t payload, uint64_t group,
                           uint32_t rank, bool background);
void sr_graph_on_stopped(void *data, uint64_t payload);

/* ---- graph-events.c ---- */

/** GraphEvent: what the recorder does about events of a kind. @b: of the payload. */
typedef struct {
    /* notes by which rule such an event gets its instant; NULL: the graph has none */
    void (*push)(Recorder *recorder, uint32_t b, SrTime at);
    /* (nullable) notes what its step looks at when it begins */
    void (*look)(Recorder *recorder, uint32_t b);
    bool has_slot; /* @b is the slot of a message */
} GraphEvent;

const GraphEvent *sr_graph_event(uint64_t payload);

/* ---- graph-guards.c ---- */

void sr_graph_look_at_alarm(Recorder *recorder, uint32_t alarm);
void sr_graph_look_at_expiry(Recorder *recorder, uint32_t hint);
void sr_graph_look_at_request(Recorder *recorder, uint32_t slot);
void sr_graph_look_at_entry(Recorder *recorder, uint32_t entry);
void sr_graph_on_opened(void *data, uint32_t client);
void sr_graph_on_acts(void *data, uint32_t service, uint32_t slot, const SrMessage *message);
void sr_graph_on_steps(void *data, uint32_t client);
void sr_graph_on_noted(void *data, const SrAction *note);
void sr_graph_on_looked_up(void *data, uint32_t hint);
void sr_graph_on_needed(void *data, uint32_t hint);

/* ---- graph-image.c ---- */

void sr_graph_image_init(Recorder *recorder);
void sr_graph_image_clear(Recorder *recorder);
/** sr_graph_image_take: keeps the world of the run, which has come to @node. Returns: FALSE if there is
 * no room */
bool sr_graph_image_take(Recorder *recorder, Node *node);
/** sr_graph_image_put: puts the world of the node at which @walk is in place, with the instants that
 * @walk carries. Returns: FALSE if there is no image of it */
bool sr_graph_image_put(Recorder *recorder, const Walk *walk);

/* ---- graph-tokens.c ---- */

/** sr_graph_token_register: Returns: the register of @token */
uint16_t sr_graph_token_register(const Recorder *recorder, uint32_t token);
/** sr_graph_token_of_client: Returns: the token that @client has now, in the middle of a step */
uint32_t sr_graph_token_of_client(const Recorder *recorder, uint32_t client);
/** sr_graph_name_token: notes which token is in the message of @slot. */
void sr_graph_name_token(Recorder *recorder, uint32_t slot);
/** sr_graph_look_at_answer: the message of @slot arrives, which may bring a token. */
void sr_graph_look_at_answer(Recorder *recorder, uint32_t slot);
/** sr_graph_settle_act: what the server has acted on is over: does it have another token of the
 * client now? */
void sr_graph_settle_act(Recorder *recorder);
/** sr_graph_sign: the token provider signs what @client asked for by its @request. */
void sr_graph_sign(Recorder *recorder, uint32_t client, uint32_t request);
