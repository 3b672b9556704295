/* SPDX-License-Identifier: MIT */
/* See reserve.h. */
#include "state/reserve.h"

#include "state/native_state.h"
#include "state/ready.h"

bool ek_reserve_is_possible(const struct ek_tagged *tagged)
{
        return tagged->native && tagged->container &&
               ek_container_has(tagged, EKIDEN_CONTAINER_RESERVE);
}

void ek_reserve_before(const struct ek_tagged *tagged, struct ekiden_objects *objects,
                       uint64_t announced)
{
        uint64_t count = announced < EK_ANNOUNCED_MAX ? announced : EK_ANNOUNCED_MAX;

        if (count == 0 || objects->ready.serial != 0)
                return;
        objects->ready.serial = tagged->serial;
        objects->ready.reserved = count;
        ek_native_reserve(tagged, count);
        if (tagged->is_plain)
                ek_ready_make(&objects->ready, tagged->native, count);
}

void ek_reserve_begin(struct ek_import *import)
{
        const struct ekiden_objects *objects = import->objects;

        if (objects && objects->ready.serial != 0 &&
            objects->ready.serial == import->tagged->serial)
                import->reserved = objects->ready.reserved;
}

void ek_reserve_more(struct ek_import *import)
{
        uint64_t come = import->count.records, most = EK_ANNOUNCED_MAX + 3 * come, more;

        if (import->reserved >= import->announced || come < import->reserved ||
            come >= import->announced)
                return;
        more = import->announced - come;
        more = more < most ? more : most;
        ek_native_reserve(import->tagged, more);
        import->reserved = come + more;
}
