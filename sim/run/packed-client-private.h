/* The state of a client in 32 bytes, for clients in common states.
 *
 * SrClient has a field for every case. In most states most of them are redundant; the packed
 * form stores only the rest. A client knows at most two hints, the one of its own attempt and
 * the one of the session, with one key each. Every field that holds a hint or a key holds one
 * of these two or none. So the packed form stores the two pairs once, and two bits per field
 * say which pair it is. Counters are small, an awaited request is one of the last few, and a
 * token is issued near the scenario's epoch. A client that breaks any of these rules does not
 * fit; it is kept elsewhere as an SrClient. */
#pragma once

#include <stdint.h>

#include "protocol/client.h"

/* All bytes zero stand for a client that is all zero. */
typedef struct {
    uint32_t hints[2], keys[2];
    uint32_t token; /* seconds after the epoch, modulo 2^32, if it has a token */
    uint8_t conn, requests, first_request, seals;
    uint32_t state : 5, reason : 5;
    uint32_t fresh_token : 1, has_token : 1;
    /* 0: none; 1: the last request; 2: the one before it; and so on */
    uint32_t awaits : 3, renews : 3;
    uint32_t sealed : 1; /* own_counter equals `seals`; else own_counter is 0 */
    /* Which of the two pairs, from 1; 0: none. */
    uint32_t own_hint : 2, own_key : 2, target : 2, target_key : 2, known : 2, won : 2;
    uint32_t whole : 1; /* the client did not fit; then no other field means anything */
    uint32_t settled : 2;
    uint32_t first_held : 2, second_held : 2; /* held[0], held[1]; the others are empty */
    uint32_t held_next : 2, held_derived : 4;
    uint32_t tries : 4, connect_tries : 4, reconnect_tries : 4;
} SrPackedClient;

/**
 * sr_packed_client_set:
 * @packed: (out): @client; undefined if it does not fit
 * @epoch_s: the scenario's epoch
 *
 * Returns: whether @client fits; then sr_packed_client_get() restores every byte of it
 */
bool sr_packed_client_set(SrPackedClient *packed, const SrClient *client, int64_t epoch_s);

/**
 * sr_packed_client_get:
 * @packed: not `whole`
 * @client: (out): the client that @packed was set to, under the same @epoch_s
 */
void sr_packed_client_get(const SrPackedClient *packed, SrClient *client, int64_t epoch_s);

/** sr_client_state_is_open: Returns: whether a client in @state has a connection */
static inline bool
sr_client_state_is_open(uint8_t state)
{
    return state >= SR_CLIENT_CONNECTING && state <= SR_CLIENT_COLLABORATING;
}
