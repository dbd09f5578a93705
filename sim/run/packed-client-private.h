/* A client in 32 bytes, if nothing unusual has happened to it.
 *
 * An SrClient has room for whatever may befall a client. Of what does befall one mostly, much says
 * the same again: there are at most two hints, its own attempt's and the session's, with a key each,
 * and every field that is a hint or a key is one of them or none. So the two pairs stand here once,
 * and two bits say for each field which of them it is. Counters are small, requests that are awaited
 * are among the last ones, and a token is of about the scenario's epoch. A client of whom any of
 * this is not so does not fit; it is kept elsewhere, whole. */
#pragma once

#include <stdint.h>

#include "protocol/client.h"

/* All zero: a client that is all zero. */
typedef struct {
    uint32_t hints[2], keys[2];
    uint32_t token; /* s after the epoch, modulo 2^32, if it has one */
    uint8_t conn, requests, first_request, seals;
    uint32_t state : 5, reason : 5;
    uint32_t fresh_token : 1, has_token : 1;
    uint32_t awaits : 3, renews : 3; /* 0: none; 1: the last request; 2: the one before it … */
    uint32_t sealed : 1;             /* own_counter is `seals`, else it is 0 */
    /* Which of the pairs, from 1; 0: none. */
    uint32_t own_hint : 2, own_key : 2, target : 2, target_key : 2, known : 2, won : 2;
    uint32_t whole : 1; /* nothing else here means anything: the client did not fit */
    uint32_t settled : 2;
    uint32_t first_held : 2, second_held : 2; /* others it does not hold */
    uint32_t held_next : 2, held_derived : 4;
    uint32_t tries : 4, connect_tries : 4, reconnect_tries : 4;
} SrPackedClient;

/**
 * sr_packed_client_set:
 * @packed: (out): @client; undefined unless it fits
 * @epoch_s: the scenario's epoch
 *
 * Returns: whether @client fits, so that sr_packed_client_get() gives every byte of it back
 */
bool sr_packed_client_set(SrPackedClient *packed, const SrClient *client, int64_t epoch_s);

/**
 * sr_packed_client_get:
 * @packed: not whole
 * @client: (out): what it was set to under the same @epoch_s
 */
void sr_packed_client_get(const SrPackedClient *packed, SrClient *client, int64_t epoch_s);

/** sr_client_state_is_open: Returns: whether a client in @state has a connection */
static inline bool
sr_client_state_is_open(uint8_t state)
{
    return state >= SR_CLIENT_CONNECTING && state <= SR_CLIENT_COLLABORATING;
}
