/* The order of what a step does.
 *
 * The pending items of a node are sorted by what they are, not by when they were made: a race of
 * three has a tenth of the nodes then. Which of two that are due at one instant comes first, a walk
 * knows by the number of their making, which it carries.
 *
 * When the server tells several clients something in one step, it does so in the order in which they
 * connected. That order changes nothing else, so it is not part of a node, and a race of three has
 * half the nodes. These messages are written down in the order of clients, and get one number. Should
 * two of them be due at one instant, a walk does not know which comes first, and the seed is played.
 * Where that would be common, since no latency is drawn, the order of connecting is part of the node
 * after all (`by_lists`). */
#include "graph/graph-private.h"

/* Returns: where the operations begin that make up the item that operation @i pushes */
static unsigned
begin_of_push(const StepOp *ops, unsigned i)
{
    while (i > 0 && (ops[i - 1].op.kind == OP_DRAW || ops[i - 1].op.kind == OP_LOSS))
        i--;
    return i;
}

/* Moves operations @first to @last before those from @to on. */
static void
move_ops(StepOp *ops, unsigned to, unsigned first, unsigned last)
{
    StepOp moved[SR_GRAPH_OPS_MAX];
    unsigned n = last + 1 - first;

    memcpy(moved, ops + first, n * sizeof *ops);
    memmove(ops + to + n, ops + to, (first - to) * sizeof *ops);
    memcpy(ops + to, moved, n * sizeof *ops);
}

/* The messages that end at operations @ends[0 … n - 1], side by side, are put in the order of
 * clients by inserting the last one. */
static void
insert_last(StepOp *ops, unsigned *ends, unsigned n)
{
    unsigned place = n - 1, first = begin_of_push(ops, ends[n - 1]), last = ends[n - 1];
    unsigned size = last + 1 - first, to;

    while (place > 0 && ops[ends[place - 1]].told > ops[last].told)
        place--;
    if (place == n - 1)
        return;
    to = begin_of_push(ops, ends[place]);
    move_ops(ops, to, first, last);
    for (unsigned i = n - 1; i > place; i--)
        ends[i] = ends[i - 1] + size;
    ends[place] = to + size - 1;
}

static bool
is_told(const StepOp *ops, const unsigned *ends, unsigned n, uint32_t told)
{
    for (unsigned i = 0; i < n; i++)
        if (ops[ends[i]].told == told)
            return true;
    return false;
}

static void
order_messages(StepOp *ops, unsigned n_ops)
{
    unsigned ends[SR_GRAPH_ITEMS_MAX], n = 0;

    for (unsigned i = 0; i < n_ops; i++) {
        bool joins;

        if (!is_push(&ops[i].op) || ops[i].told == 0)
            continue;
        joins = n > 0 && n < SR_GRAPH_ITEMS_MAX && begin_of_push(ops, i) == ends[n - 1] + 1 &&
                !is_told(ops, ends, n, ops[i].told);
        if (!joins)
            n = 0;
        ends[n++] = i;
        if (!joins)
            continue;
        insert_last(ops, ends, n);
        for (unsigned k = 0; k < n; k++)
            ops[ends[k]].op.makes = k == 0;
    }
}

/* ---- places ---- */

unsigned
sr_graph_arrange(Item *items, unsigned n_items, unsigned least)
{
    bool used[SR_GRAPH_NODE_PLACES_MAX] = { false };
    unsigned n = least;

    for (unsigned i = 0; i < n_items; i++) {
        unsigned place = items[i].wish;

        /* Further items of one wish go behind all wishes. */
        if (used[place])
            for (place = least; place < SR_GRAPH_NODE_PLACES_MAX && used[place];)
                place++;
        if (place == SR_GRAPH_NODE_PLACES_MAX)
            return 0;
        used[place] = true;
        items[i].place = (uint8_t) place;
        n = MAX(n, place + 1);
    }
    /* A walk looks at four places at a time. */
    return (n + 3) / 4 * 4;
}

/* Where the items are within a step. */
typedef struct {
    const Item *after;
    unsigned n_after;
    bool is_there[SR_GRAPH_ITEMS_MAX]; /* of @after: the item has been made, or is left */
    uint8_t place[SR_GRAPH_ITEMS_MAX]; /* of @after: where it is now */
    uint8_t gone[SR_GRAPH_ITEMS_MAX];  /* places of items that will go */
    uint64_t going[SR_GRAPH_ITEMS_MAX];
    unsigned n_gone;
    bool used[SR_GRAPH_PLACES_MAX];
} Places;

/* Returns: a place that no node has */
static unsigned
find_free(Places *places)
{
    unsigned place = SR_GRAPH_NODE_PLACES_MAX;

    while (place < SR_GRAPH_PLACES_MAX && places->used[place])
        place++;
    return place;
}

/* Puts @item into @place; into the place that it has afterwards if @final and that is free. Returns:
 * where it is */
static unsigned
put_item(Places *places, uint64_t item, bool final, unsigned place)
{
    unsigned i = 0;

    while (i < places->n_after && (places->after[i].low != item || places->is_there[i]))
        i++;
    if (i < places->n_after && final && !places->used[places->after[i].place])
        place = places->after[i].place;
    if (place == SR_GRAPH_PLACES_MAX)
        return place;
    places->used[place] = true;
    if (i < places->n_after) {
        places->is_there[i] = true;
        places->place[i] = (uint8_t) place;
    } else {
        places->going[places->n_gone] = item;
        places->gone[places->n_gone++] = (uint8_t) place;
    }
    return place;
}

static unsigned
take_item(Places *places, uint64_t item)
{
    unsigned i = 0, place;

    while (i < places->n_gone && places->going[i] != item)
        i++;
    if (i < places->n_gone) {
        place = places->gone[i];
        places->n_gone--;
        places->going[i] = places->going[places->n_gone];
        places->gone[i] = places->gone[places->n_gone];
    } else {
        /* An equal one is made again in the same step. */
        for (i = 0; places->after[i].low != item || !places->is_there[i];)
            i++;
        place = places->place[i];
        places->is_there[i] = false;
    }
    places->used[place] = false;
    return place;
}

static bool
add_move(StepOp *ops, unsigned *n_ops, Places *places, unsigned i, unsigned to)
{
    if (*n_ops == SR_GRAPH_OPS_MAX || to == SR_GRAPH_PLACES_MAX)
        return false;
    ops[(*n_ops)++] =
        (StepOp){ .op = { .kind = OP_MOVE, .place = (uint8_t) to, .a = places->place[i] } };
    places->used[places->place[i]] = false;
    places->used[to] = true;
    places->place[i] = (uint8_t) to;
    return true;
}

/* Moves every item to the place that it has in the node. */
static bool
move_items(StepOp *ops, unsigned *n_ops, Places *places)
{
    for (bool again = true; again;) {
        again = false;
        for (unsigned i = 0; i < places->n_after; i++) {
            unsigned to = places->after[i].place;

            if (places->place[i] == to)
                continue;
            again = true;
            /* In a circle one item makes room first. */
            if (places->used[to] && places->place[i] >= SR_GRAPH_NODE_PLACES_MAX)
                continue;
            if (!add_move(ops, n_ops, places, i, places->used[to] ? find_free(places) : to))
                return false;
        }
    }
    return true;
}

bool
sr_graph_order_step(StepOp *ops, unsigned *n_ops, const Item *left, unsigned n_left,
                    const Item *after, unsigned n_after, bool by_lists)
{
    Places places = { .after = after, .n_after = n_after };
    unsigned last_guard = 0;

    if (!by_lists)
        order_messages(ops, *n_ops);
    for (unsigned i = 0; i < n_left; i++)
        put_item(&places, left[i].low, false, left[i].place);
    for (unsigned i = 0; i < *n_ops; i++)
        if (is_guard(&ops[i].op))
            last_guard = i;
    for (unsigned i = 0; i < *n_ops; i++) {
        unsigned place = SR_GRAPH_PLACES_MAX;

        if (is_push(&ops[i].op)) {
            /* What comes before a guard may not depend on what comes behind it. */
            place = put_item(&places, ops[i].item, i >= last_guard, find_free(&places));
            if (place == SR_GRAPH_PLACES_MAX)
                return false;
        } else if (ops[i].op.kind == OP_REMOVE) {
            place = take_item(&places, ops[i].item);
        } else {
            continue;
        }
        ops[i].op.place = (uint8_t) place;
    }
    return move_items(ops, n_ops, &places);
}
