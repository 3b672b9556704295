/* SPDX-License-Identifier: MIT */
/* What a program tells of changes, while something is sent ahead. Otherwise nobody comes here. */
#include <ekiden/ahead.h>

#include <string.h>

#include "state/changes.h"

void ekiden_touch_number(const struct ekiden_item *item, uint64_t key)
{
        ek_changes_note_of(item, &(struct ekiden_key){.number = key});
}

void ekiden_touch_text(const struct ekiden_item *item, const char *key)
{
        const char *text = key ? key : "";

        ekiden_touch_bytes(item, text, strlen(text));
}

void ekiden_touch_bytes(const struct ekiden_item *item, const void *key, size_t size_bytes)
{
        ek_changes_note_of(item, &(struct ekiden_key){.data = key, .size = key ? size_bytes : 0});
}
