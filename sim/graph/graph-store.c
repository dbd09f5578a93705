/* The store: nodes, blocks, ends. It only grows, in one stretch of address space of which the
 * kernel gives the pages that are touched; so pointers into it stay valid.
 *
 * A node is found by 128 bits of a hash of its packed world, and the world is not kept. Two worlds
 * of a graph with a hundred million nodes would be taken for one with a probability below 10^-22. */
#include "graph/graph-private.h"

#include <sys/mman.h>

#include "base/huge.h"

#define KNOWN_AT_FIRST 1024u
/* The graphs of most points are smaller than a huge page, which takes its time to clear. */
#define SMALL_WORDS ((UINT64_C(2) << 20) / 8)

void
sr_graph_store_init(Store *store, uint64_t bytes)
{
    uint64_t n_words = CLAMP(bytes / 8, 64, UINT32_MAX);
    void *words = mmap(NULL, n_words * 8, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    *store = (Store){ .n_words = words != MAP_FAILED ? n_words : 0,
                      .n_used = 1,
                      .known = g_new0(Known, KNOWN_AT_FIRST),
                      .n_known_max = KNOWN_AT_FIRST };
    if (words == MAP_FAILED)
        return;
    store->words = words;
    if (n_words > SMALL_WORDS)
        sr_advise_huge(store->words + SMALL_WORDS, (n_words - SMALL_WORDS) * 8);
}

void
sr_graph_store_clear(Store *store)
{
    if (store->words != NULL)
        munmap(store->words, store->n_words * 8);
    g_free(store->known);
}

/* The table of known worlds counts as well. */
static uint64_t
words_left(const Store *store)
{
    uint64_t used = store->n_used + store->n_known_max * sizeof(Known) / 8;

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

/* ---- nodes ---- */

static Known *
find_known(Known *known, uint64_t n, uint64_t low, uint64_t high)
{
    uint64_t i = low & (n - 1);

    while (known[i].node != 0 && (known[i].low != low || known[i].high != high))
        i = (i + 1) & (n - 1);
    return &known[i];
}

static bool
grow_known(Store *store)
{
    uint64_t n = store->n_known_max * 2;
    Known *larger;

    if ((n - store->n_known_max) * sizeof *larger / 8 > words_left(store)) {
        store->full = true;
        return false;
    }
    larger = g_new0(Known, n);
    for (uint64_t i = 0; i < store->n_known_max; i++)
        if (store->known[i].node != 0)
            *find_known(larger, n, store->known[i].low, store->known[i].high) = store->known[i];
    g_free(store->known);
    store->known = larger;
    store->n_known_max = n;
    return true;
}

Offset
sr_graph_store_node(Store *store, uint64_t low, uint64_t high, unsigned n_places,
                    unsigned n_foreground)
{
    Known *known = find_known(store->known, store->n_known_max, low, high);
    Offset offset;
    Node *node;

    if (known->node != 0) {
        node = store_at(store, known->node);
        g_assert(node->n_places == n_places && node->n_foreground == n_foreground);
        return known->node;
    }
    if (store->n_known * 2 >= store->n_known_max) {
        if (!grow_known(store))
            return 0;
        known = find_known(store->known, store->n_known_max, low, high);
    }
    offset = sr_graph_store_take(store, sizeof *node + n_places * sizeof *node->blocks);
    if (offset == 0)
        return 0;
    node = store_at(store, offset);
    node->n_places = (uint16_t) n_places;
    node->n_foreground = (uint16_t) n_foreground;
    *known = (Known){ low, high, offset };
    store->n_known++;
    return offset;
}

/* ---- steps ---- */

static const uint8_t shapes[SR_GRAPH_SHAPES_N][3] = {
#define SHAPE(first, second, third) { OP_##first, OP_##second, OP_##third },
#include "graph/shapes.def"
};

/* Returns: the shape of the first @n operations */
static unsigned
find_shape(const StepOp *ops, unsigned n)
{
    unsigned shape = 0;

    for (; shape < SR_GRAPH_SHAPES_N; shape++) {
        bool same = n <= 3;

        for (unsigned i = 0; i < 3 && same; i++)
            same = shapes[shape][i] == (i < n ? ops[i].op.kind : OP_NOTHING);
        if (same)
            break;
    }
    return shape;
}

/* Returns: a block of the first operations of @ops, up to a guard; 0 if there is no room */
static Offset
make_block(Store *store, const StepOp *ops, unsigned n)
{
    Offset offset = sr_graph_store_take(store, sizeof(Block) + n * sizeof(Op));
    Block *block;

    if (offset == 0)
        return 0;
    block = store_at(store, offset);
    block->n_ops = (uint16_t) n;
    block->guarded = n > 0 && is_guard(&ops[n - 1].op);
    block->shape = (uint8_t) find_shape(ops, n - block->guarded);
    for (unsigned i = 0; i < n; i++)
        block->ops[i] = ops[i].op;
    store->n_blocks++;
    return offset;
}

static bool
says_the_same(const Block *block, const StepOp *ops, unsigned n)
{
    if (block->n_ops != n)
        return false;
    for (unsigned i = 0; i < n; i++)
        if (memcmp(&block->ops[i], &ops[i].op, sizeof(Op)) != 0)
            return false;
    return true;
}

bool
sr_graph_store_step(Store *store, Offset *place, const StepOp *ops, unsigned n_ops,
                    const Counts *counts, Offset next)
{
    for (;;) {
        unsigned n = 0;
        bool guarded = false, is_new = *place == 0;
        Block *block;

        while (n < n_ops && !guarded)
            guarded = is_guard(&ops[n++].op);
        if (is_new && (*place = make_block(store, ops, n)) == 0)
            return false;
        block = store_at(store, *place);
        g_assert(says_the_same(block, ops, n));
        if (!guarded) {
            if (is_new) {
                block->next = next;
                block->counts = *counts;
            }
            g_assert(block->next == next &&
                     memcmp(&block->counts, counts, sizeof *counts) == 0);
            return true;
        }
        if (block->next == 0 &&
            (block->next = sr_graph_store_take(store, sizeof(Outcomes))) == 0)
            return false;
        place = &((Outcomes *) store_at(store, block->next))->blocks[ops[n - 1].outcome];
        ops += n;
        n_ops -= n;
    }
}

Offset
sr_graph_store_follow(const Store *store, Offset offset, const StepOp *ops, unsigned n_ops)
{
    unsigned i = 0;

    while (offset != 0) {
        const Block *block = store_at(store, offset);

        if (!block->guarded)
            return block->next;
        while (i < n_ops && !is_guard(&ops[i].op))
            i++;
        g_assert(i < n_ops);
        offset = ((const Outcomes *) store_at(store, block->next))->blocks[ops[i++].outcome];
    }
    return 0;
}
