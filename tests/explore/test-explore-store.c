/* The states that were seen, and the worlds that wait: what is put in comes out, and the memory that it
 * took is given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "explore/explore-store-private.h"

enum { STATES = 30000 }; /* of a level: tables grow several times */

static SrFingerprint
state_of(uint32_t i)
{
    uint8_t bytes[sizeof i];

    memcpy(bytes, &i, sizeof i);
    return sr_fingerprint(bytes, sizeof bytes);
}

/* ---- states ---- */

static void
a_state_is_new_once(void **state)
{
    uint64_t memory = 0;
    SrStateStore *store = sr_state_store_new(&memory, *state != NULL);
    g_autofree uint32_t *numbers = g_new(uint32_t, STATES);
    g_autofree bool *taken = NULL;

    assert_int_equal(memory, 0);
    for (uint32_t i = 0; i < STATES; i++) {
        SrFingerprint it = state_of(i);

        assert_true(sr_state_store_add(store, &it, 0, NULL, &numbers[i]));
    }
    assert_int_equal(sr_state_store_n(store), STATES);
    assert_in_range(sr_state_store_numbers(store), STATES, 2 * STATES);
    assert_in_range(memory, 32 * STATES, 4 * 32 * STATES);
    taken = g_new0(bool, sr_state_store_numbers(store));
    for (uint32_t i = 0; i < STATES; i++) {
        SrFingerprint it = state_of(i);
        uint32_t number;

        assert_false(sr_state_store_add(store, &it, 1, &it, &number));
        assert_int_equal(number, numbers[i]);
        assert_true(number < sr_state_store_numbers(store) && !taken[number]);
        taken[number] = true;
    }
    assert_int_equal(sr_state_store_n(store), STATES);
    sr_state_store_free(store);
    assert_int_equal(memory, 0);
}

/* By which parents are compared: ten bits are left for a level. */
static uint64_t
low_bits(const SrFingerprint *state)
{
    return state->low & UINT64_MAX >> 10;
}

/* Of the parents in the level before, the least one is kept, in whatever order they come. */
static void
the_least_parent_is_kept(void **state)
{
    uint64_t memory = 0;
    SrStateStore *store = sr_state_store_new(&memory, false);
    const SrFingerprint first = state_of(UINT32_MAX), unknown = state_of(UINT32_MAX - 1);
    SrFingerprint parent;
    uint32_t number;

    (void) state;
    assert_false(sr_state_store_parent(store, &first, &parent));
    sr_state_store_add(store, &first, 0, NULL, &number);
    for (uint32_t i = 0; i < STATES; i++) {
        SrFingerprint it = state_of(i);

        assert_true(sr_state_store_add(store, &it, i < 10 ? 1 : 2, &first, &number));
    }
    for (uint32_t i = 10; i < STATES; i++) {
        SrFingerprint it = state_of(i), a = state_of(i % 10), b = state_of((i + 1) % 10);
        SrFingerprint child = state_of(STATES + i), least = low_bits(&a) < low_bits(&b) ? a : b;

        assert_true(sr_state_store_add(store, &child, 2, &a, &number));
        assert_false(sr_state_store_add(store, &child, 2, &b, &number));
        /* A longer path changes nothing. */
        assert_false(sr_state_store_add(store, &child, 3, &it, &number));
        assert_true(sr_state_store_parent(store, &child, &parent));
        assert_int_equal(sr_fingerprint_compare(&parent, &least), 0);
        assert_true(sr_state_store_parent(store, &parent, &parent));
        assert_int_equal(sr_fingerprint_compare(&parent, &first), 0);
    }
    assert_false(sr_state_store_parent(store, &first, &parent));
    assert_false(sr_state_store_parent(store, &unknown, &parent));
    sr_state_store_free(store);
}

/* ---- worlds that wait ---- */

/* Adds worlds @from … @to, each of another length. */
static void
add_worlds(SrChunkList *list, uint64_t *memory, uint32_t from, uint32_t to)
{
    uint8_t bytes[1000];

    for (uint32_t i = from; i < to; i++) {
        SrWaiting waiting = { .state = state_of(i), .number = i, .n = i * 7 % sizeof bytes };

        memset(bytes, (int) (i % 251), sizeof bytes);
        sr_chunks_add(list, memory, &waiting, bytes);
    }
}

static void
worlds_come_out_as_they_were(void **state)
{
    enum { FIRST = 3000, ALL = 5000 };
    uint64_t memory = 0;
    SrChunkList list = { 0 }, other = { 0 }, empty = { 0 };
    uint32_t i = 0, n_chunks = 0;

    (void) state;
    sr_chunks_join(&list, &empty);
    assert_null(list.first);
    add_worlds(&other, &memory, 0, FIRST);
    sr_chunks_join(&list, &other);
    assert_null(other.first);
    add_worlds(&other, &memory, FIRST, ALL);
    sr_chunks_join(&list, &other);
    sr_chunks_join(&list, &empty);
    assert_int_equal(list.n, ALL);
    for (const SrChunk *chunk = list.first; chunk != NULL; chunk = chunk->next) {
        n_chunks++;
        assert_in_range(chunk->used, 1, SR_CHUNK_BYTES);
        for (uint32_t at = 0; at < chunk->used; i++) {
            SrFingerprint wanted = state_of(i);
            SrWaiting waiting;

            memcpy(&waiting, &chunk->bytes[at], sizeof waiting);
            at += (uint32_t) sizeof waiting;
            assert_int_equal(sr_fingerprint_compare(&waiting.state, &wanted), 0);
            assert_int_equal(waiting.number, i);
            assert_int_equal(waiting.n, i * 7 % 1000);
            for (uint32_t k = 0; k < waiting.n; k++)
                assert_int_equal(chunk->bytes[at + k], i % 251);
            at += waiting.n;
        }
        assert_true(chunk->next != NULL || chunk == list.last);
    }
    assert_int_equal(i, ALL);
    assert_int_equal(memory, n_chunks * sizeof(SrChunk));
    sr_chunks_clear(&list, &memory);
    assert_int_equal(memory, 0);
    assert_true(list.first == NULL && list.last == NULL && list.n == 0);
}

/* A chunk is filled to its last byte. */
static void
a_chunk_is_filled(void **state)
{
    static uint8_t bytes[SR_CHUNK_BYTES];
    SrWaiting waiting = { .n = SR_CHUNK_BYTES / 2 - sizeof waiting };
    SrChunkList list = { 0 };
    uint64_t memory = 0;

    (void) state;
    sr_chunks_add(&list, &memory, &waiting, bytes);
    sr_chunks_add(&list, &memory, &waiting, bytes);
    assert_int_equal(memory, sizeof(SrChunk));
    waiting.n = 0;
    sr_chunks_add(&list, &memory, &waiting, bytes);
    assert_int_equal(memory, 2 * sizeof(SrChunk));
    sr_chunks_clear(&list, &memory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_is_new_once),
        cmocka_unit_test_prestate(a_state_is_new_once, (void *) (uintptr_t) "shared"),
        cmocka_unit_test(the_least_parent_is_kept),
        cmocka_unit_test(worlds_come_out_as_they_were),
        cmocka_unit_test(a_chunk_is_filled),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL) != 0;
}
