/* SPDX-License-Identifier: MIT */
/* See graph.h. */
#include "graph.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "state/native.h"
#include "state/native_state.h"

size_t allocations, live_allocations, fail_allocation_at;

void *(*allocate_hook)(size_t size);
void (*release_hook)(void *memory);

void *allocate(size_t size)
{
        void *memory;

        if (allocate_hook)
                return allocate_hook(size);
        if (++allocations == fail_allocation_at)
                return NULL;
        memory = malloc(size);
        cr_assert_not_null(memory);
        memset(memory, 0xa5, size);
        live_allocations++;
        return memory;
}

void release(void *memory)
{
        if (release_hook) {
                release_hook(memory);
                return;
        }
        cr_assert_not_null(memory);
        live_allocations--;
        free(memory);
}

static const struct ekiden_memory memory = {allocate, release};

static const struct ekiden_member node_members[] = {
        {.name = "identity", .field = 0, .kind = EKIDEN_MEMBER_IDENTITY},
        {.name = "name", .field = 1, .kind = EKIDEN_MEMBER_TEXT, EKIDEN_TEXT_AT(struct node, name)},
        {.name = "next", .field = 2, EKIDEN_MESSAGE_AT(struct node, next), .target = &node_native},
        {.name = "previous",
         .field = 3,
         EKIDEN_MESSAGE_AT(struct node, previous),
         .target = &node_native},
        {.name = "links",
         .field = 4,
         EKIDEN_MESSAGES_AT(struct node, links),
         EKIDEN_LENGTH_AT(struct node, link_count),
         .target = &node_native},
        {.name = "handle",
         .field = 5,
         .kind = EKIDEN_MEMBER_NUMBER,
         EKIDEN_NUMBER_AT(struct node, handle)},
        {.name = "blob", .field = 6, EKIDEN_MESSAGE_AT(struct node, blob), .target = &blob_native},
        {.name = "entry",
         .field = 7,
         EKIDEN_MESSAGE_AT(struct node, entry),
         .target = &entry_native},
};

static const struct ekiden_member blob_members[] = {
        {.name = "identity", .field = 0, .kind = EKIDEN_MEMBER_IDENTITY},
        {.name = "nodes",
         .field = 1,
         .kind = EKIDEN_MEMBER_OBJECT,
         .room = EKIDEN_ROOM_FLEXIBLE,
         .offset = offsetof(struct blob, nodes),
         .size = sizeof(struct node *),
         EKIDEN_LENGTH_AT(struct blob, count),
         .target = &node_native},
        {.name = "self", .field = 2, EKIDEN_MESSAGE_AT(struct blob, self), .target = &blob_native},
};

static const struct ekiden_member entry_members[] = {
        {.name = "identity", .field = 0, .kind = EKIDEN_MEMBER_IDENTITY},
        {.name = "key",
         .field = 1,
         .kind = EKIDEN_MEMBER_NUMBER,
         EKIDEN_NUMBER_AT(struct entry, key)},
        {.name = "node", .field = 2, EKIDEN_MESSAGE_AT(struct entry, node), .target = &node_native},
        {.name = "sibling",
         .field = 3,
         .kind = EKIDEN_MEMBER_OBJECT,
         .flags = EKIDEN_MEMBER_REFERENCE,
         .offset = offsetof(struct entry, sibling),
         .size = sizeof(void *),
         .target = &entry_native},
        {.name = "root", .field = 4, EKIDEN_MESSAGE_AT(struct entry, root), .target = &root_native},
};

static const struct ekiden_member root_members[] = {
        {.name = "identity", .field = 0, .kind = EKIDEN_MEMBER_IDENTITY},
        {.name = "head", .field = 1, EKIDEN_MESSAGE_AT(struct root, head), .target = &node_native},
        {.name = "favourite",
         .field = 2,
         .kind = EKIDEN_MEMBER_OBJECT,
         .flags = EKIDEN_MEMBER_REFERENCE,
         .offset = offsetof(struct root, favourite),
         .size = sizeof(void *),
         .target = &entry_native},
        {.name = "self", .field = 3, EKIDEN_MESSAGE_AT(struct root, self), .target = &root_native},
        {.name = "blob", .field = 4, EKIDEN_MESSAGE_AT(struct root, blob), .target = &blob_native},
};

static const struct ekiden_member shelf_members[] = {
        {.name = "before",
         .field = 0,
         EKIDEN_MESSAGE_AT(struct shelf, before),
         .target = &node_native},
        {.name = "cells",
         .field = 1,
         EKIDEN_MESSAGES_AT(struct shelf, cells),
         .target = &node_native},
        {.name = "after",
         .field = 2,
         EKIDEN_MESSAGE_AT(struct shelf, after),
         .target = &node_native},
        {.name = "root", .field = 3, EKIDEN_MESSAGE_AT(struct shelf, root), .target = &root_native},
};

static const struct ekiden_member plain_members[] = {
        {.name = "key",
         .field = 0,
         .kind = EKIDEN_MEMBER_NUMBER,
         EKIDEN_NUMBER_AT(struct plain, key)},
        {.name = "text",
         .field = 1,
         .kind = EKIDEN_MEMBER_TEXT,
         EKIDEN_TEXT_AT(struct plain, text)},
        {.name = "handle",
         .field = 2,
         .kind = EKIDEN_MEMBER_NUMBER,
         EKIDEN_NUMBER_AT(struct plain, handle)},
};

#define NATIVE(type, Message)                                                       \
        const struct ekiden_native type##_native = {                                \
                .name = "struct " #type,                                            \
                .descriptor = &graph__v1__##Message##__descriptor,                  \
                .size = sizeof(struct type),                                        \
                .members = type##_members,                                          \
                .member_count = sizeof(type##_members) / sizeof(type##_members[0]), \
                .memory = &memory,                                                  \
        }

NATIVE(node, node);
NATIVE(blob, blob);
NATIVE(entry, entry);
NATIVE(root, root);
NATIVE(shelf, shelf);
NATIVE(plain, plain);

static const struct ekiden_message node_message, blob_message, entry_message, root_message;

static const struct ekiden_field node_fields[] = {
        {.index = 0, .flags = EKIDEN_FIELD_IDENTITY},   {.index = 2, .nested = &node_message},
        {.index = 3, .nested = &node_message},          {.index = 4, .nested = &node_message},
        {.index = 5, .flags = EKIDEN_FIELD_DESCRIPTOR}, {.index = 6, .nested = &blob_message},
        {.index = 7, .nested = &entry_message},
};
static const struct ekiden_message node_message = {&graph__v1__node__descriptor, node_fields, 7,
                                                   NULL};

static const struct ekiden_field blob_fields[] = {
        {.index = 0, .flags = EKIDEN_FIELD_IDENTITY},
        {.index = 1, .nested = &node_message},
        {.index = 2, .nested = &blob_message},
};
static const struct ekiden_message blob_message = {&graph__v1__blob__descriptor, blob_fields, 3,
                                                   NULL};

static const struct ekiden_field entry_fields[] = {
        {.index = 0, .flags = EKIDEN_FIELD_IDENTITY},
        {.index = 2, .nested = &node_message},
        {.index = 3, .nested = &entry_message},
        {.index = 4, .nested = &root_message},
};
static const struct ekiden_message entry_message = {&graph__v1__entry__descriptor, entry_fields, 4,
                                                    NULL};

static const struct ekiden_field root_fields[] = {
        {.index = 0, .flags = EKIDEN_FIELD_IDENTITY}, {.index = 1, .nested = &node_message},
        {.index = 2, .nested = &entry_message},       {.index = 3, .nested = &root_message},
        {.index = 4, .nested = &blob_message},
};
static const struct ekiden_message root_message = {&graph__v1__root__descriptor, root_fields, 5,
                                                   NULL};

static const struct ekiden_field shelf_fields[] = {
        {.index = 0, .nested = &node_message},
        {.index = 1, .nested = &node_message},
        {.index = 2, .nested = &node_message},
        {.index = 3, .nested = &root_message},
};
static const struct ekiden_message shelf_message = {&graph__v1__shelf__descriptor, shelf_fields, 4,
                                                    NULL};

static const struct ekiden_field plain_fields[] = {
        {.index = 2, .flags = EKIDEN_FIELD_DESCRIPTOR},
};
static const struct ekiden_message plain_message = {&graph__v1__plain__descriptor, plain_fields, 1,
                                                    NULL};

static const struct ekiden_item items[] = {
        {.name = "Blob", .kind = EKIDEN_ITEM_OBJECTS, .message = &blob_message},
        {.name = "Entry", .kind = EKIDEN_ITEM_OBJECTS, .message = &entry_message},
        {.name = "Node", .kind = EKIDEN_ITEM_OBJECTS, .message = &node_message},
        {.name = "Root", .kind = EKIDEN_ITEM_OBJECTS, .message = &root_message},
        {.name = "entries", .kind = EKIDEN_ITEM_STREAM, .message = &entry_message, .key = 2},
        {.name = "nodes", .kind = EKIDEN_ITEM_STREAM, .message = &node_message},
        {.name = "plains", .kind = EKIDEN_ITEM_STREAM, .message = &plain_message, .key = 1},
        {.name = "root", .kind = EKIDEN_ITEM_SINGLETON, .message = &root_message},
        {.name = "roots", .kind = EKIDEN_ITEM_STREAM, .message = &root_message},
        {.name = "shelf", .kind = EKIDEN_ITEM_SINGLETON, .message = &shelf_message},
};

const struct ekiden_schema graph_v1 = {
        .program = "graph",
        .version = 1,
        .items = items,
        .item_count = sizeof(items) / sizeof(items[0]),
};

static const struct ekiden_native *const by_item[] = {
        &blob_native, &entry_native, &node_native, &root_native, &entry_native,
        &node_native, &plain_native, &root_native, &root_native, &shelf_native,
};

const struct ekiden_natives graph_natives = {.schema = &graph_v1, .by_item = by_item};

const struct ekiden_schema graph_v2 = {
        .program = "graph",
        .version = 2,
        .items = items,
        .item_count = sizeof(items) / sizeof(items[0]),
};

const struct ekiden_natives graph_natives_v2 = {.schema = &graph_v2, .by_item = by_item};

static uint64_t bag_count(const void *functions, void *data)
{
        (void)functions;
        return ((struct bag *)data)->count;
}

static void *bag_next(const void *functions, void *previous, struct ekiden_cursor *cursor,
                      void *data)
{
        struct bag *bag = data;

        (void)functions;
        cr_assert_eq(previous == NULL, cursor->record == 0);
        cr_assert(!previous || bag->entries[cursor->record - 1] == previous);
        return cursor->record < bag->count ? bag->entries[cursor->record] : NULL;
}

void bag_add(struct bag *bag, void *entry)
{
        if (bag->count == bag->capacity) {
                bag->capacity = bag->capacity > 0 ? 2 * bag->capacity : 8;
                bag->entries = realloc(bag->entries, bag->capacity * sizeof(void *));
        }
        bag->entries[bag->count++] = entry;
}

static int bag_insert(const void *functions, void *entry, struct ekiden_cursor *cursor, void *data)
{
        struct bag *bag = data;

        (void)functions;
        if (bag->count + 1 == bag->refuse_at) {
                bag->refused++;
                return ekiden_cursor_refuse(cursor, "no room on the shelf");
        }
        bag_add(bag, entry);
        return 0;
}

static bool bag_remove(const void *functions, void *entry, void *data)
{
        struct bag *bag = data;

        (void)functions;
        cr_assert_eq(bag->entries[bag->count - 1], entry, "the last is taken out first");
        if (bag->cannot_remove)
                return false;
        bag->count--;
        bag->removed++;
        return true;
}

const struct ekiden_container bag_container = {
        .count = bag_count, .next = bag_next, .insert = bag_insert, .remove = bag_remove};
const struct ekiden_container plain_bag_container = {
        .count = bag_count, .next = bag_next, .insert = bag_insert};

void tag_graph(struct ek_tagged *tagged, const char *name, void *data)
{
        const struct ekiden_item *item = ekiden_schema_item(&graph_v1, name);

        memset(tagged, 0, sizeof(*tagged));
        tagged->item = *item;
        strcpy(tagged->name, name);
        tagged->item.name = tagged->name;
        tagged->binding = &ek_native_binding;
        tagged->functions = tagged;
        tagged->natives = &graph_natives;
        tagged->native = by_item[item - items];
        tagged->is_plain = ek_native_is_plain(tagged->native);
        tagged->data = data;
        if (item->kind == EKIDEN_ITEM_STREAM) {
                tagged->container = &bag_container;
                tagged->container_functions = "any";
        }
}

void hand(struct handover *handover, const char *name, void *from, void *to)
{
        tag_graph(&handover->from[handover->count], name, from);
        tag_graph(&handover->to[handover->count], name, to);
        handover->count++;
}

static const struct ek_wait patient = {.idle_ms = LONG_MS};

static size_t table_bytes(const struct ekiden_objects *objects)
{
        size_t size = 0;

        if (!objects)
                return 0;
        for (size_t i = 0; i < objects->page_count; i++)
                size += objects->pages[i] ? sizeof(*objects->pages[i]) : 0;
        return size + objects->page_count * sizeof(void *) +
               objects->slot_count * sizeof(*objects->slots) +
               objects->again_capacity * sizeof(*objects->again) +
               objects->patch_capacity * sizeof(*objects->patches) +
               objects->wait_capacity * sizeof(*objects->waits) +
               objects->entry_capacity * sizeof(*objects->entries);
}

struct exporter {
        struct handover *handover;
        struct ek_link *link, *importing; /* the ends */
        sem_t pulls; /* an item is sent when it was asked for */
};

static void *export_items(void *data)
{
        struct exporter *exporter = data;
        struct handover *handover = exporter->handover;
        struct ek_export export_ = {.link = exporter->link, .wait = &patient};

        for (size_t i = 0; i < handover->count && handover->exported == 0; i++) {
                sem_wait(&exporter->pulls);
                handover->exported =
                        ek_export_item(&export_, &handover->from[i], &handover->export_error);
                if (handover->exported == 0 && ek_link_flush(exporter->link, &patient) < 0)
                        handover->exported = EKIDEN_EPEER;
        }
        handover->sent = export_.total;
        handover->export_table_bytes = table_bytes(export_.objects);
        ek_objects_free(export_.objects);
        shutdown(ek_link_socket(exporter->link), SHUT_WR);
        return NULL;
}

static void *import_items(void *data)
{
        struct exporter *exporter = data;
        struct handover *handover = exporter->handover;
        const struct ek_chain same = {.from = &graph_v1, .to = &graph_v1};
        const struct ek_chain *chain = handover->chain ? handover->chain : &same;
        struct ekiden_objects *objects;

        handover->imported = ek_objects_new(handover->chain ? &graph_natives_v2 : &graph_natives,
                                            chain, &objects);
        if (handover->imported < 0) {
                ek_link_free(exporter->importing);
                return NULL;
        }
        for (size_t i = 0; i < handover->count && handover->imported == 0; i++) {
                const struct ekiden_item *item =
                        ekiden_schema_item(chain->to, handover->to[i].name);
                struct ek_route route;

                cr_assert_eq(ek_route_find(chain, item, &route, NULL), 0);
                sem_post(&exporter->pulls);
                handover->imported = ek_import_item(exporter->importing, &patient, &handover->to[i],
                                                    &route, objects, &handover->import_error);
                handover->failed_at = i;
                if (handover->imported == EKIDEN_RESUMED)
                        handover->imported = 0;
        }
        if (handover->imported == 0)
                handover->checked = ek_objects_check(objects, &handover->import_error);
        handover->import_table_bytes = table_bytes(objects);
        ek_objects_free(objects);
        ek_link_free(exporter->importing);
        return NULL;
}

void (*handover_begins)(void);

static pthread_t start_side(const struct handover *handover, void *(*side)(void *), void *data)
{
        pthread_attr_t attributes;
        pthread_t thread;

        pthread_attr_init(&attributes);
        if (handover->stack_bytes > 0)
                cr_assert_eq(pthread_attr_setstacksize(&attributes, handover->stack_bytes), 0);
        cr_assert_eq(pthread_create(&thread, &attributes, side, data), 0);
        pthread_attr_destroy(&attributes);
        return thread;
}

void run_handover(struct handover *handover)
{
        struct exporter exporter = {.handover = handover};
        struct ek_link *links[2];
        pthread_t threads[2];

        two_links(links);
        exporter.link = links[0];
        exporter.importing = links[1];
        sem_init(&exporter.pulls, 0, 0);
        handover->exported = handover->imported = handover->checked = 0;
        memset(&handover->export_error, 0, sizeof(handover->export_error));
        memset(&handover->import_error, 0, sizeof(handover->import_error));
        for (size_t i = 0; i < handover->count; i++)
                if (!handover->from[i].container)
                        cr_assert_eq(ek_tagged_add(&handover->from[i]), 0);
        if (handover_begins)
                handover_begins();
        threads[0] = start_side(handover, export_items, &exporter);
        threads[1] = start_side(handover, import_items, &exporter);
        cr_assert_eq(pthread_join(threads[1], NULL), 0);
        for (size_t i = 0; i < handover->count; i++)
                sem_post(&exporter.pulls);
        cr_assert_eq(pthread_join(threads[0], NULL), 0);
        ek_link_free(links[0]);
        sem_destroy(&exporter.pulls);
        for (size_t i = 0; i < handover->count; i++)
                if (!handover->from[i].container)
                        ek_tagged_remove(handover->from[i].name);
}

void expect_handover(struct handover *handover)
{
        run_handover(handover);
        cr_assert_eq(handover->exported, 0, "%s", handover->export_error.sentence);
        cr_assert_eq(handover->imported, 0, "%s", handover->import_error.sentence);
        cr_assert_eq(handover->checked, 0, "%s", handover->import_error.sentence);
}

void expect_no_handover(struct handover *handover, int code, const char *words)
{
        run_handover(handover);
        cr_assert_eq(handover->imported, code, "%d: %s", handover->imported,
                     handover->import_error.sentence);
        cr_assert_eq(handover->import_error.code, code);
        cr_assert_not_null(strstr(handover->import_error.sentence, words), "%s",
                           handover->import_error.sentence);
        cr_assert_str_eq(handover->import_error.item, handover->to[handover->failed_at].name);
}

void expect_no_export(struct handover *handover, const char *item, const char *field,
                      const char *words)
{
        run_handover(handover);
        cr_assert_eq(handover->exported, EKIDEN_EREFUSED, "%d: %s", handover->exported,
                     handover->export_error.sentence);
        cr_assert_not_null(strstr(handover->export_error.sentence, words), "%s",
                           handover->export_error.sentence);
        cr_assert_str_eq(handover->export_error.item, item);
        cr_assert_str_eq(handover->export_error.field, field);
}

struct node *new_node(const char *name)
{
        struct node *node = allocate(sizeof(*node));

        memset(node, 0, sizeof(*node));
        node->handle = -1;
        if (name)
                node->name = strcpy(allocate(strlen(name) + 1), name);
        return node;
}

void free_native(const struct ekiden_native *native, void *object)
{
        ek_native_free(native, NULL, object);
}
