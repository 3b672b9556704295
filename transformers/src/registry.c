/* SPDX-License-Identifier: MIT */
/* The hops that a program registered, and the schemas that they make known. */
#include <string.h>

#include "chain.h"
#include "fields.h"

const struct ekiden_item *ekiden_schema_item(const struct ekiden_schema *schema, const char *name)
{
        for (size_t i = 0; i < schema->item_count; i++)
                if (strcmp(schema->items[i].name, name) == 0)
                        return &schema->items[i];
        return NULL;
}

static int check_transformers(const struct ekiden_hop_table *hop)
{
        for (size_t i = 0; i < hop->transformer_count; i++) {
                const struct ekiden_transformer *transformer = &hop->transformers[i];

                if (!transformer->transform || !transformer->from_item || !transformer->to_item ||
                    !ekiden_schema_item(hop->from, transformer->from_item) ||
                    !ekiden_schema_item(hop->to, transformer->to_item))
                        return EKIDEN_EINVAL;
                for (size_t k = 0; k < i; k++)
                        if (strcmp(hop->transformers[k].to_item, transformer->to_item) == 0)
                                return EKIDEN_EEXISTS;
        }
        return 0;
}

/* What is looked up is a stream with a key, for an item that has a transformer. It holds no
   objects: those cross once, and an item that is pulled again would come without. */
static int check_lookups(const struct ekiden_hop_table *hop)
{
        for (size_t i = 0; i < hop->lookup_count; i++) {
                const struct ekiden_lookup *lookup = &hop->lookups[i];
                const struct ekiden_item *item =
                        lookup->item ? ekiden_schema_item(hop->from, lookup->item) : NULL;
                size_t k = 0;

                while (lookup->to_item && k < hop->transformer_count &&
                       strcmp(hop->transformers[k].to_item, lookup->to_item) != 0)
                        k++;
                if (!lookup->to_item || k == hop->transformer_count || !item ||
                    item->kind != EKIDEN_ITEM_STREAM || item->key == 0 ||
                    ek_message_has_objects(item->message))
                        return EKIDEN_EINVAL;
        }
        return 0;
}

int ek_registry_add(struct ek_registry *registry, const struct ekiden_hop_table *hop)
{
        int r;

        if (!hop || !hop->from || !hop->to || hop->from->version == hop->to->version ||
            strcmp(hop->from->program, hop->to->program) != 0)
                return EKIDEN_EINVAL;
        r = check_transformers(hop);
        if (r == 0)
                r = check_lookups(hop);
        if (r < 0)
                return r;
        for (size_t i = 0; i < registry->count; i++)
                if (registry->hops[i]->from->version == hop->from->version &&
                    registry->hops[i]->to->version == hop->to->version)
                        return EKIDEN_EEXISTS;
        if (registry->count == EK_HOPS_MAX)
                return EKIDEN_ENOMEM;
        registry->hops[registry->count++] = hop;
        return 0;
}

const struct ekiden_schema *ek_registry_schema(const struct ek_registry *registry,
                                               const struct ekiden_schema *own, uint32_t version)
{
        if (own->version == version)
                return own;
        for (size_t i = 0; i < registry->count; i++) {
                const struct ekiden_hop_table *hop = registry->hops[i];

                if (strcmp(hop->from->program, own->program) != 0)
                        continue;
                if (hop->from->version == version)
                        return hop->from;
                if (hop->to->version == version)
                        return hop->to;
        }
        return NULL;
}
