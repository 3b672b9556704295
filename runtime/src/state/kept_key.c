/* SPDX-License-Identifier: MIT */
/* See kept_key.h. */
#include "state/kept_key.h"

#include "state/ahead_import.h"

struct ek_kept_key ek_kept_key_ahead(const struct ek_tagged *tagged, const struct ek_route *route)
{
        return (struct ek_kept_key){
                .source = ek_key_field(route->decoded_as, route->source),
                .target = ek_key_field(tagged->item.message, &tagged->item),
                .is_ahead = true,
        };
}

struct ek_kept_key ek_kept_key_in_pause(const struct ek_tagged *tagged,
                                        const struct ek_route *route)
{
        struct ek_kept_key kept = {0};

        if (!route || !route->source || route->first == route->count || !route->source->ahead ||
            ek_ahead_import_obstacle(tagged, route->source, route))
                return kept;
        kept = ek_kept_key_ahead(tagged, route);
        kept.is_ahead = false;
        return kept;
}

void ek_kept_key_note(struct ek_kept_key *kept, const ProtobufCMessage *record)
{
        kept->given = 0;
        if (kept->target)
                kept->key = ek_key_of_record(kept->source, record);
}

int ek_kept_key_check(struct ek_kept_key *kept, const char *name, uint64_t number,
                      const ProtobufCMessage *record, struct ekiden_error *error)
{
        const char *what =
                kept->is_ahead ? "sent ahead, by its keys" : "marked to be sent ahead, by its keys";
        struct ekiden_key key;

        kept->given++;
        if (!kept->target)
                return 0;
        if (kept->given > 1)
                return ekiden_error_set(error, EKIDEN_ETRANSFORMER,
                                        "a transformer made several records of record %llu, and "
                                        "item \"%s\" is %s; remove `ahead` from the new version's "
                                        "schema",
                                        (unsigned long long)number, name, what);
        key = ek_key_of_record(kept->target, record);
        if (ek_key_equals(&key, &kept->key))
                return 0;
        return ekiden_error_set(error, EKIDEN_ETRANSFORMER,
                                "a transformer changed the key of record %llu, and item \"%s\" is "
                                "%s; remove `ahead` from the new version's schema",
                                (unsigned long long)number, name, what);
}
