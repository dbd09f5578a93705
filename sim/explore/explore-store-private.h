/* The states that were seen, and the worlds that wait to be expanded.
 *
 * An entry takes 32 bytes and lies within one cache line: a fingerprint of 16 bytes, the
 * parent, and the number of the state. A fingerprint is the XXH3-128 of a packed world. The
 * probability that any two of a hundred million states have the same one is below 10⁻²².
 *
 * Of the parent 8 bytes are kept: the level of the state, and the low bits of the fingerprint
 * of its least parent. Threads may meet a state in any order, and still the path back to the
 * first state is always the same. The moves on that path are found by making them again from
 * the start. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t low, high;
} SrFingerprint;

typedef struct SrStateStore SrStateStore;

#define SR_STORE_LEVEL_MAX 1023u
/** SR_STORE_MEMORY_MAX: with at most so many bytes of memory, 32 bits are enough for the number
 * of a state */
#define SR_STORE_MEMORY_MAX (UINT64_C(64) << 30)

/**
 * sr_state_store_new:
 * @memory: (inout): bytes in use, changed atomically; outlives the store
 * @shared: threads add at the same time
 */
SrStateStore *sr_state_store_new(uint64_t *memory, bool shared);
void sr_state_store_free(SrStateStore *store);
/**
 * sr_state_store_add:
 * @level: of the state; all of one level before any of the next
 * @parent: (nullable): NULL for the first state
 * @number: (out): of the state, below sr_state_store_numbers()
 *
 * Any thread may call it if the store is shared. Returns: whether the state is new
 */
bool sr_state_store_add(SrStateStore *store, const SrFingerprint *state, unsigned level,
                        const SrFingerprint *parent, uint32_t *number);
/** sr_state_store_fetch: loads the entry of @state into the cache; call it a few events before
 * @state is added */
void sr_state_store_fetch(const SrStateStore *store, const SrFingerprint *state);
/** sr_state_store_parent: Returns: whether @state is in the store and has a parent, which is
 * then in @parent */
bool sr_state_store_parent(const SrStateStore *store, const SrFingerprint *state,
                           SrFingerprint *parent);
/** sr_state_store_numbers: Returns: one more than the highest number that a state may have; not
 * many more than there are states */
uint64_t sr_state_store_numbers(const SrStateStore *store);
/** sr_state_store_n: Returns: how many states there are */
uint64_t sr_state_store_n(const SrStateStore *store);

SrFingerprint sr_fingerprint(const uint8_t *bytes, size_t n);

static inline int
sr_fingerprint_compare(const SrFingerprint *a, const SrFingerprint *b)
{
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    return a->high == b->high ? 0 : a->high < b->high ? -1 : 1;
}

/* ---- worlds that wait to be expanded ---- */

enum { SR_CHUNK_BYTES = 32 << 10 };

typedef struct SrChunk SrChunk;
struct SrChunk {
    SrChunk *next;
    uint32_t used;
    uint8_t bytes[SR_CHUNK_BYTES]; /* for each world an SrWaiting, then the packed world */
};

/* What comes before a packed world. */
typedef struct {
    SrFingerprint state;
    uint32_t number; /* of the state */
    uint32_t n;      /* bytes */
} SrWaiting;

typedef struct {
    SrChunk *first, *last;
    uint64_t n; /* worlds */
} SrChunkList;

void sr_chunks_add(SrChunkList *list, uint64_t *memory, const SrWaiting *waiting,
                   const uint8_t *bytes);
void sr_chunks_join(SrChunkList *list, SrChunkList *other);
void sr_chunk_free(SrChunk *chunk, uint64_t *memory);
void sr_chunks_clear(SrChunkList *list, uint64_t *memory);
