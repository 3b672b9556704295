/* SPDX-License-Identifier: MIT */
/* Chance in a mutator: all of it comes from the seed that libFuzzer gives, so that a run repeats.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct dice {
        uint64_t state;
};

static inline struct dice dice_new(unsigned int seed)
{
        return (struct dice){seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
}

/** Any 64 bits (xorshift64*, Vigna 2016). */
static inline uint64_t dice_bits(struct dice *dice)
{
        dice->state ^= dice->state >> 12;
        dice->state ^= dice->state << 25;
        dice->state ^= dice->state >> 27;
        return dice->state * UINT64_C(0x2545f4914f6cdd1d);
}

/** 0 to `end` - 1; 0 where `end` is 0. */
static inline size_t dice_throw(struct dice *dice, size_t end)
{
        return end > 0 ? (size_t)((dice_bits(dice) >> 11) % end) : 0;
}
