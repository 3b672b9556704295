/* SPDX-License-Identifier: MIT */
/*
 * Values of the third release: what is written as an integer is kept as one.
 */
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "value_memory.h"

struct text entry_value(const struct entry *entry, char room[NUMBER_SIZE])
{
        if (entry->kind == VALUE_INTEGER)
                return text_from_integer(entry->value.integer, room);
        return (struct text){entry->value.text.bytes, entry->value.text.size};
}

/* Makes it text of this size; bytes that it has stay, as many as fit. */
static bool resize(struct entry *entry, size_t size)
{
        bool was_bytes = entry->kind == VALUE_BYTES;
        uint8_t *bytes = was_bytes ? entry->value.text.bytes : NULL;

        if (!value_resize(&bytes, was_bytes ? entry->value.text.size : 0, size))
                return false;
        entry->kind = VALUE_BYTES;
        entry->value.text.bytes = bytes;
        entry->value.text.size = (uint32_t)size;
        return true;
}

bool entry_set_value(struct entry *entry, struct text value)
{
        int64_t number;

        if (text_to_integer(value, &number))
                return entry_set_integer(entry, number);
        if (!resize(entry, value.size))
                return false;
        if (value.size > 0)
                memcpy(entry->value.text.bytes, value.bytes, value.size);
        return true;
}

bool entry_append(struct entry *entry, struct text more)
{
        char room[NUMBER_SIZE];
        struct text before = entry_value(entry, room);
        bool was_integer = entry->kind == VALUE_INTEGER;

        if (!resize(entry, before.size + more.size))
                return false;
        if (was_integer)
                memcpy(entry->value.text.bytes, before.bytes, before.size);
        if (more.size > 0)
                memcpy(entry->value.text.bytes + before.size, more.bytes, more.size);
        return true;
}

bool entry_integer(const struct entry *entry, int64_t *ret_number)
{
        if (entry->kind == VALUE_BYTES) /* something was appended to an integer */
                return text_to_integer(entry_value(entry, NULL), ret_number);
        *ret_number = entry->value.integer;
        return true;
}

bool entry_set_integer(struct entry *entry, int64_t number)
{
        if (entry->kind == VALUE_BYTES)
                value_free(entry->value.text.bytes, entry->value.text.size);
        entry->kind = VALUE_INTEGER;
        entry->value.integer = number;
        return true;
}

const char *entry_encoding(const struct entry *entry)
{
        return entry->kind == VALUE_INTEGER ? "int" : "raw";
}

void entry_free(struct entry *entry)
{
        if (entry && entry->kind == VALUE_BYTES)
                value_free(entry->value.text.bytes, entry->value.text.size);
        free(entry);
}
