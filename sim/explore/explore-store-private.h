/* The states that were seen, each as a fingerprint of 16 bytes, where it came from and a number,
 * in 32 bytes, each within one line of the cache; and the worlds that wait to be
 * expanded, packed one after the other.
 *
 * A fingerprint is the XXH3-128 of a packed world. Of a hundred million states two have the same
 * one with a probability below 10⁻²².
 *
 * Where a state came from is the level it is on and the fingerprint of the least of its parents,
 * as much as fits into 8 bytes: threads may meet it in any order, and still the way back is
 * always the same. The moves between are found by going forward again. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t low, high;
} SrFingerprint;

typedef struct SrStateStore SrStateStore;

#define SR_STORE_LEVEL_MAX 1023u
/** SR_STORE_MEMORY_MAX: bytes within which numbers of states have 32 bits */
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
 * From any thread, if the store is shared. Returns: whether it was not there
 */
bool sr_state_store_add(SrStateStore *store, const SrFingerprint *state, unsigned level,
                        const SrFingerprint *parent, uint32_t *number);
/** sr_state_store_fetch: fetches what adding @state will touch, for whoever knows some time before that it comes */
void sr_state_store_fetch(const SrStateStore *store, const SrFingerprint *state);
/** sr_state_store_parent: Returns: whether @state is there and has a parent, which is then in @parent
 */
bool sr_state_store_parent(const SrStateStore *store, const SrFingerprint *state,
                           SrFingerprint *parent);
/** sr_state_store_numbers: Returns: one more than the highest number that a state may have; not
 * many more than there are states */
uint64_t sr_state_store_numbers(const SrStateStore *store);
/** sr_state_store_n: how many */
uint64_t sr_state_store_n(const SrStateStore *store);

SrFingerprint sr_fingerprint(const uint8_t *bytes, size_t n);

static inline int
sr_fingerprint_compare(const SrFingerprint *a, const SrFingerprint *b)
{
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    return a->high == b->high ? 0 : a->high < b->high ? -1 : 1;
}

/* ---- what waits ---- */

enum { SR_CHUNK_BYTES = 32 << 10 };

typedef struct SrChunk SrChunk;
struct SrChunk {
    SrChunk *next;
    uint32_t used;
    uint8_t bytes[SR_CHUNK_BYTES]; /* an SrWaiting, then the packed world, and so on */
};

/* What stands before a packed world. */
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
