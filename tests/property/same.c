/* SPDX-License-Identifier: MIT */
/* See same.h. Breadth first: pairs of objects that correspond, and what they hold. */
#include "same.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#define TEXT_OF(condition) #condition
#define SAME(condition)                            \
        do {                                       \
                if (!(condition))                  \
                        return TEXT_OF(condition); \
        } while (0)
#define SAME_ALL(call)                   \
        do {                             \
                const char *text = call; \
                if (text)                \
                        return text;     \
        } while (0)

struct walk;

typedef const char *comparer(struct walk *walk, const void *a, const void *b);

/* Two objects that are one and the same. */
struct pair {
        const void *a, *b;
        comparer *compare;
};

struct walk {
        struct pair *pairs; /* in the order in which they were found */
        size_t count, room;
        size_t *by_a, *by_b; /* hash tables of pairs, from 1; 0: free */
        size_t slots; /* of each; a power of two */
        size_t allocations; /* that `b` should have */
};

static size_t hash(const void *address, size_t slots)
{
        return (size_t)((uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (slots - 1);
}

/* The slot of an object: with its pair, or free. */
static size_t *find(const struct walk *walk, bool in_b, const void *address)
{
        size_t *table = in_b ? walk->by_b : walk->by_a;
        size_t slot = hash(address, walk->slots);

        while (table[slot] > 0) {
                const struct pair *pair = &walk->pairs[table[slot] - 1];

                if ((in_b ? pair->b : pair->a) == address)
                        break;
                slot = (slot + 1) & (walk->slots - 1);
        }
        return &table[slot];
}

static void grow_walk(struct walk *walk)
{
        walk->slots = walk->slots > 0 ? 2 * walk->slots : 1024;
        free(walk->by_a);
        free(walk->by_b);
        walk->by_a = calloc(walk->slots, sizeof(size_t));
        walk->by_b = calloc(walk->slots, sizeof(size_t));
        walk->room = walk->slots / 2;
        walk->pairs = realloc(walk->pairs, walk->room * sizeof(*walk->pairs));
        cr_assert(walk->by_a && walk->by_b && walk->pairs);
        for (size_t i = 0; i < walk->count; i++) {
                *find(walk, false, walk->pairs[i].a) = i + 1;
                *find(walk, true, walk->pairs[i].b) = i + 1;
        }
}

/* Pointers that must lead to what corresponds. */
static const char *same_object(struct walk *walk, const void *a, const void *b, comparer *compare)
{
        size_t *at_a, *at_b;

        SAME((a == NULL) == (b == NULL));
        if (!a)
                return NULL;
        if (walk->count == walk->room)
                grow_walk(walk);
        at_a = find(walk, false, a);
        at_b = find(walk, true, b);
        SAME(*at_a == *at_b /* sharing is kept */);
        if (*at_a > 0)
                return walk->pairs[*at_a - 1].compare == compare ? NULL : "another type";
        walk->pairs[walk->count++] = (struct pair){a, b, compare};
        *at_a = *at_b = walk->count;
        return NULL;
}

static const char *same_text(struct walk *walk, const char *a, const char *b)
{
        SAME((a == NULL) == (b == NULL));
        SAME(!a || strcmp(a, b) == 0);
        walk->allocations += b != NULL;
        return NULL;
}

static const char *same_array(const char *a, const char *b, size_t size)
{
        size_t length = strnlen(b, size);

        SAME(strncmp(a, b, size) == 0);
        for (size_t i = length; i < size; i++)
                SAME(b[i] == '\0');
        return NULL;
}

/* As many as are pointed to: none are nowhere. */
static const char *same_room(struct walk *walk, size_t a, size_t b, const void *memory)
{
        SAME(a == b);
        SAME((b == 0) == (memory == NULL));
        walk->allocations += b > 0;
        return NULL;
}

static const char *same_bytes(const void *a, const void *b, size_t size)
{
        SAME(size == 0 || memcmp(a, b, size) == 0);
        return NULL;
}

static const char *same_point(const struct point *a, const struct point *b)
{
        SAME(a->x == b->x);
        SAME(a->y == b->y);
        return NULL;
}

#define SAME_BITS(member) SAME(memcmp(&a->member, &b->member, sizeof(a->member)) == 0)

static const char *same_numbers(const struct numbers *a, const struct numbers *b)
{
        SAME_BITS(tiny);
        SAME_BITS(small);
        SAME_BITS(brief);
        SAME_BITS(unsigned_brief);
        SAME_BITS(middle);
        SAME_BITS(unsigned_middle);
        SAME_BITS(wide);
        SAME_BITS(unsigned_wide);
        SAME_BITS(in_wide);
        SAME_BITS(is_set);
        SAME_BITS(real);
        SAME_BITS(real_in_double);
        SAME_BITS(precise);
        SAME_BITS(fixed);
        SAME_BITS(unsigned_fixed);
        return NULL;
}

static comparer compare_tree, compare_basket, compare_farmer, compare_orchard;

static const char *same_trees(struct walk *walk, struct tree *const *a, struct tree *const *b,
                              size_t count)
{
        for (size_t i = 0; i < count; i++)
                SAME_ALL(same_object(walk, a[i], b[i], compare_tree));
        return NULL;
}

static const char *compare_basket(struct walk *walk, const void *data_a, const void *data_b)
{
        const struct basket *a = data_a, *b = data_b;

        walk->allocations++;
        SAME_ALL(same_object(walk, a->self, b->self, compare_basket));
        SAME_ALL(same_object(walk, a->next, b->next, compare_basket));
        SAME(a->tree_count == b->tree_count);
        return same_trees(walk, a->trees, b->trees, a->tree_count);
}

static const char *compare_series(struct walk *walk, const void *data_a, const void *data_b)
{
        const struct series *a = data_a, *b = data_b;

        walk->allocations++;
        SAME(a->count == b->count);
        return same_bytes(a->values, b->values, a->count * sizeof(a->values[0]));
}

static const char *compare_list(struct walk *walk, const void *data_a, const void *data_b)
{
        const struct list *a = data_a, *b = data_b;

        walk->allocations++;
        SAME(a->count == b->count);
        for (int i = 0; i < a->count; i++)
                SAME_ALL(same_text(walk, a->words[i], b->words[i]));
        return same_object(walk, a->next, b->next, compare_list);
}

static const char *compare_blob(struct walk *walk, const void *data_a, const void *data_b)
{
        const struct blob *a = data_a, *b = data_b;

        walk->allocations++;
        SAME(a->size == b->size);
        return same_bytes(a->bytes, b->bytes, a->size);
}

static const char *same_fruit(struct walk *walk, const struct tree *a, const struct tree *b)
{
        SAME(a->fruit_kind == b->fruit_kind);
        switch (a->fruit_kind) {
        case FRUIT_JUICE:
                return same_text(walk, a->fruit.juice, b->fruit.juice);
        case FRUIT_SEEDS:
                SAME(a->fruit.seeds == b->fruit.seeds);
                return NULL;
        case FRUIT_CORE:
                return same_point(&a->fruit.core, &b->fruit.core);
        case FRUIT_GRAFT:
                return same_object(walk, a->fruit.graft, b->fruit.graft, compare_tree);
        case FRUIT_PULP:
                SAME_ALL(same_room(walk, a->fruit.pulp.size, b->fruit.pulp.size,
                                   b->fruit.pulp.bytes));
                return same_bytes(a->fruit.pulp.bytes, b->fruit.pulp.bytes, a->fruit.pulp.size);
        default:
                return NULL;
        }
}

static const char *same_values(struct walk *walk, const struct tree *a, const struct tree *b)
{
        SAME(a->kind == b->kind);
        SAME_ALL(same_numbers(&a->numbers, &b->numbers));
        SAME_ALL(same_point(&a->place, &b->place));
        SAME_ALL(same_point(&a->corners[0], &b->corners[0]));
        SAME_ALL(same_point(&a->corners[1], &b->corners[1]));
        SAME_ALL(same_room(walk, (size_t)a->path_length, (size_t)b->path_length, b->path));
        for (int i = 0; i < a->path_length; i++)
                SAME_ALL(same_point(&a->path[i], &b->path[i]));
        SAME(a->on_harvest == b->on_harvest);
        SAME(a->soil.below.depth == b->soil.below.depth);
        SAME(a->soil.kind == b->soil.kind);
        SAME(a->ripe == b->ripe);
        SAME(a->age == b->age);
        SAME(a->slope == b->slope);
        SAME_ALL(same_room(walk, a->ring_count, b->ring_count, b->rings));
        SAME_ALL(same_bytes(a->rings, b->rings, a->ring_count * sizeof(double)));
        SAME_BITS(readings);
        SAME(a->graft_count == b->graft_count);
        return same_bytes(a->grafts, b->grafts, a->graft_count * sizeof(a->grafts[0]));
}

static const char *same_texts(struct walk *walk, const struct tree *a, const struct tree *b)
{
        SAME_ALL(same_text(walk, a->name, b->name));
        SAME_ALL(same_array(a->label, b->label, sizeof(a->label)));
        SAME_ALL(same_array(a->tags[0], b->tags[0], sizeof(a->tags[0])));
        SAME_ALL(same_array(a->tags[1], b->tags[1], sizeof(a->tags[1])));
        SAME_ALL(same_room(walk, a->nickname_count, b->nickname_count, b->nicknames));
        for (unsigned int i = 0; i < a->nickname_count; i++)
                SAME_ALL(same_text(walk, a->nicknames[i], b->nicknames[i]));
        SAME_ALL(same_room(walk, a->bark_size, b->bark_size, b->bark));
        SAME_ALL(same_bytes(a->bark, b->bark, a->bark_size));
        SAME_BITS(seal);
        SAME(a->sap_size == b->sap_size);
        return same_bytes(a->sap, b->sap, a->sap_size);
}

static const char *same_tree(struct walk *walk, const struct tree *a, const struct tree *b)
{
        SAME_ALL(same_values(walk, a, b));
        SAME_ALL(same_texts(walk, a, b));
        SAME_ALL(same_fruit(walk, a, b));
        SAME_ALL(same_object(walk, a->left, b->left, compare_tree));
        SAME_ALL(same_object(walk, a->right, b->right, compare_tree));
        SAME_ALL(same_object(walk, a->parent, b->parent, compare_tree));
        SAME_ALL(same_room(walk, a->branch_count, b->branch_count, b->branches));
        SAME_ALL(same_trees(walk, a->branches, b->branches, a->branch_count));
        SAME_ALL(same_trees(walk, a->near, b->near, 3));
        SAME_ALL(same_object(walk, a->basket, b->basket, compare_basket));
        SAME_ALL(same_object(walk, a->owner, b->owner, compare_farmer));
        SAME_ALL(same_object(walk, a->planter, b->planter, compare_farmer));
        SAME_ALL(same_object(walk, a->orchard, b->orchard, compare_orchard));
        SAME_ALL(same_object(walk, a->series, b->series, compare_series));
        SAME_ALL(same_object(walk, a->list, b->list, compare_list));
        return same_object(walk, a->blob, b->blob, compare_blob);
}

static const char *compare_tree(struct walk *walk, const void *data_a, const void *data_b)
{
        const struct tree *b = data_b;

        walk->allocations++;
        SAME(b->birds == NULL /* what is ignored is zero in a new struct */);
        SAME(b->unused == 0);
        SAME(b->height == 0);
        return same_tree(walk, data_a, data_b);
}

static const char *compare_farmer(struct walk *walk, const void *data_a, const void *data_b)
{
        const struct farmer *a = data_a, *b = data_b;

        walk->allocations++;
        SAME(b->left == 12 /* as c_new made it */);
        SAME(b->phone == NULL);
        SAME(a->id == b->id);
        SAME_ALL(same_room(walk, a->tree_count, b->tree_count, b->trees));
        SAME_ALL(same_trees(walk, a->trees, b->trees, a->tree_count));
        SAME_ALL(same_object(walk, a->friends[0], b->friends[0], compare_farmer));
        SAME_ALL(same_object(walk, a->friends[1], b->friends[1], compare_farmer));
        return same_object(walk, a->teacher, b->teacher, compare_farmer);
}

static const char *compare_orchard(struct walk *walk, const void *data_a, const void *data_b)
{
        const struct orchard *a = data_a, *b = data_b;

        SAME_ALL(same_object(walk, a->first, b->first, compare_tree));
        SAME_ALL(same_object(walk, a->last, b->last, compare_tree));
        SAME_ALL(same_tree(walk, &a->mother, &b->mother));
        SAME_ALL(same_object(walk, a->basket, b->basket, compare_basket));
        SAME_ALL(same_object(walk, a->boss, b->boss, compare_farmer));
        SAME(b->spare == NULL);
        return same_object(walk, a->self, b->self, compare_orchard);
}

static const char *same_shed(struct walk *walk, const struct shed *a, const struct shed *b)
{
        SAME(b->left == 0 /* what is ignored is not touched */);
        SAME_ALL(same_trees(walk, a->trees, b->trees, 4));
        SAME_ALL(same_room(walk, a->numbers_count, b->numbers_count, b->numbers));
        for (uint32_t i = 0; i < a->numbers_count; i++)
                SAME_ALL(same_numbers(&a->numbers[i], &b->numbers[i]));
        return NULL;
}

static const char *same_note(struct walk *walk, const struct note *a, const struct note *b)
{
        walk->allocations++;
        SAME_ALL(same_array(a->title, b->title, sizeof(a->title)));
        SAME_ALL(same_text(walk, a->body, b->body));
        SAME(a->place_count == b->place_count);
        for (size_t i = 0; i < a->place_count; i++)
                SAME_ALL(same_point(&a->places[i], &b->places[i]));
        return NULL;
}

static const char *same_roots(struct walk *walk, const struct world *a, const struct world *b)
{
        SAME(a->farmer_count == b->farmer_count);
        SAME(a->note_count == b->note_count);
        SAME_ALL(same_object(walk, &a->orchard, &b->orchard, compare_orchard));
        SAME_ALL(same_shed(walk, &a->shed, &b->shed));
        for (size_t i = 0; i < a->farmer_count; i++)
                SAME_ALL(same_object(walk, a->farmers[i], b->farmers[i], compare_farmer));
        for (size_t i = 0; i < a->note_count; i++)
                SAME_ALL(same_note(walk, a->notes[i], b->notes[i]));
        return NULL;
}

const char *find_difference(const struct world *before, const struct world *after)
{
        struct walk walk = {.count = 0};
        const char *text = same_roots(&walk, before, after);

        for (size_t i = 0; !text && i < walk.count; i++)
                text = walk.pairs[i].compare(&walk, walk.pairs[i].a, walk.pairs[i].b);
        if (!text && walk.allocations != after->allocation_count)
                text = "all that was allocated is reachable";
        free(walk.pairs);
        free(walk.by_a);
        free(walk.by_b);
        return text;
}
