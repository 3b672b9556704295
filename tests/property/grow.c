/* SPDX-License-Identifier: MIT */
/* See grow.h. All objects are made first; then pointers are drawn among them. */
#include "grow.h"

#include <stdlib.h>
#include <string.h>

#include "draw.h"

/* What pointers may lead to. */
struct garden {
        struct world *world;
        struct tree **trees;
        size_t tree_count;
        struct basket **baskets;
        size_t basket_count;
        struct list **lists;
        size_t list_count;
        size_t chained; /* pointers that lead to the neighbour: one in so many; 0: none */
        size_t nulls; /* one in so many */
};

static void *zeroed(size_t size)
{
        return memset(orchard_allocate(size), 0, size);
}

/* Nothing, few, seldom many. */
static size_t draw_length(size_t most)
{
        return draw_one_in(3) ? 0 : draw((draw_one_in(40) ? most : most < 4 ? most : 4) + 1);
}

static char *draw_string(void)
{
        size_t most = draw_one_in(500) ? 70000 : 20;
        char *text = orchard_allocate(most + 1);

        if (draw_one_in(4)) {
                orchard_release(text);
                return NULL;
        }
        draw_text(text, most);
        return text;
}

static char *draw_word(void)
{
        char *text = draw_string();

        return text ? text : strcpy(orchard_allocate(1), "");
}

/* An array that may be full, with its NUL; what is behind one is nobody's. */
static void draw_array(char *array, size_t size)
{
        char text[32];

        draw_text(text, size - 1);
        draw_bytes(array, size);
        memcpy(array, text, strlen(text) + 1);
}

static enum kind draw_kind(void)
{
        static const enum kind kinds[] = {KIND_APPLE, KIND_PEAR, KIND_PLUM};

        return kinds[draw(3)];
}

static struct point draw_point(void)
{
        return (struct point){(int32_t)draw_bits(), (int64_t)draw_bits()};
}

static void grow_numbers(struct numbers *numbers)
{
        *numbers = (struct numbers){
                .tiny = (int8_t)draw_bits(),
                .small = (uint8_t)draw_bits(),
                .brief = (int16_t)draw_bits(),
                .unsigned_brief = (uint16_t)draw_bits(),
                .middle = (int32_t)draw_bits(),
                .unsigned_middle = (uint32_t)draw_bits(),
                .wide = (int64_t)draw_bits(),
                .unsigned_wide = draw_bits(),
                .in_wide = (uint32_t)draw_bits(),
                .is_set = draw_one_in(2),
                .real = draw_float(),
                .real_in_double = draw_float(),
                .precise = draw_double(),
                .fixed = (long)draw_bits(),
                .unsigned_fixed = draw_bits(),
        };
}

/* One of several, its neighbour perhaps, or NULL. `index` is the asking object's. */
static void *draw_among(const struct garden *garden, void *objects, size_t count, size_t index)
{
        size_t chosen;

        if (count == 0 || draw_one_in(garden->nulls))
                return NULL;
        chosen = garden->chained > 0 && !draw_one_in(garden->chained) ? (index + 1) % count
                                                                      : draw(count);
        return ((void **)objects)[chosen];
}

static struct tree *draw_tree(const struct garden *garden, size_t index)
{
        return draw_among(garden, garden->trees, garden->tree_count, index);
}

static struct basket *draw_basket(const struct garden *garden, size_t index)
{
        return draw_among(garden, garden->baskets, garden->basket_count, index);
}

static struct farmer *draw_farmer(const struct garden *garden, size_t index)
{
        return draw_among(garden, garden->world->farmers, garden->world->farmer_count, index);
}

static struct tree **draw_trees(const struct garden *garden, size_t index, size_t count)
{
        struct tree **trees = count > 0 ? zeroed(count * sizeof(*trees)) : NULL;

        for (size_t i = 0; i < count; i++)
                trees[i] = draw_tree(garden, index);
        return trees;
}

static void grow_fruit(struct tree *tree, const struct garden *garden, size_t index)
{
        static const enum fruit_kind kinds[] = {FRUIT_NONE, FRUIT_JUICE, FRUIT_SEEDS,
                                                FRUIT_CORE, FRUIT_GRAFT, FRUIT_PULP};

        tree->fruit_kind = kinds[draw(6)];
        switch (tree->fruit_kind) {
        case FRUIT_NONE:
                draw_bytes(&tree->fruit, sizeof(tree->fruit));
                break;
        case FRUIT_JUICE:
                tree->fruit.juice = draw_word();
                break;
        case FRUIT_SEEDS:
                tree->fruit.seeds = (int64_t)draw_bits();
                break;
        case FRUIT_CORE:
                tree->fruit.core = draw_point();
                break;
        case FRUIT_GRAFT:
                tree->fruit.graft = draw_tree(garden, index);
                break;
        case FRUIT_PULP:
                tree->fruit.pulp.size = (uint16_t)draw_length(UINT16_MAX);
                tree->fruit.pulp.bytes = orchard_allocate(tree->fruit.pulp.size);
                draw_bytes(tree->fruit.pulp.bytes, tree->fruit.pulp.size);
                break;
        }
}

static void grow_texts(struct tree *tree)
{
        tree->name = draw_string();
        draw_array(tree->label, sizeof(tree->label));
        draw_array(tree->tags[0], sizeof(tree->tags[0]));
        draw_array(tree->tags[1], sizeof(tree->tags[1]));
        tree->nickname_count = (unsigned int)draw_length(40);
        if (tree->nickname_count > 0)
                tree->nicknames = zeroed(tree->nickname_count * sizeof(char *));
        for (size_t i = 0; i < tree->nickname_count; i++)
                tree->nicknames[i] = draw_word();
        tree->bark_size = draw_length(5000);
        tree->bark = orchard_allocate(tree->bark_size);
        draw_bytes(tree->bark, tree->bark_size);
        draw_bytes(tree->seal, sizeof(tree->seal));
        draw_bytes(tree->sap, sizeof(tree->sap));
        tree->sap_size = (uint8_t)draw(sizeof(tree->sap) + 1);
}

static void grow_values(struct tree *tree)
{
        tree->kind = draw_kind();
        grow_numbers(&tree->numbers);
        tree->place = draw_point();
        tree->corners[0] = draw_point();
        tree->corners[1] = draw_point();
        tree->path_length = (int)draw_length(300);
        if (tree->path_length > 0)
                tree->path = zeroed((size_t)tree->path_length * sizeof(struct point));
        for (int i = 0; i < tree->path_length; i++)
                tree->path[i] = draw_point();
        tree->on_harvest =
                draw_one_in(3) ? NULL : (int (*)(struct tree *))harvests[draw(2)].function;
        tree->soil.below.depth = (int16_t)draw_bits();
        tree->soil.kind = draw_one_in(2) ? SOIL_SAND : SOIL_CLAY;
        tree->ripe = draw_bits() & 1;
        tree->age = draw_bits() & 0x7f;
        tree->slope = draw_bits() & 0x3ff;
        if (draw_one_in(3))
                tree->slope = draw_one_in(2) ? -1024 : -1;
        tree->unused = 21;
        tree->ring_count = (uint8_t)draw_length(UINT8_MAX);
        if (tree->ring_count > 0)
                tree->rings = zeroed(tree->ring_count * sizeof(double));
        for (size_t i = 0; i < tree->ring_count; i++)
                tree->rings[i] = draw_double();
        for (size_t i = 0; i < 4; i++)
                tree->readings[i] = (int32_t)draw_bits();
        tree->graft_count = (uint8_t)draw(6);
        for (size_t i = 0; i < tree->graft_count; i++)
                tree->grafts[i] = draw_kind();
}

static struct series *draw_series(void)
{
        unsigned int count = (unsigned int)draw_length(2000);
        struct series *series = zeroed(sizeof(*series) + count * sizeof(series->values[0]));

        series->count = count;
        for (size_t i = 0; i < count; i++)
                series->values[i] = (uint16_t)draw_bits();
        return series;
}

static struct blob *draw_blob(void)
{
        size_t size = draw_length(10000);
        struct blob *blob = zeroed(sizeof(*blob) + size);

        blob->size = size;
        draw_bytes(blob->bytes, size);
        return blob;
}

/* What the tree does not share with any other, and what it does. */
static void grow_tree(struct tree *tree, const struct garden *garden, size_t index)
{
        grow_values(tree);
        grow_texts(tree);
        grow_fruit(tree, garden, index);
        tree->left = draw_tree(garden, index);
        tree->right = draw_one_in(5) ? tree->left : draw_tree(garden, index);
        tree->parent = draw_one_in(5) ? tree : draw_tree(garden, index);
        tree->branch_count = (uint16_t)draw_length(60);
        tree->branches = draw_trees(garden, index, tree->branch_count);
        for (size_t i = 0; i < 3; i++)
                tree->near[i] = draw_tree(garden, index);
        tree->basket = draw_basket(garden, index);
        tree->owner = draw_farmer(garden, index);
        tree->planter = draw_one_in(4) ? draw_farmer(garden, index) : NULL;
        tree->orchard = draw_one_in(2) ? &garden->world->orchard : NULL;
        tree->list = draw_among(garden, garden->lists, garden->list_count, index);
        tree->series = draw_one_in(4) ? draw_series() : NULL;
        tree->blob = draw_one_in(4) ? draw_blob() : NULL;
        tree->birds = tree;
}

static void make_objects(struct garden *garden)
{
        garden->trees = calloc(garden->tree_count + 1, sizeof(*garden->trees));
        garden->baskets = calloc(garden->basket_count + 1, sizeof(*garden->baskets));
        garden->lists = calloc(garden->list_count + 1, sizeof(*garden->lists));
        for (size_t i = 0; i < garden->tree_count; i++)
                garden->trees[i] = zeroed(sizeof(struct tree));
        for (size_t i = 0; i < garden->basket_count; i++) {
                uint16_t count = (uint16_t)draw_length(400);

                garden->baskets[i] = zeroed(sizeof(struct basket) + count * sizeof(void *));
                garden->baskets[i]->tree_count = count;
        }
        for (size_t i = 0; i < garden->list_count; i++) {
                int count = (int)draw_length(50);

                garden->lists[i] = zeroed(sizeof(struct list) + (size_t)count * sizeof(char *));
                garden->lists[i]->count = count;
        }
}

static void join_objects(struct garden *garden)
{
        for (size_t i = 0; i < garden->tree_count; i++)
                grow_tree(garden->trees[i], garden, i);
        for (size_t i = 0; i < garden->basket_count; i++) {
                struct basket *basket = garden->baskets[i];

                basket->self = draw_one_in(2) ? basket : NULL;
                basket->next = draw_basket(garden, i);
                for (size_t k = 0; k < basket->tree_count; k++)
                        basket->trees[k] = draw_tree(garden, i + k);
        }
        for (size_t i = 0; i < garden->list_count; i++) {
                struct list *list = garden->lists[i];

                list->next = draw_among(garden, garden->lists, garden->list_count, i);
                for (int k = 0; k < list->count; k++)
                        list->words[k] = draw_word();
        }
}

static void grow_farmers(struct garden *garden)
{
        struct world *world = garden->world;

        for (size_t i = 0; i < world->farmer_count; i++) {
                struct farmer *farmer = world->farmers[i];

                farmer->tree_count = draw_length(30);
                farmer->trees = draw_trees(garden, i, farmer->tree_count);
                farmer->friends[0] = draw_farmer(garden, i);
                farmer->friends[1] = draw_one_in(4) ? farmer : draw_farmer(garden, i);
                farmer->teacher = draw_farmer(garden, i);
        }
}

static void grow_roots(struct garden *garden)
{
        struct world *world = garden->world;

        world->orchard.first = draw_tree(garden, 0);
        world->orchard.last = draw_tree(garden, 1);
        grow_tree(&world->orchard.mother, garden, 2);
        world->orchard.mother.parent = NULL; /* a part of a struct cannot be pointed to */
        world->orchard.basket = draw_basket(garden, 0);
        world->orchard.boss = draw_farmer(garden, 0);
        world->orchard.self = draw_one_in(2) ? &world->orchard : NULL;
        world->shed.left = 1;
        for (size_t i = 0; i < 4; i++)
                world->shed.trees[i] = draw_tree(garden, i);
        world->shed.numbers_count = (uint32_t)draw_length(100);
        if (world->shed.numbers_count > 0)
                world->shed.numbers = zeroed(world->shed.numbers_count * sizeof(struct numbers));
        for (size_t i = 0; i < world->shed.numbers_count; i++)
                grow_numbers(&world->shed.numbers[i]);
}

static void grow_notes(struct world *world, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                struct note *note = zeroed(sizeof(*note));

                draw_array(note->title, sizeof(note->title));
                note->body = draw_string();
                note->place_count = (unsigned char)draw(4);
                for (size_t k = 0; k < note->place_count; k++)
                        note->places[k] = draw_point();
                world_add_note(world, note);
        }
}

void grow(struct world *world)
{
        size_t most = (size_t)1 << draw(13);
        struct garden garden = {
                .world = world,
                .tree_count = draw(most),
                .basket_count = draw(most) / 4,
                .list_count = draw(most) / 4,
                .chained = draw_one_in(2) ? 1 + draw(20) : 0,
                .nulls = 2 + draw(20),
        };
        size_t farmer_count = draw(most) / 4;

        world_in_use = world;
        make_objects(&garden);
        for (size_t i = 0; i < farmer_count; i++) {
                struct farmer *farmer = zeroed(sizeof(*farmer));

                farmer->id = (uint32_t)i + (uint32_t)(i % 2) * UINT32_C(0x80000000);
                world_add_farmer(world, farmer);
        }
        join_objects(&garden);
        grow_farmers(&garden);
        grow_roots(&garden);
        grow_notes(world, draw(most));
        free(garden.trees);
        free(garden.baskets);
        free(garden.lists);
}
