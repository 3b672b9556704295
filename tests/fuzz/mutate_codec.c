/* SPDX-License-Identifier: MIT */
/* Mutates an input that is one message behind a byte that says of which type it is. */
#include "mutate.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned int seed)
{
        struct dice dice = dice_new(seed);

        /* bytes as they are more often than elsewhere: lengths and order are what is looked at */
        if (size < 2 || dice_throw(&dice, 4) == 0)
                return LLVMFuzzerMutate(data, size, size_max);
        return 1 + mutate_message(&dice, data + 1, size - 1, size_max - 1);
}
