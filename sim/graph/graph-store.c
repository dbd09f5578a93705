/* The store: nodes, programs, ends. It only grows, in one stretch of address space of which the
 * kernel gives the pages that are touched; so pointers into it stay valid.
 *
 * A node is found by 128 bits of a hash of its packed world, and the world is not kept. Two worlds
 * of a graph with a hundred million nodes would be taken for one with a probability below 10^-22.
 * Many blocks do the same, so each program is kept once: all of a large graph stay in a near
 * cache, and a node has the places of its programs side by side. */
#include "graph/graph-private.h"

#include <sys/mman.h>
#include <xxhash.h>

#include "base/huge.h"

#define NODES_AT_FIRST 512u
#define PROGRAMS_AT_FIRST 128u
/* The graphs of most points are smaller than a huge page, which takes its time to clear. */
#define SMALL_WORDS ((UINT64_C(2) << 20) / 8)

static void
index_init(Index *index, uint64_t n)
{
    *index = (Index){ .known = g_new0(Known, n), .n_max = n };
}

/* A program that does nothing: all slots are spare. */
static void
begin_program(Program *program)
{
    /* Programs are told apart by their bytes, so padding counts. */
    memset(program, 0, sizeof *program);
    program->width = 1;
    program->last = REGISTER_ZERO;
    program->keep = REGISTER_SPARE;
    program->reset[0] = program->reset[1] = REGISTER_SPARE;
    program->set[0] = program->set[1] = REGISTER_SPARE;
    program->clear = program->places[0] = program->places[1] = SR_GRAPH_SPARE_PLACE;
}

void
sr_graph_store_init(Store *store, uint64_t bytes)
{
    uint64_t n_words = CLAMP(bytes / 8, 64, UINT32_MAX);
    void *words = mmap(NULL, n_words * 8, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    *store = (Store){ .n_words = words != MAP_FAILED ? n_words : 0 };
    index_init(&store->nodes, NODES_AT_FIRST);
    index_init(&store->programs, PROGRAMS_AT_FIRST);
    if (words == MAP_FAILED)
        return;
    store->words = words;
    if (n_words > SMALL_WORDS)
        sr_advise_huge(store->words + SMALL_WORDS, (n_words - SMALL_WORDS) * 8);
    /* A walk that finds no block does this, and notices afterwards. */
    begin_program(store_at(store, 0));
    store->n_used = sr_graph_align(sizeof(Program)) / 8;
}

void
sr_graph_store_clear(Store *store)
{
    if (store->words != NULL)
        munmap(store->words, store->n_words * 8);
    g_free(store->nodes.known);
    g_free(store->programs.known);
}

uint64_t
sr_graph_store_bytes(const Store *store)
{
    return store->n_used * 8 + (store->nodes.n_max + store->programs.n_max) * sizeof(Known);
}

static uint64_t
words_left(const Store *store)
{
    uint64_t used = sr_graph_store_bytes(store) / 8;

    return used < store->n_words ? store->n_words - used : 0;
}

Offset
sr_graph_store_take(Store *store, size_t bytes)
{
    uint64_t n = (bytes + 7) / 8, at = store->n_used;

    if (n > words_left(store)) {
        store->full = true;
        return 0;
    }
    store->n_used += n;
    return (Offset) at;
}

/* ---- what is known ---- */

static Known *
find_known(const Index *index, uint64_t low, uint64_t high)
{
    uint64_t i = low & (index->n_max - 1);

    while (index->known[i].at != 0 &&
           (index->known[i].low != low || index->known[i].high != high))
        i = (i + 1) & (index->n_max - 1);
    return &index->known[i];
}

/* Returns: whether there is room for one more */
static bool
make_room(Store *store, Index *index)
{
    Index larger;

    if (index->n * 2 < index->n_max)
        return true;
    if (index->n_max * sizeof *index->known / 8 > words_left(store)) {
        store->full = true;
        return false;
    }
    index_init(&larger, index->n_max * 2);
    for (uint64_t i = 0; i < index->n_max; i++)
        if (index->known[i].at != 0)
            *find_known(&larger, index->known[i].low, index->known[i].high) = index->known[i];
    larger.n = index->n;
    g_free(index->known);
    *index = larger;
    return true;
}

/* Returns: what has that hash, else @bytes of zeroed memory that will have it; 0 if there is no
 * room. @is_new: (out) */
static Offset
find_or_take(Store *store, Index *index, XXH128_hash_t hash, size_t bytes, bool *is_new)
{
    const Known *known = find_known(index, hash.low64, hash.high64);
    Offset at = known->at;

    *is_new = at == 0;
    if (at != 0 || !make_room(store, index) || (at = sr_graph_store_take(store, bytes)) == 0)
        return at;
    *find_known(index, hash.low64, hash.high64) = (Known){ hash.low64, hash.high64, at };
    index->n++;
    return at;
}

Offset
sr_graph_store_node(Store *store, uint64_t low, uint64_t high, unsigned n_places,
                    unsigned n_foreground)
{
    bool is_new;
    Offset offset = find_or_take(store, &store->nodes, (XXH128_hash_t){ low, high },
                                 sizeof(Node) + (n_places + 2) * sizeof(Edge), &is_new);
    Node *node;

    if (offset == 0)
        return 0;
    node = store_at(store, offset);
    if (is_new)
        *node =
            (Node){ .n_places = (uint16_t) n_places, .n_foreground = (uint16_t) n_foreground };
    g_assert(node->n_places == n_places && node->n_foreground == n_foreground);
    return offset;
}

/* ---- programs ---- */

/* The slots of a program, in their order. */
enum { SLOT_CLEAR, SLOT_RESET, SLOT_SET, SLOT_SECOND_SET, SLOT_PUSH, SLOT_SECOND_PUSH };

/* Lets the first push be of an item after a draw from @distribution, or after @constant if that is
 * NULL. */
static void
set_span(Program *program, const Op *op, const SrDistribution *distribution, SrSpan constant)
{
    if (distribution == NULL || distribution->constant) {
        program->base = distribution != NULL ? distribution->floor : constant;
        return;
    }
    program->stream = op->b;
    program->c = op->c;
    if (distribution->n_terms == 1 && distribution->terms[0].kind == SR_DISTRIBUTION_UNIFORM) {
        program->base = distribution->terms[0].a;
        program->width = distribution->terms[0].b - program->base + 1;
    } else {
        program->other = distribution;
    }
}

/* The functions below return how many slots are used when @op has one, which is behind those that
 * are used already, @used; or 0 if there is none for it. */

static unsigned
fit_push(Program *program, const Op *op, unsigned used)
{
    bool constant = op->kind == OP_PUSH_CONSTANT;
    unsigned slot = MAX(used, (unsigned) SLOT_PUSH);

    /* An item that is made with the one before needs a look at the others. */
    if (op->makes == 0 || slot > SLOT_SECOND_PUSH || (slot == SLOT_SECOND_PUSH && !constant))
        return 0;
    program->places[slot - SLOT_PUSH] = op->place;
    program->makes[slot - SLOT_PUSH] = ITEM_MADE;
    if (slot == SLOT_SECOND_PUSH) {
        program->constant = op->c;
    } else {
        set_span(program, op, constant ? NULL : op->d, op->c);
        if (op->kind == OP_PUSH_IN_ORDER)
            program->last = program->keep = op->a;
    }
    return slot + 1;
}

static unsigned
fit_set(Program *program, const Op *op, unsigned used)
{
    unsigned slot = MAX(used, (unsigned) SLOT_SET);

    if (slot > SLOT_SECOND_SET)
        return 0;
    program->set[slot - SLOT_SET] = op->a;
    return slot + 1;
}

static unsigned
fit_op(Program *program, const Op *op, unsigned used)
{
    switch ((OpKind) op->kind) {
    case OP_PUSH_DRAW:
    case OP_PUSH_IN_ORDER:
    case OP_PUSH_CONSTANT:
        return fit_push(program, op, used);
    case OP_SET:
        return fit_set(program, op, used);
    case OP_REMOVE:
        if (used > SLOT_CLEAR)
            return 0;
        program->clear = op->place;
        return SLOT_CLEAR + 1;
    case OP_REOPEN:
        if (used > SLOT_RESET)
            return 0;
        program->reset[0] = op->a;
        program->reset[1] = op->b;
        return SLOT_RESET + 1;
    default: /* the others come one by one */
        return 0;
    }
}

/* Returns: whether a push that comes behind @op may as well come before it */
static bool
lets_push_pass(const Op *op)
{
    return op->kind == OP_SET || op->kind == OP_SIGN || op->kind == OP_AGE ||
           op->kind == OP_NEED;
}

/* Returns: the bytes of the program that does what @ops say */
static size_t
compile(Program *program, const StepOp *ops, unsigned n, bool quick)
{
    unsigned used = 0;

    begin_program(program);
    for (unsigned i = 0; i < n; i++) {
        const Op *op = &ops[i].op;
        unsigned more =
            quick && (program->n_ops == 0 || is_push(op)) ? fit_op(program, op, used) : 0;

        if (more > 0) {
            used = more;
        } else {
            quick &= lets_push_pass(op);
            program->ops[program->n_ops++] = *op;
        }
    }
    program->guarded = n > 0 && is_guard(&ops[n - 1].op);
    return sizeof *program + program->n_ops * sizeof *program->ops;
}

/* Returns: the program that does what @ops say; 0 if there is no room */
static Offset
find_program(Store *store, const StepOp *ops, unsigned n, const Counts *counts, bool quick)
{
    union {
        Program program;
        char bytes[sizeof(Program) + SR_GRAPH_OPS_MAX * sizeof(Op)];
    } it;
    size_t bytes = compile(&it.program, ops, n, quick);
    bool is_new;
    Offset offset;

    if (counts != NULL)
        it.program.counts = *counts;
    offset = find_or_take(store, &store->programs, XXH3_128bits(&it, bytes), bytes, &is_new);
    if (offset != 0 && is_new)
        memcpy(store_at(store, offset), &it, bytes);
    return offset;
}

/* ---- steps ---- */

unsigned
sr_graph_store_outcomes(OpKind kind)
{
    return kind == OP_JUDGE ? 8 : kind == OP_SAME_TICK ? SR_GRAPH_OUTCOMES_MAX : 2;
}

bool
sr_graph_store_step(Store *store, Edge *edge, const StepOp *ops, unsigned n_ops,
                    const Counts *counts, Offset next, bool quick)
{
    for (;;) {
        unsigned n = 0;
        bool guarded = false, is_new = edge->program == 0;
        Offset program;
        OpKind guard;

        while (n < n_ops && !guarded)
            guarded = is_guard(&ops[n++].op);
        program = find_program(store, ops, n, guarded ? NULL : counts, quick);
        if (program == 0)
            return false;
        g_assert(is_new || edge->program == program);
        edge->program = program;
        store->n_blocks += is_new;
        if (!guarded) {
            g_assert(is_new || edge->next == next);
            edge->next = next;
            return true;
        }
        guard = (OpKind) ops[n - 1].op.kind;
        if (edge->next == 0)
            edge->next =
                sr_graph_store_take(store, sr_graph_store_outcomes(guard) * sizeof *edge);
        if (edge->next == 0)
            return false;
        edge = (Edge *) store_at(store, edge->next) + ops[n - 1].outcome;
        ops += n;
        n_ops -= n;
    }
}

Offset
sr_graph_store_follow(const Store *store, Edge edge, const StepOp *ops, unsigned n_ops)
{
    unsigned i = 0;

    while (edge.next != 0) {
        if (!((const Program *) store_at(store, edge.program))->guarded)
            return edge.next;
        while (i < n_ops && !is_guard(&ops[i].op))
            i++;
        g_assert(i < n_ops);
        edge = ((const Edge *) store_at(store, edge.next))[ops[i++].outcome];
    }
    return 0;
}
