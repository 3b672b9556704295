/* SPDX-License-Identifier: MIT */
#include "hash.h"

#include <endian.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct state {
        uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t word, unsigned int bits)
{
        return word << bits | word >> (64 - bits);
}

static inline void turn(struct state *state)
{
        state->v0 += state->v1;
        state->v1 = rotate(state->v1, 13) ^ state->v0;
        state->v0 = rotate(state->v0, 32);
        state->v2 += state->v3;
        state->v3 = rotate(state->v3, 16) ^ state->v2;
        state->v0 += state->v3;
        state->v3 = rotate(state->v3, 21) ^ state->v0;
        state->v2 += state->v1;
        state->v1 = rotate(state->v1, 17) ^ state->v2;
        state->v2 = rotate(state->v2, 32);
}

static inline void take_word(struct state *state, uint64_t word)
{
        state->v3 ^= word;
        turn(state);
        state->v0 ^= word;
}

static inline uint64_t word_at(const uint8_t *bytes)
{
        uint64_t word;

        memcpy(&word, bytes, sizeof(word));
        return le64toh(word);
}

uint64_t hash_bytes(const struct hash_seed *seed, const void *bytes, size_t size)
{
        const uint8_t *next = bytes;
        uint64_t rest = (uint64_t)size << 56;
        struct state state = {
                .v0 = seed->first ^ UINT64_C(0x736f6d6570736575),
                .v1 = seed->second ^ UINT64_C(0x646f72616e646f6d),
                .v2 = seed->first ^ UINT64_C(0x6c7967656e657261),
                .v3 = seed->second ^ UINT64_C(0x7465646279746573),
        };

        for (; size >= 8; size -= 8, next += 8)
                take_word(&state, word_at(next));
        for (size_t i = 0; i < size; i++)
                rest |= (uint64_t)next[i] << (8 * i);
        take_word(&state, rest);
        state.v2 ^= 0xff;
        turn(&state);
        turn(&state);
        turn(&state);
        return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

struct hash_seed hash_seed_draw(void)
{
        struct hash_seed seed;
        struct timespec now;

        if (getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed))
                return seed;
        clock_gettime(CLOCK_REALTIME, &now);
        return (struct hash_seed){(uint64_t)now.tv_nsec, (uint64_t)getpid()};
}
