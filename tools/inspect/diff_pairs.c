/* SPDX-License-Identifier: MIT */
/* See diff_pairs.h. */
#include "diff_pairs.h"

#include <stdlib.h>

/* Entries of one identity, in both indices. */
struct run {
        const struct diff_entry *older, *older_end;
        const struct diff_entry *newer, *newer_end;
};

static int compare_digests(const struct ek_digest *a, const struct ek_digest *b)
{
        if (a->high != b->high)
                return a->high < b->high ? -1 : 1;
        return a->low < b->low ? -1 : a->low > b->low;
}

/* The end of the run that begins here. */
static const struct diff_entry *end_of_run(const struct diff_entry *entry,
                                           const struct diff_entry *end)
{
        const struct diff_entry *first = entry;

        while (entry < end && compare_digests(&entry->identity, &first->identity) == 0)
                entry++;
        return entry;
}

static void add(struct diff_pairs *pairs, const struct diff_entry *older,
                const struct diff_entry *newer)
{
        pairs->list[pairs->count++] = (struct diff_pair){older, newer};
}

/* The next entry of a run that is not the same as one of the other side; NULL: there is none. */
static const struct diff_entry *next_alone(const struct diff_entry **at,
                                           const struct diff_entry *end,
                                           const struct diff_entry **other,
                                           const struct diff_entry *other_end)
{
        while (*at < end) {
                int order = 1;

                while (*other < other_end &&
                       (order = compare_digests(&(*other)->content, &(*at)->content)) < 0)
                        ++*other;
                if (*other == other_end || order > 0)
                        return (*at)++;
                ++*other; /* a pair of the same: both are passed */
                ++*at;
        }
        return NULL;
}

/* Those of one identity are the same in pairs, then differ in pairs, and then there are more on one
 * side. */
static void pair_run(struct diff_pairs *pairs, const struct run *run, bool same_schema)
{
        const struct diff_entry *older = run->older, *newer_seen = run->newer;
        const struct diff_entry *newer = run->newer, *older_seen = run->older;

        for (;;) {
                const struct diff_entry *a, *b;

                if (same_schema) {
                        a = next_alone(&older, run->older_end, &newer_seen, run->newer_end);
                        b = next_alone(&newer, run->newer_end, &older_seen, run->older_end);
                } else {
                        a = older < run->older_end ? older++ : NULL;
                        b = newer < run->newer_end ? newer++ : NULL;
                }
                if (!a && !b)
                        return;
                add(pairs, a, b);
        }
}

static int compare_entries(const struct diff_entry *a, const struct diff_entry *b)
{
        if (a->place.group != b->place.group)
                return a->place.group < b->place.group ? -1 : 1;
        return a->number < b->number ? -1 : a->number > b->number;
}

static int compare_pairs(const void *a, const void *b)
{
        const struct diff_pair *left = a;
        const struct diff_pair *right = b;

        if (!left->older != !right->older)
                return left->older ? -1 : 1;
        return left->older ? compare_entries(left->older, right->older)
                           : compare_entries(left->newer, right->newer);
}

int diff_pairs_find(const struct diff_index *older, const struct diff_index *newer,
                    bool same_schema, struct diff_pairs *ret_pairs)
{
        const struct diff_entry *a = older->entries, *a_end = a + older->count;
        const struct diff_entry *b = newer->entries, *b_end = b + newer->count;

        *ret_pairs = (struct diff_pairs){
                .list = calloc(older->count + newer->count + 1, sizeof(*ret_pairs->list))};
        if (!ret_pairs->list)
                return EKIDEN_ENOMEM;
        while (a < a_end || b < b_end) {
                int order = a == a_end   ? 1
                            : b == b_end ? -1
                                         : compare_digests(&a->identity, &b->identity);
                struct run run = {
                        .older = a,
                        .older_end = order <= 0 ? end_of_run(a, a_end) : a,
                        .newer = b,
                        .newer_end = order >= 0 ? end_of_run(b, b_end) : b,
                };

                pair_run(ret_pairs, &run, same_schema);
                a = run.older_end;
                b = run.newer_end;
        }
        qsort(ret_pairs->list, ret_pairs->count, sizeof(*ret_pairs->list), compare_pairs);
        return 0;
}

void diff_pairs_deinit(struct diff_pairs *pairs)
{
        free(pairs->list);
        *pairs = (struct diff_pairs){0};
}
