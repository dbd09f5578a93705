/* The encryption provider: makes keys, keeps them as long as its retention says, looks them up.
 * Section 6 of the protocol. */
#pragma once

#include "protocol/protocol.h"

/** SR_STATIC_KEY: the number of the one key of kind `static`. */
#define SR_STATIC_KEY 1u

typedef enum {
    SR_PROVIDER_STORED,
    SR_PROVIDER_STATIC,
    SR_PROVIDER_DERIVED,
    SR_PROVIDER_UNSTABLE
} SrProviderKind;
typedef enum { SR_HINTS_UNIQUE, SR_HINTS_TIMESTAMP, SR_HINTS_NONE } SrHints;
typedef enum {
    SR_ON_COLLISION_REFUSE,
    SR_ON_COLLISION_OVERWRITE,
    SR_ON_COLLISION_KEEP_FIRST
} SrOnCollision;
typedef enum {
    SR_KEEP_FOREVER,
    SR_KEEP_ON_NEW_KEY,
    SR_KEEP_LAST,
    SR_KEEP_FOR,
    SR_KEEP_UNTIL_SETTLED
} SrKeep;

/** SrProviderRules: the keys of `[encryption-provider]` that the core needs. */
typedef struct {
    uint8_t kind, hints, on_collision, keep; /* the enums above */
    bool atomic, reuse;
    SrSpan resolution; /* of timestamp hints, ns */
    SrSpan keep_for;   /* ns */
    SrSpan reuse_for;  /* ns; when `reuse` */
    uint64_t keep_last;
    uint32_t replicas;
    uint32_t keep_masters;
} SrProviderRules;

/** SrHintText: how a hint reads. */
typedef enum {
    SR_HINT_TEXT_UNIQUE,
    SR_HINT_TEXT_TIMESTAMP,
    SR_HINT_TEXT_EMPTY,
    SR_HINT_TEXT_PREVIOUS
} SrHintText;

/** SrKeySlot: one (document, hint) of the store. Its number, from 1, is the number of the hint.
 * A slot stays when its key is discarded. It is small, since there may be a million. What only
 * some kinds of hints need is in separate arrays. The number in the text of a hint is computed:
 * for a unique hint from its slot, for a timestamp from its instant. */
typedef struct {
    int64_t made_at;         /* the latest key, by the provider's clock, ns */
    uint32_t key;            /* the latest under this hint */
    uint32_t next, previous; /* live keys of the document, in the order of making; 0: none */
    uint32_t document : 29;
    uint32_t text : 2; /* SrHintText */
    uint32_t live : 1; /* the primary can answer it */
} SrKeySlot;

/** SrProviderDocument: the live keys of one document, oldest first; 0: none. */
typedef struct {
    uint32_t first, last, n_live;
    uint32_t making; /* keys being made */
} SrProviderDocument;

/** SrProvider: the caller owns the arrays; slot 0 is not used. */
typedef struct {
    SrKeySlot *slots; /* capacity + 1 */
    /* capacity + 1: the master secret used; (nullable) unless derived. */
    uint32_t *masters;
    /* capacity + 1: the next slot of the same bucket, 0: none; (nullable) where no text can
     * repeat, as do timestamps and the empty one. */
    uint32_t *chains;
    uint32_t *buckets;      /* n_buckets, a power of two; empty ones are 0 */
    uint32_t *replica_keys; /* (capacity + 1) × (replicas - 1); (nullable) with one replica */
    SrProviderDocument *documents; /* n_documents */
    uint32_t capacity, n_buckets, n_documents;
    uint32_t n_slots, n_keys;
    uint32_t n_previous; /* the first slots: unique hints are numbered from the next one */
    uint32_t master;     /* the number of the master secret in use, from 1 */
} SrProvider;

/** sr_provider_link_live: the primary can answer @hint; its key becomes the newest live one of its
 * document. */
static inline void
sr_provider_link_live(SrKeySlot *slots, SrProviderDocument *documents, uint32_t hint)
{
    SrKeySlot *slot = &slots[hint];
    SrProviderDocument *document = &documents[slot->document];

    slot->live = true;
    slot->next = 0;
    slot->previous = document->last;
    if (document->last == 0)
        document->first = hint;
    else
        slots[document->last].next = hint;
    document->last = hint;
    document->n_live++;
}

/** sr_provider_reset: an empty store. */
void sr_provider_reset(const SrProviderRules *rules, SrProvider *provider);
/** sr_provider_rehash: fills the buckets again, after the caller has made room. A step adds at
 * most one slot. */
void sr_provider_rehash(const SrProviderRules *rules, SrProvider *provider);
/**
 * sr_provider_add_previous: the key of an older session of @document, under the hint
 * `previous`, made at @now; before any other key.
 *
 * Returns: the hint's number; its key is slots[hint].key
 */
uint32_t sr_provider_add_previous(const SrProviderRules *rules, SrProvider *provider,
                                  uint32_t document, int64_t now, SrActions *actions);
/**
 * sr_provider_message: takes up a request of @document at the end of its processing.
 * @now: the provider's own clock, ns since 1970
 */
void sr_provider_message(const SrProviderRules *rules, SrProvider *provider,
                         const SrMessage *message, uint32_t document, int64_t now,
                         SrActions *actions);
/**
 * sr_provider_ready: the end of `generate` or `lookup`.
 * @message: as the action held it
 * @replica: for a lookup, the replica that is read, from 0
 */
void sr_provider_ready(const SrProviderRules *rules, SrProvider *provider,
                       const SrMessage *message, uint32_t document, int64_t now,
                       uint32_t replica, SrActions *actions);
/** sr_provider_expire: checks the age of @hint. */
void sr_provider_expire(const SrProviderRules *rules, SrProvider *provider, uint32_t hint,
                        int64_t now, SrActions *actions);
/** sr_provider_rotate: makes a new master secret; those beyond `keep-masters` are forgotten. */
void sr_provider_rotate(const SrProviderRules *rules, SrProvider *provider, SrActions *actions);
/** sr_provider_replicated: replica @replica (from 1) now answers @hint with @key; with 0, it
 * does not know the hint. */
static inline void
sr_provider_replicated(const SrProviderRules *rules, SrProvider *provider, uint32_t replica,
                       uint32_t hint, uint32_t key)
{
    provider->replica_keys[(uint64_t) hint * (rules->replicas - 1) + replica - 1] = key;
}
/** sr_provider_tick: Returns: the number in the text of @slot, a timestamp. If the key of a slot
 * is made again, the slot is found by the same number. */
static inline int64_t
sr_provider_tick(const SrProviderRules *rules, const SrKeySlot *slot)
{
    return sr_floor_div(slot->made_at, (int64_t) rules->resolution);
}
/**
 * sr_provider_hint_text: writes the text of @hint, without a closing zero.
 *
 * Returns: the number of bytes
 */
size_t sr_provider_hint_text(const SrProviderRules *rules, const SrProvider *provider,
                             uint32_t hint, char out[static 64]);
