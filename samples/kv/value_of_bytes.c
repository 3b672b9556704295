/* SPDX-License-Identifier: MIT */
/*
 * Values of the first and the second release: bytes, whatever they mean.
 */
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "value_memory.h"

struct text entry_value(const struct entry *entry, char room[NUMBER_SIZE])
{
        (void)room;
        return (struct text){entry->value, entry->value_size};
}

static bool resize(struct entry *entry, size_t size)
{
        if (!value_resize(&entry->value, entry->value_size, size))
                return false;
        entry->value_size = (uint32_t)size;
        return true;
}

bool entry_set_value(struct entry *entry, struct text value)
{
        if (!resize(entry, value.size))
                return false;
        if (value.size > 0)
                memcpy(entry->value, value.bytes, value.size);
        return true;
}

bool entry_append(struct entry *entry, struct text more)
{
        size_t size = entry->value_size;

        if (!resize(entry, size + more.size))
                return false;
        if (more.size > 0)
                memcpy(entry->value + size, more.bytes, more.size);
        return true;
}

bool entry_integer(const struct entry *entry, int64_t *ret_number)
{
        return text_to_integer((struct text){entry->value, entry->value_size}, ret_number);
}

bool entry_set_integer(struct entry *entry, int64_t number)
{
        char room[NUMBER_SIZE];

        return entry_set_value(entry, text_from_integer(number, room));
}

const char *entry_encoding(const struct entry *entry)
{
        (void)entry;
        return "raw";
}

void entry_free(struct entry *entry)
{
        if (entry)
                value_free(entry->value, entry->value_size);
        free(entry);
}
