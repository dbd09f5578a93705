/* A table of results of costly pure functions. It has sets of a few entries, like a processor's
 * cache: the hash of an input selects the set, the whole input is compared, and in a full set
 * the oldest entry is replaced. The bound keeps memory constant in a sweep of a million seeds.
 * The fixed rule of replacement keeps not only the results but also the work the same from run
 * to run. */
#include "crypto/crypto-private.h"

#include <openssl/crypto.h>
#include <string.h>
#include <xxhash.h>

struct SrMemoEntry {
    uint64_t hash;
    uint8_t *bytes; /* (owned) (nullable) the input, then the result */
    size_t n_input, n_result;
};

static void
entry_clear(struct SrMemoEntry *entry)
{
    /* The table does not know whether an entry holds a key or a token, so it overwrites both.
     */
    if (entry->bytes != NULL)
        OPENSSL_cleanse(entry->bytes, entry->n_input + entry->n_result);
    g_free(entry->bytes);
    *entry = (struct SrMemoEntry){ 0 };
}

SrMemo *
sr_memo_new(size_t n_sets)
{
    SrMemo *memo = g_new0(SrMemo, 1);

    g_assert(n_sets != 0);
    g_assert((n_sets & (n_sets - 1)) == 0);
    memo->n_sets = n_sets;
    memo->entries = g_new0(struct SrMemoEntry, n_sets * SR_MEMO_WAYS);
    memo->oldest = g_new0(uint8_t, n_sets);
    return memo;
}

void
sr_memo_free(SrMemo *memo)
{
    if (memo == NULL)
        return;
    for (size_t i = 0; i < memo->n_sets * SR_MEMO_WAYS; i++)
        entry_clear(&memo->entries[i]);
    g_free(memo->entries);
    g_free(memo->oldest);
    g_free(memo);
}

const uint8_t *
sr_memo_lookup(SrMemo *memo, const uint8_t *input, size_t n_input, size_t *n_result)
{
    uint64_t hash = XXH3_64bits(input, n_input);
    const struct SrMemoEntry *set = &memo->entries[(hash & (memo->n_sets - 1)) * SR_MEMO_WAYS];

    for (size_t way = 0; way < SR_MEMO_WAYS; way++) {
        const struct SrMemoEntry *entry = &set[way];

        if (entry->bytes == NULL || entry->hash != hash || entry->n_input != n_input)
            continue;
        if (memcmp(entry->bytes, input, n_input) != 0)
            continue;
        memo->n_hits++;
        *n_result = entry->n_result;
        return entry->bytes + n_input;
    }
    return NULL;
}

const uint8_t *
sr_memo_store(SrMemo *memo, const uint8_t *input, size_t n_input, const uint8_t *result,
              size_t n_result)
{
    uint64_t hash = XXH3_64bits(input, n_input);
    size_t set = (size_t) (hash & (memo->n_sets - 1));
    struct SrMemoEntry *entry = &memo->entries[set * SR_MEMO_WAYS + memo->oldest[set]];

    g_assert(n_input != 0);
    memo->oldest[set] = (uint8_t) ((memo->oldest[set] + 1) % SR_MEMO_WAYS);
    entry_clear(entry);
    entry->hash = hash;
    entry->bytes = g_malloc(n_input + n_result);
    entry->n_input = n_input;
    entry->n_result = n_result;
    memcpy(entry->bytes, input, n_input);
    if (n_result != 0)
        memcpy(entry->bytes + n_input, result, n_result);
    memo->n_stores++;
    return entry->bytes + n_input;
}
