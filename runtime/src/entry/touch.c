/* SPDX-License-Identifier: MIT */
/* What a program tells of changes, while something is sent ahead. Otherwise nobody comes here. */
#include <ekiden/ahead.h>

#include <string.h>

#include "state/changes.h"

static void touch(const struct ekiden_item *item, const struct ekiden_key *key)
{
        struct ek_changes *changes = ek_changes_of(item);

        if (changes)
                ek_changes_note(changes, key);
}

void ekiden_touch_number(const struct ekiden_item *item, uint64_t key)
{
        touch(item, &(struct ekiden_key){.number = key});
}

void ekiden_touch_text(const struct ekiden_item *item, const char *key)
{
        const char *text = key ? key : "";

        ekiden_touch_bytes(item, text, strlen(text));
}

void ekiden_touch_bytes(const struct ekiden_item *item, const void *key, size_t size_bytes)
{
        touch(item, &(struct ekiden_key){.data = key, .size = key ? size_bytes : 0});
}
