/* SPDX-License-Identifier: MIT */
/* See lookup.h. */
#include "state/lookup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fields.h"
#include "index.h"

static int close_descriptor(void *data, int32_t *value)
{
        (void)data;
        if (*value >= 0)
                close(*value);
        return 0;
}

/* A record is copied; its descriptors, of which the item itself gets others, are closed: by us if
   we took it, else by who gave it. */
static int import_record(const void *functions, const ProtobufCMessage *record,
                         struct ekiden_cursor *cursor, void *data)
{
        struct ek_index *index = data;
        int r = ek_index_add(index, record);

        (void)functions;
        (void)cursor;
        return r < 0 ? r
                     : ek_each_descriptor(index->item->message,
                                          (ProtobufCMessage *)(uintptr_t)record, close_descriptor,
                                          NULL);
}

static const struct ekiden_binding index_binding = {.import_record = import_record};

/* Pulls one item, which may itself come by transformers that look things up: each time by a chain
   that is shorter. */
static int pull_into(const struct ek_chain *chain, struct ek_index *index, ek_pull_function pull,
                     void *data, struct ekiden_error *error)
{
        struct ek_tagged tagged = {.item = *index->item, .binding = &index_binding, .data = index};
        struct ek_route route;
        int r = ek_route_find(chain, index->item, &route, error);

        if (r < 0 || !route.source)
                return r;
        strncpy(tagged.name, index->item->name, sizeof(tagged.name) - 1);
        r = ek_lookups_fetch(chain, &route, pull, data, error);
        if (r == 0)
                r = pull(data, route.source, &tagged, &route, error);
        ek_lookups_free(&route);
        return r < 0 ? r : 0;
}

static int fetch(const struct ek_chain *chain, struct ek_step *step,
                 const struct ekiden_lookup *lookup, ek_pull_function pull, void *data,
                 struct ekiden_error *error)
{
        struct ek_index *index = malloc(sizeof(*index));

        if (!index)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while importing");
        ek_index_init(index, ekiden_schema_item(step->hop->from, lookup->item));
        index->next = step->indexes;
        step->indexes = index;
        return pull_into(chain, index, pull, data, error);
}

int ek_lookups_fetch(const struct ek_chain *chain, struct ek_route *route, ek_pull_function pull,
                     void *data, struct ekiden_error *error)
{
        for (size_t i = 0; i < route->count; i++) {
                struct ek_step *step = &route->steps[i];
                struct ek_chain before = *chain;

                before.to = step->hop->from;
                before.count = i;
                for (size_t k = 0; step->transformer && k < step->hop->lookup_count; k++) {
                        const struct ekiden_lookup *lookup = &step->hop->lookups[k];
                        int r = 0;

                        if (strcmp(lookup->to_item, step->to->name) == 0)
                                r = fetch(&before, step, lookup, pull, data, error);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

void ek_lookups_free(struct ek_route *route)
{
        for (size_t i = 0; i < route->count; i++)
                while (route->steps[i].indexes) {
                        struct ek_index *index = route->steps[i].indexes;

                        route->steps[i].indexes = index->next;
                        ek_index_deinit(index);
                        free(index);
                }
}
