/* SPDX-License-Identifier: MIT */
/* The way back to the predecessor's version, for items that crossed one to one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "state/verify_private.h"

#define MASKED_TYPES_MAX 64 /* that are looked at for names */
#define MORE_SIZE 32 /* bytes, for " and 9 more" */

uint64_t ek_object_tag(const struct ekiden_schema *schema, const struct ekiden_item *item)
{
        return ((uint64_t)(item - schema->items) + 1) << 3 | 2;
}

static void find_object_routes(struct ek_back *back)
{
        const struct ekiden_schema *from = back->up->from, *to = back->up->to;

        for (size_t i = 0; i < from->item_count; i++) {
                const struct ekiden_item *item, *ours;
                struct ek_route route;

                item = &from->items[i];
                if (item->kind != EKIDEN_ITEM_OBJECTS ||
                    ek_route_find(&back->down, item, &route, NULL) < 0 || !route.source)
                        continue;
                ours = ekiden_schema_item(to, route.source->name);
                if (!ours || ours->kind != EKIDEN_ITEM_OBJECTS)
                        continue;
                route.first = 0;
                back->objects[ours - to->items] = route;
                back->ours[i] = ours->message;
        }
}

int ek_back_init(struct ek_back *back, const struct ek_chain *up,
                 const struct ek_registry *registry, struct ekiden_error *error)
{
        *back = (struct ek_back){.up = up, .is_same = up->count == 0};
        ek_scratch_init(&back->scratch);
        back->scratch.is_secret = true; /* one of the items may be */
        back->is_there = back->is_same ||
                         ek_chain_find(registry, up->from, up->to->version, &back->down, NULL) == 0;
        if (back->is_same || !back->is_there)
                return 0;
        back->objects = calloc(up->to->item_count + 1, sizeof(*back->objects));
        back->ours = calloc(up->from->item_count + 1, sizeof(*back->ours));
        if (!back->objects || !back->ours)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while verifying");
        find_object_routes(back);
        return 0;
}

void ek_back_deinit(struct ek_back *back)
{
        free(back->objects);
        free(back->ours);
        ek_scratch_deinit(&back->scratch);
}

/* What the transformers of an item look up in another; or NULL. */
static const char *looked_up(const struct ek_route *route)
{
        for (size_t i = 0; i < route->count; i++) {
                const struct ek_step *step = &route->steps[i];

                for (size_t k = 0; step->transformer && k < step->hop->lookup_count; k++)
                        if (strcmp(step->hop->lookups[k].to_item, step->to->name) == 0)
                                return step->hop->lookups[k].item;
        }
        return NULL;
}

/* Another item of ours that comes from the same one; or NULL. */
static const char *find_sibling(const struct ek_chain *up, const struct ekiden_item *item,
                                const struct ekiden_item *source)
{
        for (size_t i = 0; i < up->to->item_count; i++) {
                const struct ekiden_item *other = &up->to->items[i];
                struct ek_route route;

                if (other->kind != EKIDEN_ITEM_OBJECTS && strcmp(other->name, item->name) != 0 &&
                    ek_route_find(up, other, &route, NULL) == 0 && route.source == source)
                        return other->name;
        }
        return NULL;
}

static bool is_one_to_one(struct ek_back *back, const struct ek_route *up,
                          char reason[EK_REASON_SIZE])
{
        const char *name = back->tagged->name;
        const char *other = looked_up(up);

        if (!other)
                other = looked_up(&back->route);
        if (other)
                snprintf(reason, EK_REASON_SIZE, "its transformers look up item \"%s\"", other);
        if (!other) {
                other = find_sibling(back->up, &back->tagged->item, up->source);
                if (other)
                        snprintf(reason, EK_REASON_SIZE, "item \"%s\" comes from the same records",
                                 other);
        }
        if (!other && (!back->route.source || strcmp(back->route.source->name, name) != 0)) {
                other = name;
                snprintf(reason, EK_REASON_SIZE, "no transformer leads from it back to item \"%s\"",
                         up->source->name);
        }
        return !other;
}

bool ek_back_enter(struct ek_back *back, const struct ek_tagged *tagged,
                   char ret_reason[EK_REASON_SIZE])
{
        const struct ek_figures *last = tagged->last;
        struct ek_route up;

        back->tagged = tagged;
        back->source = &tagged->item;
        if (back->is_same || ek_tagged_is_value(tagged))
                return true;
        if (!back->is_there) {
                snprintf(ret_reason, EK_REASON_SIZE,
                         "no transformers lead from version %u back to %u", back->up->to->version,
                         back->up->from->version);
                return false;
        }
        if (ek_route_find(back->up, &tagged->item, &up, NULL) < 0 || !up.source ||
            ek_route_find(&back->down, up.source, &back->route, NULL) < 0) {
                snprintf(ret_reason, EK_REASON_SIZE, "the transformers back do not know it");
                return false;
        }
        back->source = up.source;
        back->route.first = 0;
        if (ek_records_that_were_given(last) != ek_records_that_came(last)) {
                snprintf(ret_reason, EK_REASON_SIZE, "%llu records became %llu on the way",
                         (unsigned long long)ek_records_that_came(last),
                         (unsigned long long)ek_records_that_were_given(last));
                return false;
        }
        return is_one_to_one(back, &up, ret_reason);
}

const struct ekiden_message *ek_back_ours(const struct ek_back *back, uint64_t tag)
{
        return tag == 0 ? back->tagged->item.message : back->ours[(tag >> 3) - 1];
}

/* One of ours on its way back. */
struct passage {
        struct ek_back *back;
        const struct ekiden_item *target;
        uint64_t tag;
        struct ekiden_error *error;
};

static int arrive(void *data, ProtobufCMessage *record)
{
        const struct passage *passage = data;
        const struct ek_visitor *visitor = passage->back->visitor;

        return visitor->visit(visitor->data, passage->target->message, passage->tag, record,
                              passage->error);
}

/* Nobody takes it: one and the same may be in two records. */
static int lend_descriptor(void *owner, int descriptor, int *ret_descriptor)
{
        (void)owner;
        *ret_descriptor = descriptor;
        return 0;
}

/* An entry that has crossed as an object: transformers have seen that, and see no more of it. */
static int stub_back(struct ek_back *back, const struct ekiden_message *type,
                     const ProtobufCMessage *record, struct ekiden_error *error)
{
        const struct ekiden_message *target = back->source->message;
        ProtobufCMessage *stub;
        uint64_t identity;

        ek_scratch_reset(&back->scratch);
        stub = ek_scratch_alloc(&back->scratch, target->descriptor->sizeof_message);
        if (!stub)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while verifying");
        ek_record_init(target, stub);
        if (ek_record_identity(type, record, &identity))
                ek_record_identify(target, stub, identity);
        return back->visitor->visit(back->visitor->data, target, 0, stub, error);
}

static int go_back(void *data, const struct ekiden_message *type, uint64_t tag,
                   ProtobufCMessage *record, struct ekiden_error *error)
{
        struct ek_back *back = data;
        struct passage passage = {.back = back, .target = back->source, .error = error};
        const struct ek_route *route = &back->route;

        if (back->is_same || ek_tagged_is_value(back->tagged))
                return back->visitor->visit(back->visitor->data, type, tag, record, error);
        if (tag == 0 && back->tagged->native && back->export_->objects->is_stub)
                return stub_back(back, type, record, error);
        if (tag != 0) {
                route = &back->objects[(tag >> 3) - 1];
                if (!route->source)
                        return 0; /* the predecessor knows no such objects */
                passage.target = route->target;
                passage.tag = ek_object_tag(back->up->from, route->target);
        }
        ek_scratch_reset(&back->scratch);
        back->scratch.duplicate = lend_descriptor;
        return ek_route_run(route, record, back->record++, &back->scratch, arrive, &passage, error);
}

int ek_back_export(struct ek_back *back, struct ek_export *export_,
                   const struct ek_visitor *visitor, struct ekiden_error *error)
{
        const struct ek_visitor through = {.visit = go_back, .data = back};
        int r;

        back->visitor = visitor;
        back->export_ = export_;
        back->record = 0;
        export_->visitor = &through;
        r = ek_export_item(export_, back->tagged, error);
        export_->visitor = NULL;
        return r;
}

/* A list of names that grows, and what it is made of. */
struct masked {
        char *names;
        size_t size, used, left_out;
        const ProtobufCMessageDescriptor *seen[MASKED_TYPES_MAX];
        size_t seen_count;
};

static void add_name(struct masked *masked, const char *type, const char *field)
{
        size_t room = masked->size - masked->used;
        int n = snprintf(masked->names + masked->used, room, "%s%s.%s",
                         masked->used > 0 ? ", " : "", type, field);

        if (n < 0 || (size_t)n >= room || masked->left_out > 0) {
                masked->names[masked->used] = '\0'; /* whole names only */
                masked->left_out++;
                return;
        }
        masked->used += (size_t)n;
}

static void add_names(struct masked *masked, const ProtobufCMessageDescriptor *type,
                      const ProtobufCMessageDescriptor *ours)
{
        for (size_t i = 0; i < masked->seen_count; i++)
                if (masked->seen[i] == type)
                        return;
        if (masked->seen_count == MASKED_TYPES_MAX)
                return;
        masked->seen[masked->seen_count++] = type;
        for (unsigned int i = 0; i < type->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &type->fields[i];
                const ProtobufCFieldDescriptor *other = ek_field_counterpart(field, ours);

                if (!other)
                        add_name(masked, type->short_name, field->name);
                else if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                        add_names(masked, field->descriptor, other->descriptor);
        }
}

void ek_back_name_masked(const struct ek_back *back, char *names, size_t size)
{
        struct masked masked = {.names = names, .size = size - MORE_SIZE};

        *names = '\0';
        add_names(&masked, back->source->message->descriptor,
                  back->tagged->item.message->descriptor);
        for (size_t i = 0; back->tagged->native && i < back->up->from->item_count; i++)
                if (back->ours[i])
                        add_names(&masked, back->up->from->items[i].message->descriptor,
                                  back->ours[i]->descriptor);
        if (masked.left_out > 0)
                snprintf(names + masked.used, size - masked.used, " and %zu more", masked.left_out);
}
