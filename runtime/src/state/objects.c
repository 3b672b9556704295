/* SPDX-License-Identifier: MIT */
/* The table of objects: its types, its pages, and the identities that messages carry. */
#include "state/objects.h"

#include <stdlib.h>
#include <string.h>

#include "state/native.h"

static const struct ekiden_member *identity_member(const struct ekiden_native *native)
{
        for (size_t i = 0; i < native->member_count; i++)
                if (native->members[i].kind == EKIDEN_MEMBER_IDENTITY)
                        return &native->members[i];
        return NULL;
}

bool ek_message_identity(const struct ekiden_native *native, const ProtobufCMessage *message,
                         uint64_t *ret_identity)
{
        const struct ekiden_member *member = identity_member(native);
        const ProtobufCFieldDescriptor *field;

        if (!member)
                return false;
        field = &native->descriptor->fields[member->field];
        if (!*(const protobuf_c_boolean *)((const char *)message + field->quantifier_offset))
                return false;
        *ret_identity = *(const uint64_t *)(const void *)((const char *)message + field->offset);
        return true;
}

void ek_message_identify(ProtobufCMessage *message, const struct ekiden_native *native,
                         uint64_t identity)
{
        const struct ekiden_member *member = identity_member(native);
        const ProtobufCFieldDescriptor *field;

        if (!member)
                return;
        field = &native->descriptor->fields[member->field];
        *(protobuf_c_boolean *)((char *)message + field->quantifier_offset) = 1;
        *(uint64_t *)(void *)((char *)message + field->offset) = identity;
}

static int compare_types(const void *a, const void *b)
{
        uintptr_t one = (uintptr_t)((const struct ek_object_type *)a)->native;
        uintptr_t other = (uintptr_t)((const struct ek_object_type *)b)->native;

        return one < other ? -1 : one > other;
}

unsigned int ek_objects_type(const struct ekiden_objects *objects,
                             const struct ekiden_native *native)
{
        const struct ek_object_type key = {.native = native};
        const struct ek_object_type *type =
                objects->type_count > 0 ? bsearch(&key, objects->types, objects->type_count,
                                                  sizeof(key), compare_types)
                                        : NULL;

        return type ? (unsigned int)(type - objects->types) + 1 : 0;
}

const struct ek_object_type *ek_objects_type_of_item(const struct ekiden_objects *objects,
                                                     const struct ekiden_item *item)
{
        size_t index = (size_t)(item - objects->natives->schema->items);
        unsigned int type = ek_objects_type(objects, objects->natives->by_item[index]);

        return type > 0 ? &objects->types[type - 1] : NULL;
}

static int add_types(struct ekiden_objects *objects)
{
        const struct ekiden_schema *schema = objects->natives->schema;

        objects->types = calloc(schema->item_count + 1, sizeof(*objects->types));
        if (!objects->types)
                return EKIDEN_ENOMEM;
        for (size_t i = 0; i < schema->item_count; i++) {
                const struct ekiden_native *native = objects->natives->by_item[i];

                if (schema->items[i].kind != EKIDEN_ITEM_OBJECTS || !native)
                        continue;
                if (!identity_member(native))
                        return EKIDEN_EINVAL;
                if (objects->type_count == EK_OBJECT_TYPES_MAX)
                        return EKIDEN_ELIMIT;
                objects->types[objects->type_count++] = (struct ek_object_type){
                        .native = native,
                        .message = schema->items[i].message,
                        .item = i,
                        .is_flexible = ek_native_flexible(native) != NULL,
                };
        }
        qsort(objects->types, objects->type_count, sizeof(*objects->types), compare_types);
        return 0;
}

bool ek_schema_has_objects(const struct ekiden_schema *schema)
{
        for (size_t i = 0; i < schema->item_count; i++)
                if (schema->items[i].kind == EKIDEN_ITEM_OBJECTS)
                        return true;
        return false;
}

/* The way of each type of the predecessor's to one of ours; route.source is NULL where there is
   none. */
static int add_routes(struct ekiden_objects *objects)
{
        const struct ekiden_schema *from = objects->chain->from;

        if (!ek_schema_has_objects(from))
                return 0; /* nobody will ask */
        objects->routes = calloc(from->item_count + 1, sizeof(*objects->routes));
        if (!objects->routes)
                return EKIDEN_ENOMEM;
        for (size_t i = 0; i < objects->type_count; i++) {
                const struct ekiden_item *target =
                        &objects->natives->schema->items[objects->types[i].item];
                struct ek_route route;
                int r = ek_route_find(objects->chain, target, &route, NULL);

                if (r < 0)
                        return r;
                if (route.source)
                        objects->routes[route.source - from->items] = route;
        }
        return 0;
}

int ek_objects_new(const struct ekiden_natives *natives, const struct ek_chain *chain,
                   struct ekiden_objects **ret_objects)
{
        struct ekiden_objects *objects = calloc(1, sizeof(*objects));
        int r;

        if (!objects)
                return EKIDEN_ENOMEM;
        objects->natives = natives;
        objects->chain = chain;
        objects->next = 1;
        objects->patch_count = 1;
        r = add_types(objects);
        if (r == 0 && chain)
                r = add_routes(objects);
        if (r < 0) {
                ek_objects_free(objects);
                return r;
        }
        *ret_objects = objects;
        return 0;
}

struct ekiden_objects *ek_objects_free(struct ekiden_objects *objects)
{
        if (!objects)
                return NULL;
        for (size_t i = 0; i < objects->page_count; i++)
                free(objects->pages[i]);
        free(objects->pages);
        free(objects->types);
        free(objects->slots);
        free(objects->again);
        free(objects->routes);
        free(objects->patches);
        free(objects->waits);
        free(objects->mentions);
        ek_taken_deinit(&objects->taken);
        ek_ready_deinit(&objects->ready);
        ek_walk_end(&objects->walk);
        free(objects->entries);
        free(objects->loose);
        free(objects);
        return NULL;
}

int ek_objects_grow(void *array, size_t *capacity, size_t count, size_t element_size)
{
        size_t larger = *capacity > 0 ? *capacity * 2 : 16;
        void *grown;

        if (count < *capacity)
                return 0;
        if (larger > SIZE_MAX / element_size)
                return EKIDEN_ENOMEM;
        memcpy(&grown, array, sizeof(grown));
        grown = realloc(grown, larger * element_size);
        if (!grown)
                return EKIDEN_ENOMEM;
        memcpy(array, &grown, sizeof(grown));
        *capacity = larger;
        return 0;
}

/* Pages that nobody has reached yet stay NULL. The list of them grows by half: it is small. */
static int list_page(struct ekiden_objects *objects, size_t page)
{
        size_t larger = page + 1 + page / 2;
        struct ek_objects_page **grown;

        if (page < objects->page_count)
                return 0;
        grown = realloc(objects->pages, larger * sizeof(*grown));
        if (!grown)
                return EKIDEN_ENOMEM;
        memset(grown + objects->page_count, 0, (larger - objects->page_count) * sizeof(*grown));
        objects->pages = grown;
        objects->page_count = larger;
        return 0;
}

int ek_objects_reach(struct ekiden_objects *objects, uint64_t number)
{
        size_t page = (size_t)(number / EK_OBJECTS_PAGE);
        int r = list_page(objects, page);

        if (r < 0)
                return r;
        if (!objects->pages[page])
                objects->pages[page] = calloc(1, sizeof(*objects->pages[page]));
        return objects->pages[page] ? 0 : EKIDEN_ENOMEM;
}
