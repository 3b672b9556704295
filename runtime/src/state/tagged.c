/* SPDX-License-Identifier: MIT */
/* A list of what was tagged. It is short, and looked through only at tag calls and in handovers. */
#include "state/tagged.h"

#include <stdlib.h>
#include <string.h>

/* What is allocated for an item. */
struct entry {
        struct ek_tagged tagged;
        struct ek_figures last;
};

static struct {
        struct ek_tagged **items;
        size_t count, capacity;
        uint64_t serial; /* of what was tagged last */
} list;

struct ek_tagged *ek_tagged_find(const char *name)
{
        for (size_t i = 0; i < list.count; i++)
                if (strcmp(list.items[i]->name, name) == 0)
                        return list.items[i];
        return NULL;
}

struct ek_tagged *const *ek_tagged_all(size_t *ret_count)
{
        *ret_count = list.count;
        return list.items;
}

static int make_room(void)
{
        size_t capacity = list.capacity > 0 ? list.capacity * 2 : 8;
        struct ek_tagged **grown;

        if (list.count < list.capacity)
                return 0;
        grown = realloc(list.items, capacity * sizeof(*grown));
        if (!grown)
                return EKIDEN_ENOMEM;
        list.items = grown;
        list.capacity = capacity;
        return 0;
}

int ek_tagged_add(const struct ek_tagged *tagged)
{
        struct entry *entry;
        struct ek_tagged *copy;
        int r;

        if (ek_tagged_find(tagged->name))
                return EKIDEN_EEXISTS;
        r = make_room();
        if (r < 0)
                return r;
        entry = calloc(1, sizeof(*entry));
        if (!entry)
                return EKIDEN_ENOMEM;
        copy = &entry->tagged;
        *copy = *tagged;
        copy->last = &entry->last;
        copy->serial = ++list.serial;
        copy->item.name = copy->name;
        if (ek_tagged_is_value(copy) || copy->native)
                copy->functions = copy;
        list.items[list.count++] = copy;
        return 0;
}

void ek_tagged_forget(void)
{
        for (size_t i = 0; i < list.count; i++)
                free(list.items[i]);
        free(list.items);
        list.items = NULL;
        list.count = list.capacity = 0;
}

int ek_tagged_remove(const char *name)
{
        for (size_t i = 0; i < list.count; i++) {
                if (strcmp(list.items[i]->name, name) != 0)
                        continue;
                free(list.items[i]);
                list.count--;
                memmove(&list.items[i], &list.items[i + 1],
                        (list.count - i) * sizeof(list.items[0]));
                if (list.count == 0) {
                        free(list.items);
                        list.items = NULL;
                        list.capacity = 0;
                }
                return 0;
        }
        return EKIDEN_ENOTFOUND;
}
