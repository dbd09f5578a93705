/* What the files of a timed exploration share.
 *   timed-bounds.c   the bounds of every delay, in units of their greatest common divisor
 *   timed-faults.c   the timeline: faults at fixed instants, and their ends
 *   timed-shares.c   keys and hints that several clients may get
 *   timed-stages.c   how soon a pending thing can lead to what
 *   timed-zone.h     instants that belong together: a difference bound matrix
 *   timed-rows.c     which things have instants: the rows of a zone
 *   timed-step.c     one event: what it does to the world and to the instants
 *   timed-watches.c  where watched spans begin and end
 *   timed-heads.c    which pending thing comes next
 *   timed-store.c    the classes that were seen
 *   timed-search.c   the search, breadth first
 *   timed-path.c     from a class back to the start: the events of a run, and their instants
 *   timed-replay.c   the run as a scenario that `run` plays
 *   timed-refusal.c  what is not taken
 *   timed.c          options in, findings out
 *
 * A class is a world of sim/explore and a zone: all the instants at which its pending things may
 * be due, and those of a few past events that are still asked for, in one order of events. */
#pragma once

#include "explore/explore-private.h"
#include "session-race/timed.h"
#include "timed/timed-zone.h"

enum {
    NO_VAR = UINT8_MAX,
    NO_CLASS = UINT32_MAX,
    NO_POINT = UINT8_MAX,
    QUEUE_MAX = 32,
    POINTS_MAX = 64,
    EXTRA_MAX = 256,
};

/* ---- bounds ---- */

/* The bounds of a delay, both included, in units. */
typedef struct {
    int32_t lo, hi;
} Bound;

/* What a pending thing is, so that the least time to what it leads to is known. Those of one
 * client lead from one to the next; see timed-stages.c. */
typedef enum {
    STAGE_START,
    STAGE_TOKEN_ARRIVES,
    STAGE_TOKEN_ENDS,
    STAGE_TOKEN,
    STAGE_CONNECT_ARRIVES,
    STAGE_CONNECT_ENDS,
    STAGE_CONNECTED,
    STAGE_REQUEST_ARRIVES,
    STAGE_REQUEST_ENDS,
    STAGE_NONE,
    STAGE_NEW_ARRIVES,
    STAGE_NEW_ENDS,
    STAGE_GENERATED,
    STAGE_KEY,
    STAGE_SEALED,
    STAGE_CREATE_ARRIVES,
    STAGE_CREATE_ENDS,
    STAGE_ACCEPTED,
    STAGE_UPLOAD_ARRIVES,
    STAGE_UPLOAD_ENDS,
    STAGE_REJECTED,
    STAGE_AVAILABLE,
    STAGE_OLD_ARRIVES,
    STAGE_OLD_ENDS,
    STAGE_LOOKED_UP,
    STAGE_FOUND,
    STAGE_DERIVED,
    STAGE_JOIN_ARRIVES,
    STAGE_JOIN_ENDS,
    STAGE_CONTENT,
    STAGE_SETTLED_ARRIVES,
    STAGE_SETTLED_ENDS,
    STAGE_NEW_REFUSED, /* a refusal, or the timer of the retry after it */
    STAGE_OLD_REFUSED,
    STAGE_RECONNECT,
    STAGE_LATE,    /* an answer that does nothing */
    STAGE_IGNORED, /* what does nothing whenever it comes */
    STAGE_UNKNOWN, /* may lead to anything at once */
} Stage;
#define STAGE_N (STAGE_UNKNOWN + 1)

/* What a stage may lead to. */
typedef enum {
    TO_INPUT, /* an input of its client */
    TO_TOKEN, /* a move at the token provider */
    TO_SERVER,
    TO_CREATE, /* a `create-session` at the server */
    TO_UPLOAD, /* likewise `upload` */
    TO_KEYS,   /* a move at the encryption provider */
    TO_ANSWER, /* a move that sends an answer there */
    TO_TIMEOUT,
} Goal;
#define GOAL_N (TO_TIMEOUT + 1)

/* ---- the timeline ---- */

/* What happens at a fixed instant: an entry of the timeline, or the end of one. */
typedef enum {
    POINT_REACHABLE, /* a client that was disconnected can connect again */
    POINT_JOINED,    /* a partition ends */
    POINT_UP,        /* the server is up again */
    POINT_CRASH,
    POINT_RESTART,
    POINT_DISCONNECT,
    POINT_CLOSE,
    POINT_PARTITION,
    POINT_OUTAGE,
    POINT_DOWN,   /* the server crashes */
    POINT_LIFT,   /* it is restarted */
    POINT_RETURN, /* a client that crashed for a time starts again */
    POINT_BACK,   /* an outage ends */
} PointKind;

typedef struct {
    uint8_t kind;    /* PointKind */
    uint8_t client;  /* 0 where it is none */
    uint8_t service; /* of a partition or an outage */
    uint8_t until;   /* the point of its end; NO_POINT: none */
    uint8_t returns; /* likewise, of a crash: the POINT_RETURN */
    SrTime at;       /* ns */
} Point;

/* What is explored. */
typedef struct {
    SrExplorePlan plan;
    unsigned n_points;
    bool too_many_points;      /* and so not all are listed */
    Point points[POINTS_MAX];  /* in the order in which they happen */
    bool queues[SR_SERVICE_N]; /* messages may have to wait there */
    bool
        loses; /* a creation may be dropped: its owner be lost, or `establish-timeout` run out */
    SrSpan unit;
    Bound links[CLIENTS_MAX][SR_DIRECTION_N];
    int32_t content[CLIENTS_MAX][SR_DIRECTION_N]; /* what content takes before it leaves */
    Bound processing[SR_SERVICE_N], generate, lookup;
    Bound derive[CLIENTS_MAX], start[CLIENTS_MAX];
    bool hull;      /* some bounds hold spans between them that are never drawn */
    bool discards;  /* keys of an age are discarded: a move */
    uint32_t fires; /* bits 1 << SrTimedTimeoutId: time-outs that are moves */
    int32_t keep;   /* with discards: that age */
    bool shares;    /* a key, or its hint, may be that of several clients */
    /* Bits of the messages with which a token is judged, 1 << (type - SR_MSG_CONNECT), where
     * that is a move; which is the first, since a token is only too early once; and the ages at
     * which it may be refused, and accepted. */
    uint32_t judged;
    uint8_t first_judged;
    bool judges_early;
    int32_t refused_at, accepted_at;
    bool attaches;             /* a request may be answered together with another client's */
    int32_t reuse, resolution; /* of `reuse`, and of hints that name an instant */
    /* NEVER_SOON where they are no moves */
    int32_t request_timeout[CLIENTS_MAX], patience[CLIENTS_MAX], establish_timeout;
    int32_t detect_loss;
    int32_t reconnect[CLIENTS_MAX]; /* the least delay of a reconnect */
    int32_t least[CLIENTS_MAX][STAGE_N][GOAL_N];
    bool no_reduction, no_subsumption;
    uint32_t mutant;
    uint32_t watches; /* bits 1 << SrTimedWatchId */
    uint32_t watched; /* bits of clients: whose spans are watched */
} Rules;

/* ---- a class, written out ---- */

/* Which row of the zone the instant of something is: NO_VAR, if it is not there. Those of items are
 * in Item.number, less 1. */
typedef struct {
    uint8_t timer[CLIENTS_MAX];                /* SR_TIMER_MAIN, or the start */
    uint8_t last[CLIENTS_MAX][SR_DIRECTION_N]; /* the last arrival on an empty link direction */
    uint8_t waits[CLIENTS_MAX];                /* the beginning of what the client waits for */
    uint8_t signed_at[CLIENTS_MAX];
    uint8_t started[CLIENTS_MAX];
    uint8_t over
        [CLIENTS_MAX]; /* the latest event that leads to nothing, until there is a session */
    uint8_t made[SLOTS_MAX + 2]; /* by hint */
    uint8_t
        none_at[CLIENTS_MAX]; /* `session-none` was sent, until a `create-session` arrives */
    uint8_t accepted;         /* of the document */
    uint8_t establish;        /* when its `establish-timeout` runs out */
    uint8_t tick;             /* the first key of the latest instant that hints are made of */
    uint8_t fault;            /* the next point of the timeline */
    /* Points at which these end; NO_POINT: it is not so now. */
    uint8_t unreachable[CLIENTS_MAX], cut[CLIENTS_MAX][SR_SERVICE_N], out[SR_SERVICE_N], down;
    uint8_t returns[CLIENTS_MAX]; /* the client has crashed, and starts again there */
    uint8_t heavy[CLIENTS_MAX];   /* bits of directions: the last arrival there was content */
    bool raced;                   /* a `create-session` has arrived */
    uint8_t next_point;           /* its index */
    uint8_t gone;                 /* bits of clients: they crashed until they are restarted */
    bool down_for_good;           /* until the server is restarted */
    uint8_t n_dropped;            /* how often `establish-timeout` has run out */
    uint8_t busy;                 /* bits of services: they process the first of their queue */
    uint8_t n_queue[SR_SERVICE_N],
        queue[SR_SERVICE_N][QUEUE_MAX]; /* clients, the first is served */
} Side;

/* What a row of the zone is. */
typedef enum { VAR_ITEM, VAR_TIMER, VAR_ESTABLISH, VAR_POINT, VAR_PAST } VarKind;

typedef struct {
    uint8_t kind, client;
    uint8_t place; /* of an item */
    bool head;     /* nothing is before it on its link direction: it may come next */
    uint8_t lead;  /* row of what is before it on its link direction or queue, or its own */
    uint8_t stage; /* Stage, of an item or a timer */
} Var;

/* What the rows of a zone are; behind them messages that wait for their service, which are due no
 * sooner than the one that is processed. */
typedef struct {
    unsigned n;
    Var list[VARS_MAX + 3 * QUEUE_MAX];
    uint8_t row[VARS_MAX + 3 * QUEUE_MAX];
} Vars;

typedef struct {
    World world;
    Origin origin;
    Side side;
    Zone zone;
    Vars vars;
} Live;

/* How a class leads to the next. */
typedef struct {
    uint8_t head; /* the row of the pending thing that comes next; NO_VAR: a key is discarded */
    uint8_t hint; /* of that key */
    /* The newest key is too old to be handed out again; or the new key gets the hint of the
     * latest instant; or the token is refused. */
    bool other;
} Choice;

/* Pending things of which one comes before everything that it does not commute with: that whose
 * due instant, and its handicap, is the least. */
typedef struct {
    uint64_t heads; /* bits of rows */
    int32_t handicap[VARS_MAX];
    bool discards; /* or a key is discarded before all of them */
} Rivals;

/* ---- what a step tells ---- */

/* A watched span that ends with the event of a step. */
typedef struct {
    uint8_t watch, from, to; /* rows */
} Span;

enum { SPANS_MAX = 4 * CLIENTS_MAX };

/* ---- recording a path ---- */

typedef enum {
    EVENT_BEGIN, /* t = 0 */
    EVENT_START,
    EVENT_ARRIVE,
    EVENT_PROCESSED,
    EVENT_READY, /* a key is made or found */
    EVENT_DERIVED,
    EVENT_RETRY,
    EVENT_TIMEOUT,
    EVENT_ESTABLISH, /* establish-timeout */
    EVENT_DETECT,
    EVENT_POINT, /* `number` is its index */
} PathEventKind;

/* An event of a run: made with a delay after its cause, and later taken. */
typedef struct {
    uint8_t kind, client; /* PathEventKind; a client of the scenario */
    uint8_t type, place;  /* of the message; place of a point: its service, or NO_POINT */
    bool taken;
    bool ignored;    /* in no order with other events of its client */
    uint32_t number; /* of the draw: SrDraw */
    uint32_t cause;  /* another event */
    Bound bound;     /* of the delay since it */
    int32_t content; /* of it, what is no latency */
    int64_t at;      /* ns; once solved */
} Event;

/* One difference that must hold: x[a] - x[b] <= most. */
typedef struct {
    uint32_t a, b;
    int32_t most;
    bool soft; /* an order: it may be made strict */
    bool wish; /* it need not hold */
} Difference;

typedef struct {
    GArray *events;            /* Event */
    GArray *differences;       /* Difference, besides those of the bounds */
    uint32_t of_var[VARS_MAX]; /* the event of each row of the zone */
    uint8_t who[CLIENTS_MAX];  /* clients of the scenario, by client of the world */
    uint32_t sent[CLIENTS_MAX][SR_DIRECTION_N], derivations[CLIENTS_MAX];
    uint32_t queued[SR_SERVICE_N][QUEUE_MAX]; /* numbers of the draws of what waits there */
    uint32_t last_taken;
} Recorder;

/* ---- the search ---- */

typedef struct ClassStore ClassStore;

typedef struct {
    bool found;
    int32_t value;
    uint32_t class;
    Choice choice;
    uint8_t from, to; /* rows, after the step and before its rows are sorted */
} Best;

typedef struct {
    bool failed, at_end;
    uint32_t class;
    Choice choice;
} Broken;

typedef struct {
    Rules *rules;
    Context *context;
    ClassStore *store;
    Live live;
    /* the next class, while it is made */
    Side next_side;
    Zone next;
    uint32_t timer_set; /* bits of clients whose SR_TIMER_MAIN the step set */
    Bound timer_bound[CLIENTS_MAX];
    uint32_t timer_keys[CLIENTS_MAX]; /* how many keys are derived; 0: another timer */
    bool establish_set;
    uint32_t fired; /* bits 1 << SrTimedTimeoutId: moves that were made */
    Vars next_vars;
    unsigned now;  /* row of the event */
    Rivals rivals; /* of the class: sr_rivals_find() */
    Span spans[SPANS_MAX];
    unsigned n_spans;
    uint64_t ties[CLIENTS_MAX];
    /* the class that sr_search_pack() packed */
    uint8_t bytes[PACKED_MAX + EXTRA_MAX];
    uint32_t n_world, n_key, n_bytes; /* of them the packed world; what tells states apart */
    Packed packed;
    uint8_t rows[VARS_MAX]; /* where its rows come from */
    Zone zone;
    uint8_t path_bytes[PACKED_MAX + EXTRA_MAX];
    Recorder *recorder; /* (nullable) */
    bool
        spans_only; /* only watched spans count: what follows their ends need not be looked at */
    Best most[SR_WATCH_N], least[SR_WATCH_N];
    Broken broken[SR_CHECK_N];
    uint64_t transitions, ends;
    SrTimedEnd end;
} Search;

/* Returns: whether each event is one until which the key of the session is needed. That of a
 * creation is, too, where it may stand at the end of a run since its owner is lost. */
static inline bool
sr_key_is_needed(const Rules *rules, const SrServerDocument *document)
{
    return document->phase == SR_PHASE_ESTABLISHED ||
           (rules->loses && document->phase == SR_PHASE_CREATING);
}

/* ---- timed-bounds.c ---- */

/* @discards: whether keys of for(D) are discarded, which is a move; @fires: which time-outs are
 * moves, of SR_TIMED_MOVES */
#define SR_TIMED_MOVES                                                                         \
    (1u << SR_TIMED_PATIENCE | 1u << SR_TIMED_REQUEST_TIMEOUT | SR_TIMED_TOKEN_MOVES)
#define SR_TIMED_TOKEN_MOVES (1u << SR_TIMED_TOKEN_EARLY | 1u << SR_TIMED_TOKEN_EXPIRED)
void sr_rules_init(Rules *rules, const SrScenario *scenario, const SrTimedOptions *options,
                   bool discards, uint32_t fires);
/* Gets the ages that a token may have, in ns, when it is judged: for some phase of the second
 * it is refused as too early iff it is younger than @early (INT64_MIN: never), and as expired
 * iff it is older than @expired. */
void sr_rules_token_ages(const Rules *rules, int64_t *early, int64_t *expired);
/* Returns: whether what can be refused of a token is one of these moves alone, and leads to
 * nothing else at once */
bool sr_rules_take_tokens(const Rules *rules);
/* Returns: bits 1 << SrTimedTimeoutId: with a timeline somebody may be waited for who is gone,
 * so that these are moves from the first */
uint32_t sr_rules_first_moves(const SrScenario *scenario);
/* Returns: whether the bounds are small enough numbers of units */
bool sr_rules_are_small(const Rules *rules);
/* Returns: whether the time-outs that are moves end every run within its limit */
bool sr_rules_take_timeouts(const Rules *rules);
void sr_rules_clear(Rules *rules);
/* Sets which clients are interchangeable; @watched ones are not, unless all are watched. */
void sr_rules_classes(Rules *rules, bool symmetry);

/* ---- timed-faults.c ---- */

/* Lists the points of the timeline that concern the clients of @rules. Returns: whether there
 * is room for all */
bool sr_points_list(Rules *rules);
/* Returns: whether two events of the timeline are at one instant */
bool sr_points_meet(const Rules *rules);
/* Returns: whether the end of @client, or of what it does, is on the timeline */
bool sr_client_has_points(const Rules *rules, uint32_t client);
/* Returns: point @index as an event of a path */
Event sr_point_event(const Rules *rules, unsigned index);
/* Returns: whether a run goes on to the next point, as there is nothing else that is pending */
bool sr_point_is_awaited(const Rules *rules, const World *world, const Side *side);
/* Makes the next point in search->live.world and search->next_side. */
void sr_point_make(Search *search);
/* Says which clients cannot connect now, for the next move. */
void sr_points_bind(Search *search);
/* Returns: how much later than the next point what @client sends to @service or gets from it
 * leaves; -1: it leaves at once */
int32_t sr_points_delay(const Search *search, uint32_t client, unsigned service);
/* Returns: (transfer full): point @index, for people */
char *sr_point_words(const Rules *rules, unsigned index);

/* ---- timed-stages.c ---- */

#define NEVER_SOON (INT32_MAX / 4)

void sr_rules_find_least(Rules *rules);
Stage sr_stage_of_item(const Rules *rules, const World *world, uint32_t client,
                       const Item *item);
Stage sr_stage_of_timer(const World *world, uint32_t client);

/* Returns: what SR_TIMER_MAIN of @client is, where it waits for the end of one */
static inline SrTimedTimeoutId
sr_timeout_of(const SrClient *client)
{
    return client->awaits != 0 ? SR_TIMED_REQUEST_TIMEOUT : SR_TIMED_PATIENCE;
}

/* ---- timed-rows.c ---- */

/* Whether SR_TIMER_MAIN of @client, or its start, has an instant: a time-out has none unless it
 * is a move. */
bool sr_timer_has_instant(const Rules *rules, const World *world, uint32_t client);
/* The rows of a class in their order: numbers them in @world and @side if @list is NULL, else
 * lists their present numbers. @clients, @hints: the order; @open: (inout) (nullable): gets the
 * bits of those of which only is asked how much later others are. Returns: how many there are */
unsigned sr_vars_walk(const Rules *rules, World *world, Side *side, const uint8_t *clients,
                      uint32_t n_clients, const uint8_t *hints, unsigned n_hints, uint8_t *list,
                      uint64_t *open);
/* Says what the @n_rows rows of a zone are. */
void sr_vars_describe(const Rules *rules, const World *world, const Side *side, unsigned n_rows,
                      Vars *vars);

/* ---- timed-watches.c ---- */

/* Tells that a span of @watch, from row @from (NO_VAR: there is none) to row @to, ends with the
 * step. */
void sr_watch_span(Search *search, SrTimedWatchId watch, unsigned from, unsigned to);
/* What the step did to @client. @answered: by an answer that it waited for */
void sr_watch_client(Search *search, uint32_t client, const SrClient *before, bool answered);
/* A message of @type was handled at its service; @before: the phase of the document until then */
void sr_watch_service(Search *search, uint32_t client, unsigned type, SrPhase before);
/* A message of @type arrived at its service. */
void sr_watch_arrival(Search *search, unsigned type);
void sr_watch_document(Search *search, const SrServerDocument *before);
/* @client: whose event it was */
void sr_watch_keys(Search *search, uint32_t client, const World *before);

/* ---- timed-step.c ---- */

void sr_search_begin(Search *search);
/* Makes the event of @choice, one of search->rivals, in search->live; the next class is in
 * live.world, next_side, next.
 * Returns: whether some instants of the class allow it */
bool sr_search_step(Search *search, Choice choice);
/* For timed-faults.c: adds an instant after the present event, and says what it is of. Returns:
 * its row */
unsigned sr_search_add_row(Search *search, Bound bound, Event event);
/* The first of the queue of @service is taken up. */
void sr_search_serve(Search *search, uint32_t service);
/* Prepares search->context for changes of the world that are no move of it. */
void sr_search_touch_nothing(Search *search);
/* Undoes what the last step did to the world. */
void sr_search_restore(Search *search);

/* ---- timed-shares.c ---- */

/* Returns: whether the event of row @head has another outcome that the instants decide:
 * Choice.other */
bool sr_choice_has_other(const Search *search, unsigned head);
/* Notes that a token is refused by @choice. */
void sr_choice_note(Search *search, Choice choice);
/* Returns: what @choice makes of the event of row @head: Move.b */
unsigned sr_choice_outcome(const Search *search, Choice choice);
/* Leaves only the instants at which @choice has its outcome. Returns: whether there are any */
bool sr_choice_limit(Search *search, Choice choice);
/* For timed-shares.c: x[a] - x[b] <= most, on a path. */
void sr_search_record_difference(Search *search, unsigned a, unsigned b, int32_t most);

/* ---- timed-heads.c ---- */

/* Returns: the pending things of the class that are enough to try, each before the others; none at
 * an end */
Rivals sr_rivals_find(const Search *search);
/* Returns: whether nothing that is still to be sent on that link direction can arrive before the
 * instant of row @last */
bool sr_last_is_implied(const Rules *rules, const World *world, const Zone *zone,
                        const Vars *vars, uint32_t client, unsigned direction, unsigned last);
/* The keys whose discarding may come next. */
unsigned sr_discards_list(const Search *search, uint8_t hints[SLOTS_MAX]);

/* ---- timed-store.c ---- */

ClassStore *sr_class_store_new(bool subsumes, uint64_t *memory);
void sr_class_store_free(ClassStore *store);
/* Adds a class unless it lies in one that is there. @bytes: the discrete state, of which the first
 * @n_world are the packed world, and @n_key tell states apart. Returns: whether it is new */
bool sr_class_store_add(ClassStore *store, const uint8_t *bytes, uint32_t n_world,
                        uint32_t n_key, uint32_t n, const Zone *zone, uint32_t parent,
                        Choice choice);
uint64_t sr_class_store_n(const ClassStore *store);
uint64_t sr_class_store_n_states(const ClassStore *store);
/* Returns: whether a larger class has taken the place of it */
bool sr_class_store_is_gone(const ClassStore *store, uint32_t class);
const uint8_t *sr_class_store_state(const ClassStore *store, uint32_t class, uint32_t *n_world,
                                    uint32_t *n_key);
void sr_class_store_zone(const ClassStore *store, uint32_t class, Zone *zone);
uint32_t sr_class_store_parent(const ClassStore *store, uint32_t class, Choice *choice);

/* ---- timed-search.c ---- */

Search *sr_search_new(Rules *rules, uint64_t *memory);
void sr_search_free(Search *search);
/* @memory: in use, by the store of the search too; @peak: (inout): the highest use */
void sr_search_run(Search *search, const SrTimedOptions *options, uint64_t *memory,
                   uint64_t *peak);
/* Makes search->live the class that sr_search_step() has made, or with @first
 * sr_search_begin(). */
void sr_search_go_on(Search *search, bool first);
/* Makes search->live class @class. */
void sr_search_load(Search *search, uint32_t class);

/* ---- timed-path.c ---- */

typedef struct {
    GArray *events;      /* Event, solved; the first is t = 0 */
    GArray *differences; /* Difference */
    uint32_t from, to;   /* events: the watched span; 0 and 0: none */
    int32_t value;       /* of the span, in units */
    SrSpan unit;
    GArray *critical; /* Hop */
    uint32_t n_taken;
} TimedPath;

/* A part of the critical path: x[to] - x[from] <= most. */
typedef struct {
    uint32_t from, to;
    int32_t most;
} Hop;

/* Returns: (transfer full): the name of @node of the scenario */
char *sr_timed_node_name(const Rules *rules, uint32_t node);
/* Returns: where @event happens: a service, or SR_SERVICE_N and more: a client */
unsigned sr_event_node(const Event *event);
void sr_timed_path_free(TimedPath *path);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TimedPath, sr_timed_path_free)
/* Returns: (nullable): the run in which @best is attained; @most: as the greatest */
TimedPath *sr_timed_path_span(Search *search, const Best *best, bool most);
TimedPath *sr_timed_path_broken(Search *search, const Broken *broken);
/* Returns: (element-type SrTimedStep): the path in words */
GPtrArray *sr_timed_path_steps(const Rules *rules, const TimedPath *path);

/* ---- timed-replay.c ---- */

/* Writes @path as a scenario and plays it. @watch: SR_WATCH_N: none; @check: SR_CHECK_N: none;
 * Returns: (nullable): the text, if the run attains the span, or fails the check */
char *sr_timed_replay(const Rules *rules, const TimedPath *path, SrTimedWatchId watch,
                      bool most, SrCheckId check);
