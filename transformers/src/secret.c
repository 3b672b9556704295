/* SPDX-License-Identifier: MIT */
/* See secret.h. */
#include "secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"

bool ek_message_field_is_secret(const struct ekiden_message *type, unsigned int number)
{
        for (size_t i = 0; i < type->field_count; i++)
                if ((type->fields[i].flags & EKIDEN_FIELD_SECRET) &&
                    type->descriptor->fields[type->fields[i].index].id == number)
                        return true;
        return false;
}

void *ek_secret_realloc(bool is_secret, void *memory, size_t size_bytes, size_t new_size_bytes)
{
        void *grown;

        if (!is_secret)
                return realloc(memory, new_size_bytes);
        grown = malloc(new_size_bytes);
        if (!grown)
                return NULL;
        if (size_bytes > 0)
                memcpy(grown, memory, size_bytes < new_size_bytes ? size_bytes : new_size_bytes);
        ek_secret_free(true, memory, size_bytes);
        return grown;
}

void ek_secret_free(bool is_secret, void *memory, size_t size_bytes)
{
        if (is_secret && memory)
                explicit_bzero(memory, size_bytes);
        free(memory);
}

__attribute__((noinline)) void ek_secret_wipe_stack(void)
{
        uint8_t below[4096];

        explicit_bzero(below, sizeof(below));
}
