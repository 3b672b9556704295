/* SPDX-License-Identifier: MIT */
/* What the program has, by hashes alone: how often each is there, and how often it came. */
#include <stdlib.h>

#include "state/verify_private.h"

static int compare(const void *a, const void *b)
{
        const struct ek_digest *one = &((const struct ek_seen *)a)->hash;
        const struct ek_digest *other = &((const struct ek_seen *)b)->hash;

        if (one->low != other->low)
                return one->low < other->low ? -1 : 1;
        return one->high < other->high ? -1 : one->high > other->high;
}

int ek_seen_add(struct ek_seen_list *list, struct ek_digest hash)
{
        int r = ek_objects_grow(&list->seen, &list->capacity, list->count, sizeof(*list->seen));

        if (r == 0)
                list->seen[list->count++] = (struct ek_seen){.hash = hash, .count = 1};
        return r;
}

void ek_seen_sort(struct ek_seen_list *list)
{
        size_t kept = 0;

        if (list->count > 0)
                qsort(list->seen, list->count, sizeof(*list->seen), compare);
        for (size_t i = 0; i < list->count; i++) {
                if (kept > 0 && compare(&list->seen[kept - 1], &list->seen[i]) == 0)
                        list->seen[kept - 1].count++;
                else
                        list->seen[kept++] = list->seen[i];
        }
        list->count = kept;
}

struct ek_seen *ek_seen_find(const struct ek_seen_list *list, struct ek_digest hash)
{
        const struct ek_seen key = {.hash = hash};

        return list->count > 0 ? bsearch(&key, list->seen, list->count, sizeof(key), compare)
                               : NULL;
}
