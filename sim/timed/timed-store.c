/* The classes that were seen.
 *
 * A state is stored once, with a list of its classes. A class is left out if it lies within another
 * class of its state; and it takes the place of classes that lie within it. Most zones fit into
 * 16 bits a bound. */
#include <xxhash.h>

#include "timed/timed-private.h"

enum { BLOCK_BYTES = 1 << 20, BLOCK_CLASSES = 1 << 14, BLOCK_STATES = 1 << 12 };

/* Sums of a part of the bounds each: if a zone lies within another one, none of its sums is greater.
 * Most zones are told apart by them, without a look at their bounds. A sum is one of rows or one of
 * columns: where an instant is later, its row is greater and its column less, which would cancel out.
 * Where a sum is too large for 32 bits, the nearest number that fits stands for it, and says less. */
enum { ROW_SUMS = 8, SUMS = 2 * ROW_SUMS };

typedef struct {
    int32_t sums[SUMS];
    uint32_t class;
} Entry;

typedef struct {
    uint64_t hash;
    const uint8_t *bytes;
    Entry *entries; /* of its classes */
    uint32_t n_entries, capacity;
    uint16_t n_world, n_key, n;
} State;

typedef struct {
    uint8_t *zone; /* int16_t or int32_t */
    uint32_t state, parent;
    uint8_t n, wide, gone;
    Choice choice;
} Class;

struct ClassStore {
    bool subsumes;
    uint64_t *memory;
    GPtrArray *blocks;  /* of bytes */
    size_t used;        /* of the last one */
    GPtrArray *classes; /* blocks of Class */
    GPtrArray *states;  /* blocks of State */
    uint32_t n_classes, n_states;
    uint32_t *table; /* number of a state, plus 1 */
    uint32_t mask;
};

static void *
block_new(ClassStore *store, GPtrArray *blocks, size_t bytes)
{
    void *block = g_malloc(bytes);

    *store->memory += bytes;
    g_ptr_array_add(blocks, block);
    return block;
}

static uint8_t *
take_bytes(ClassStore *store, size_t n)
{
    uint8_t *at;

    n = (n + 7) & ~(size_t) 7;
    if (store->blocks->len == 0 || store->used + n > BLOCK_BYTES) {
        block_new(store, store->blocks, BLOCK_BYTES);
        store->used = 0;
    }
    at = (uint8_t *) g_ptr_array_index(store->blocks, store->blocks->len - 1) + store->used;
    store->used += n;
    return at;
}

static Class *
get_class(const ClassStore *store, uint32_t number)
{
    Class *block = g_ptr_array_index(store->classes, number / BLOCK_CLASSES);

    return &block[number % BLOCK_CLASSES];
}

static State *
get_state(const ClassStore *store, uint32_t number)
{
    State *block = g_ptr_array_index(store->states, number / BLOCK_STATES);

    return &block[number % BLOCK_STATES];
}

ClassStore *
sr_class_store_new(bool subsumes, uint64_t *memory)
{
    ClassStore *store = g_new0(ClassStore, 1);

    store->subsumes = subsumes;
    store->memory = memory;
    store->blocks = g_ptr_array_new_with_free_func(g_free);
    store->classes = g_ptr_array_new_with_free_func(g_free);
    store->states = g_ptr_array_new_with_free_func(g_free);
    store->mask = 1023;
    store->table = g_new0(uint32_t, store->mask + 1u);
    *memory += (store->mask + 1u) * sizeof *store->table;
    return store;
}

void
sr_class_store_free(ClassStore *store)
{
    if (store == NULL)
        return;
    for (uint32_t i = 0; i < store->n_states; i++) {
        *store->memory -= get_state(store, i)->capacity * sizeof(Entry);
        g_free(get_state(store, i)->entries);
    }
    *store->memory -= (uint64_t) store->blocks->len * BLOCK_BYTES +
                      (uint64_t) store->classes->len * BLOCK_CLASSES * sizeof(Class) +
                      (uint64_t) store->states->len * BLOCK_STATES * sizeof(State) +
                      (store->mask + 1u) * sizeof *store->table;
    g_ptr_array_unref(store->blocks);
    g_ptr_array_unref(store->classes);
    g_ptr_array_unref(store->states);
    g_free(store->table);
    g_free(store);
}

/* ---- states ---- */

static void
grow_table(ClassStore *store)
{
    uint32_t mask = store->mask * 2 + 1;

    *store->memory += (uint64_t) (mask - store->mask) * sizeof *store->table;
    g_free(store->table);
    store->table = g_new0(uint32_t, mask + 1u);
    store->mask = mask;
    for (uint32_t i = 0; i < store->n_states; i++) {
        uint32_t at = (uint32_t) get_state(store, i)->hash & mask;

        while (store->table[at] != 0)
            at = (at + 1) & mask;
        store->table[at] = i + 1;
    }
}

static uint32_t
find_state(ClassStore *store, const uint8_t *bytes, uint32_t n_world, uint32_t n_key,
           uint32_t n)
{
    uint64_t hash = XXH3_64bits(bytes, n_key);
    uint32_t at = (uint32_t) hash & store->mask;
    State *state;
    uint8_t *copy;

    for (; store->table[at] != 0; at = (at + 1) & store->mask) {
        state = get_state(store, store->table[at] - 1);
        if (state->hash == hash && state->n_key == n_key &&
            memcmp(state->bytes, bytes, n_key) == 0)
            return store->table[at] - 1;
    }
    if (store->n_states % BLOCK_STATES == 0)
        block_new(store, store->states, BLOCK_STATES * sizeof(State));
    store->table[at] = ++store->n_states;
    state = get_state(store, store->n_states - 1);
    copy = take_bytes(store, n);
    memcpy(copy, bytes, n);
    *state = (State){ .hash = hash,
                      .bytes = copy,
                      .n_world = (uint16_t) n_world,
                      .n_key = (uint16_t) n_key,
                      .n = (uint16_t) n };
    if (store->n_states > store->mask / 2)
        grow_table(store);
    return store->n_states - 1;
}

/* ---- zones ---- */

/* Writes the bounds without the diagonal. Returns: how many */
static unsigned
flatten(const Zone *zone, int32_t *out)
{
    unsigned n = 0;

    for (unsigned i = 0; i < zone->n; i++)
        for (unsigned j = 0; j < zone->n; j++)
            if (i != j)
                out[n++] = zone->bound[i][j];
    return n;
}

/* The greatest narrow number stands for ZONE_OPEN. */
static int32_t
bound_of(const Class *class, unsigned i)
{
    int32_t bound;

    if (class->wide)
        return ((const int32_t *) (const void *) class->zone)[i];
    bound = ((const int16_t *) (const void *) class->zone)[i];
    return bound == INT16_MAX ? ZONE_OPEN : bound;
}

/* Four sums, or eight bounds, which are compared at once. */
typedef int32_t Four __attribute__((vector_size(16)));
typedef int16_t Eight __attribute__((vector_size(16)));

static inline bool
is_any(const void *vector)
{
    uint64_t halves[2];

    memcpy(halves, vector, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

/* Returns: bit 0: the new bounds lie within those of @class; bit 1: the other way round */
static unsigned
compare(const Class *class, const int32_t *bounds, const int16_t *narrow, unsigned n)
{
    unsigned within = 1, around = 1, i = 0;

    if (narrow != NULL && !class->wide) {
        const int16_t *old = (const int16_t *) (const void *) class->zone;

        for (; i + 8 <= n && (within | around); i += 8) {
            Eight x, y, greater, less;

            memcpy(&x, narrow + i, sizeof x);
            memcpy(&y, old + i, sizeof y);
            greater = x > y;
            less = x < y;
            within &= !is_any(&greater);
            around &= !is_any(&less);
        }
        for (; i < n && (within | around); i++) {
            within &= narrow[i] <= old[i];
            around &= narrow[i] >= old[i];
        }
        return within | around << 1;
    }
    for (; i < n; i++) {
        within &= bounds[i] <= bound_of(class, i);
        around &= bounds[i] >= bound_of(class, i);
    }
    return within | around << 1;
}

static void
sum_up(const Zone *zone, int32_t sums[SUMS])
{
    int64_t wide[SUMS] = { 0 };

    for (unsigned i = 0; i < zone->n; i++)
        for (unsigned j = 0; j < zone->n; j++) {
            /* The same bounds are open in each zone of a state. */
            int32_t bound = zone->bound[i][j] == ZONE_OPEN ? 0 : zone->bound[i][j];

            wide[i % ROW_SUMS] += bound;
            wide[ROW_SUMS + j % ROW_SUMS] += bound;
        }
    for (unsigned i = 0; i < SUMS; i++)
        sums[i] = (int32_t) CLAMP(wide[i], INT32_MIN, INT32_MAX);
}

/* Returns: as compare(), what the sums do not rule out */
static inline unsigned
compare_sums(const int32_t a[SUMS], const int32_t b[SUMS])
{
    Four greater = { 0 }, less = { 0 };

    for (unsigned i = 0; i < SUMS; i += 4) {
        Four x, y;

        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        greater |= x > y;
        less |= x < y;
    }
    return (is_any(&greater) ? 0u : 1u) | (is_any(&less) ? 0u : 2u);
}

/* Returns: whether the new zone lies within one that is there; drops those that lie within it */
static bool
is_known(ClassStore *store, State *state, const int32_t sums[SUMS], const int32_t *bounds,
         const int16_t *narrow, unsigned n)
{
    for (uint32_t i = 0; i < state->n_entries;) {
        Entry *entry = &state->entries[i];
        unsigned which = compare_sums(sums, entry->sums);
        Class *class;

        if (which != 0) {
            class = get_class(store, entry->class);
            which &= compare(class, bounds, narrow, n);
            if (store->subsumes ? which & 1 : which == 3)
                return true;
            if (store->subsumes && which & 2) {
                class->gone = true;
                *entry = state->entries[--state->n_entries];
                continue;
            }
        }
        i++;
    }
    return false;
}

static void
add_entry(ClassStore *store, State *state, const int32_t sums[SUMS], uint32_t class)
{
    Entry *entry;

    if (state->n_entries == state->capacity) {
        uint32_t capacity = state->capacity + state->capacity / 2 + 2;

        *store->memory += (capacity - state->capacity) * sizeof(Entry);
        state->entries = g_renew(Entry, state->entries, capacity);
        state->capacity = capacity;
    }
    entry = &state->entries[state->n_entries++];
    memcpy(entry->sums, sums, sizeof entry->sums);
    entry->class = class;
}

bool
sr_class_store_add(ClassStore *store, const uint8_t *bytes, uint32_t n_world, uint32_t n_key,
                   uint32_t n, const Zone *zone, uint32_t parent, Choice choice)
{
    uint32_t number = find_state(store, bytes, n_world, n_key, n);
    State *state = get_state(store, number);
    int32_t bounds[VARS_MAX * VARS_MAX];
    int32_t sums[SUMS];
    int16_t narrow[VARS_MAX * VARS_MAX];
    unsigned n_bounds = flatten(zone, bounds);
    size_t n_bytes;
    bool wide = false;
    Class *class;

    for (unsigned i = 0; i < n_bounds; i++) {
        bool open = bounds[i] == ZONE_OPEN;

        wide |= bounds[i] < INT16_MIN || (bounds[i] >= INT16_MAX && !open);
        narrow[i] = open ? INT16_MAX : (int16_t) bounds[i];
    }
    sum_up(zone, sums);
    if (is_known(store, state, sums, bounds, wide ? NULL : narrow, n_bounds))
        return false;
    if (store->n_classes % BLOCK_CLASSES == 0)
        block_new(store, store->classes, BLOCK_CLASSES * sizeof(Class));
    class = get_class(store, store->n_classes);
    n_bytes = n_bounds * (wide ? sizeof *bounds : sizeof *narrow);
    *class = (Class){ .zone = take_bytes(store, n_bytes),
                      .state = number,
                      .parent = parent,
                      .n = (uint8_t) zone->n,
                      .wide = wide,
                      .choice = choice };
    memcpy(class->zone, wide ? (const void *) bounds : (const void *) narrow, n_bytes);
    add_entry(store, state, sums, store->n_classes++);
    return true;
}

/* ---- reading ---- */

uint64_t
sr_class_store_n(const ClassStore *store)
{
    return store->n_classes;
}

uint64_t
sr_class_store_n_states(const ClassStore *store)
{
    return store->n_states;
}

bool
sr_class_store_is_gone(const ClassStore *store, uint32_t class)
{
    return get_class(store, class)->gone;
}

const uint8_t *
sr_class_store_state(const ClassStore *store, uint32_t class, uint32_t *n_world,
                     uint32_t *n_key)
{
    const State *state = get_state(store, get_class(store, class)->state);

    *n_world = state->n_world;
    *n_key = state->n_key;
    return state->bytes;
}

void
sr_class_store_zone(const ClassStore *store, uint32_t number, Zone *zone)
{
    const Class *class = get_class(store, number);
    unsigned at = 0;

    zone->n = class->n;
    for (unsigned i = 0; i < zone->n; i++)
        for (unsigned j = 0; j < zone->n; j++)
            zone->bound[i][j] = i == j ? 0 : bound_of(class, at++);
}

uint32_t
sr_class_store_parent(const ClassStore *store, uint32_t number, Choice *choice)
{
    const Class *class = get_class(store, number);

    *choice = class->choice;
    return class->parent;
}
