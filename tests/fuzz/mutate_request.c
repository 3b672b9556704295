/* SPDX-License-Identifier: MIT */
/* Mutates an input that is one message. */
#include "mutate.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned int seed)
{
        struct dice dice = dice_new(seed);

        if (dice_throw(&dice, 24) == 0)
                return LLVMFuzzerMutate(data, size, size_max);
        return mutate_message(&dice, data, size, size_max);
}
