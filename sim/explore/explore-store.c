#include "explore/explore-store-private.h"

#include <string.h>
#include <xxhash.h>

/* An entry is empty when all of it is zero: the first state of a search has no parent, but no
 * fingerprint of zero either. */
typedef struct {
    SrFingerprint state;
    uint64_t
        parent; /* the level in the high LEVEL_BITS, the low bits of the parent's fingerprint */
    uint64_t number;
} Entry;

enum { SHARD_BITS = 8, SHARDS = 1 << SHARD_BITS, LEVEL_BITS = 10, AT_FIRST = 16 };
#define PARENT_MASK (UINT64_MAX >> LEVEL_BITS)
G_STATIC_ASSERT(SR_STORE_LEVEL_MAX == (1u << LEVEL_BITS) - 1);

/* A shard is found by the low bits of a fingerprint, its entry by the bits above. Its states
 * are numbered in the order in which they come, each number above that of the shard. */
typedef struct {
    GMutex lock;
    Entry *entries;
    uint64_t capacity, n; /* a power of two; at most three quarters of it are used */
} Shard;

struct SrStateStore {
    uint64_t *memory;
    bool shared;
    Shard shards[SHARDS];
};

SrFingerprint
sr_fingerprint(const uint8_t *bytes, size_t n)
{
    XXH128_hash_t hash = XXH3_128bits(bytes, n);

    return (SrFingerprint){ hash.low64, hash.high64 != 0 ? hash.high64 : 1 };
}

SrStateStore *
sr_state_store_new(uint64_t *memory, bool shared)
{
    SrStateStore *store = g_new0(SrStateStore, 1);

    store->memory = memory;
    store->shared = shared;
    for (unsigned i = 0; i < SHARDS; i++)
        g_mutex_init(&store->shards[i].lock);
    return store;
}

void
sr_state_store_free(SrStateStore *store)
{
    if (store == NULL)
        return;
    for (unsigned i = 0; i < SHARDS; i++) {
        __atomic_sub_fetch(store->memory, store->shards[i].capacity * sizeof(Entry),
                           __ATOMIC_RELAXED);
        g_free(store->shards[i].entries);
        g_mutex_clear(&store->shards[i].lock);
    }
    g_free(store);
}

/* Returns: the entry of @state, or the empty one where it belongs */
static Entry *
find(const Shard *shard, const SrFingerprint *state)
{
    uint64_t mask = shard->capacity - 1, at = state->low >> SHARD_BITS & mask;

    while (shard->entries[at].state.high != 0 && (shard->entries[at].state.low != state->low ||
                                                  shard->entries[at].state.high != state->high))
        at = (at + 1) & mask;
    return &shard->entries[at];
}

static void
grow(SrStateStore *store, Shard *shard)
{
    Shard old = *shard;
    uint64_t capacity = old.capacity == 0 ? AT_FIRST : old.capacity * 2;

    __atomic_store_n(&shard->entries, g_new0(Entry, capacity), __ATOMIC_RELAXED);
    __atomic_store_n(&shard->capacity, capacity, __ATOMIC_RELAXED);
    __atomic_add_fetch(store->memory, (capacity - old.capacity) * sizeof(Entry),
                       __ATOMIC_RELAXED);
    for (uint64_t i = 0; i < old.capacity; i++)
        if (old.entries[i].state.high != 0)
            *find(shard, &old.entries[i].state) = old.entries[i];
    g_free(old.entries);
}

void
sr_state_store_fetch(const SrStateStore *store, const SrFingerprint *state)
{
    const Shard *shard = &store->shards[state->low & (SHARDS - 1)];
    /* Another thread may be replacing the entries: then the prefetch only has no effect. */
    const Entry *entries = __atomic_load_n(&shard->entries, __ATOMIC_RELAXED);
    uint64_t capacity = __atomic_load_n(&shard->capacity, __ATOMIC_RELAXED);

    if (entries != NULL && capacity != 0)
        __builtin_prefetch(&entries[state->low >> SHARD_BITS & (capacity - 1)], 1);
}

static bool
add(SrStateStore *store, Shard *shard, const Entry *wanted, uint32_t *number)
{
    Entry *entry;
    bool fresh;

    if (shard->n * 4 >= shard->capacity * 3)
        grow(store, shard);
    entry = find(shard, &wanted->state);
    fresh = entry->state.high == 0;
    if (fresh) {
        *entry = *wanted;
        entry->number |= shard->n++ << SHARD_BITS;
        g_assert(entry->number <= UINT32_MAX);
    } else if (entry->parent >> (64 - LEVEL_BITS) == wanted->parent >> (64 - LEVEL_BITS) &&
               wanted->parent < entry->parent) {
        entry->parent = wanted->parent;
    }
    *number = (uint32_t) entry->number;
    return fresh;
}

bool
sr_state_store_add(SrStateStore *store, const SrFingerprint *state, unsigned level,
                   const SrFingerprint *parent, uint32_t *number)
{
    uint64_t at = state->low & (SHARDS - 1);
    Shard *shard = &store->shards[at];
    const Entry wanted = { .state = *state,
                           .parent = (uint64_t) level << (64 - LEVEL_BITS) |
                                     (parent != NULL ? parent->low & PARENT_MASK : 0),
                           .number = at };
    bool fresh;

    if (!store->shared)
        return add(store, shard, &wanted, number);
    g_mutex_lock(&shard->lock);
    fresh = add(store, shard, &wanted, number);
    g_mutex_unlock(&shard->lock);
    return fresh;
}

bool
sr_state_store_parent(const SrStateStore *store, const SrFingerprint *state,
                      SrFingerprint *parent)
{
    const Shard *shard = &store->shards[state->low & (SHARDS - 1)];
    const Entry *entry = shard->capacity > 0 ? find(shard, state) : NULL;
    uint64_t level, wanted, mask, at;

    if (entry == NULL || entry->state.high == 0 || entry->parent >> (64 - LEVEL_BITS) == 0)
        return false;
    level = entry->parent >> (64 - LEVEL_BITS);
    wanted = entry->parent & PARENT_MASK;
    shard = &store->shards[wanted & (SHARDS - 1)];
    mask = shard->capacity - 1;
    for (at = wanted >> SHARD_BITS & mask; shard->entries[at].state.high != 0;
         at = (at + 1) & mask) {
        entry = &shard->entries[at];
        if ((entry->state.low & PARENT_MASK) == wanted &&
            entry->parent >> (64 - LEVEL_BITS) == level - 1) {
            *parent = entry->state;
            return true;
        }
    }
    g_assert_not_reached();
}

uint64_t
sr_state_store_numbers(const SrStateStore *store)
{
    uint64_t most = 0;

    for (unsigned i = 0; i < SHARDS; i++)
        most = MAX(most, store->shards[i].n);
    return most << SHARD_BITS;
}

uint64_t
sr_state_store_n(const SrStateStore *store)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < SHARDS; i++)
        n += store->shards[i].n;
    return n;
}

/* ---- worlds that wait to be expanded ---- */

void
sr_chunks_add(SrChunkList *list, uint64_t *memory, const SrWaiting *waiting,
              const uint8_t *bytes)
{
    SrChunk *chunk = list->last;

    if (chunk == NULL || chunk->used + sizeof *waiting + waiting->n > SR_CHUNK_BYTES) {
        chunk = g_new(SrChunk, 1);
        __atomic_add_fetch(memory, sizeof *chunk, __ATOMIC_RELAXED);
        chunk->next = NULL;
        chunk->used = 0;
        if (list->last == NULL)
            list->first = chunk;
        else
            list->last->next = chunk;
        list->last = chunk;
    }
    memcpy(&chunk->bytes[chunk->used], waiting, sizeof *waiting);
    memcpy(&chunk->bytes[chunk->used + sizeof *waiting], bytes, waiting->n);
    chunk->used += (uint32_t) sizeof *waiting + waiting->n;
    list->n++;
}

void
sr_chunks_join(SrChunkList *list, SrChunkList *other)
{
    if (other->first == NULL)
        return;
    if (list->last == NULL)
        list->first = other->first;
    else
        list->last->next = other->first;
    list->last = other->last;
    list->n += other->n;
    *other = (SrChunkList){ 0 };
}

void
sr_chunk_free(SrChunk *chunk, uint64_t *memory)
{
    __atomic_sub_fetch(memory, sizeof *chunk, __ATOMIC_RELAXED);
    g_free(chunk);
}

void
sr_chunks_clear(SrChunkList *list, uint64_t *memory)
{
    while (list->first != NULL) {
        SrChunk *next = list->first->next;

        sr_chunk_free(list->first, memory);
        list->first = next;
    }
    *list = (SrChunkList){ 0 };
}
