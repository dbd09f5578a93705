/* Named random streams: every draw of a run comes from a stream that is named by its purpose.
 *
 * The key of a stream is a hash of the run's seed, its purpose ("link/server/latency/out") and
 * its subject ("alice"). Its draws depend on nothing else, so an added client, or one more draw
 * on a link, changes no other draw. The state is eight bytes: splitmix64 (Steele, Lea, Flood
 * 2014), counting from the key. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)

/** SrStream: the state of one stream. Copy it with `=` to draw the same numbers again. */
typedef struct {
    uint64_t state;
} SrStream;

#define SR_STREAM_GAMMA UINT64_C(0x9e3779b97f4a7c15)

/** sr_mix64: the finaliser of splitmix64: a bijection of 64 bits in which each input bit flips
 * half of the output bits on average. */
static inline uint64_t
sr_mix64(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/**
 * sr_name_hash:
 * @name: (array length=length): a purpose or the name of a node
 *
 * Returns: XXH3-64 of @name, the same on every machine
 */
uint64_t sr_name_hash(const char *name, size_t length);

/**
 * sr_stream_key:
 * @seed: the run's seed
 * @purpose: sr_name_hash() of the stream's purpose
 *
 * Returns: the key of the stream (purpose, subject) under @seed
 */
static inline uint64_t
sr_stream_key(uint64_t seed, uint64_t purpose, uint64_t subject)
{
    return sr_mix64(sr_mix64(sr_mix64(seed + SR_STREAM_GAMMA) ^ purpose) + subject);
}

/** sr_stream_base: the common part of all streams of @purpose under @seed, for a caller that
 * draws from many of them: sr_stream_key() in two parts. */
static inline uint64_t
sr_stream_base(uint64_t seed, uint64_t purpose)
{
    return sr_mix64(sr_mix64(seed + SR_STREAM_GAMMA) ^ purpose);
}

/** sr_stream_key_of: @base: of sr_stream_base(). Returns: sr_stream_key() of its seed and
 * purpose and of @subject */
static inline uint64_t
sr_stream_key_of(uint64_t base, uint64_t subject)
{
    return sr_mix64(base + subject);
}

/**
 * sr_stream_at:
 * @key: of sr_stream_key()
 * @index: number of the draw, from 0
 *
 * A stream for draw @index of @key. One draw may take any number of 64-bit words and still
 * changes no other draw. The owner keeps a counter instead of a state.
 */
static inline SrStream
sr_stream_at(uint64_t key, uint64_t index)
{
    return (SrStream){ sr_mix64(key ^ sr_mix64(index + SR_STREAM_GAMMA)) };
}

/** sr_stream_next: Returns: the next 64 uniform bits; advances the stream by one word. */
static inline uint64_t
sr_stream_next(SrStream *stream)
{
    return sr_mix64(stream->state += SR_STREAM_GAMMA);
}

/**
 * sr_stream_below:
 * @n: at least 1
 *
 * Returns: a whole number in [0, @n), without bias (multiply-high with rejection, Lemire 2019)
 */
static inline uint64_t
sr_stream_below(SrStream *stream, uint64_t n)
{
    unsigned __int128 product = (unsigned __int128) sr_stream_next(stream) * n;

    if (__builtin_expect((uint64_t) product < n, 0)) {
        uint64_t floor = (0 - n) % n;

        while ((uint64_t) product < floor)
            product = (unsigned __int128) sr_stream_next(stream) * n;
    }
    return (uint64_t) (product >> 64);
}

#pragma GCC visibility pop
