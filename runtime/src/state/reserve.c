/* SPDX-License-Identifier: MIT */
/* See reserve.h. */
#include "state/reserve.h"

#include "state/native_state.h"
#include "state/ready.h"

static bool has_reserve(const struct ek_tagged *tagged)
{
        return ek_container_has(tagged, EKIDEN_CONTAINER_RESERVE);
}

static uint64_t believed(uint64_t announced)
{
        return announced < EK_ANNOUNCED_MAX ? announced : EK_ANNOUNCED_MAX;
}

const char *ek_reserve_obstacle(const struct ek_tagged *tagged)
{
        if (!tagged->native || !tagged->container)
                return "its records are not bound to structs in the new version";
        if (has_reserve(tagged) || (tagged->is_plain && ek_ready_is_possible(tagged->native)))
                return NULL;
        return "its container in the new version has no reserve()";
}

uint64_t ek_reserve_before(const struct ek_tagged *tagged, struct ekiden_objects *objects,
                           uint64_t announced)
{
        uint64_t count = believed(announced), made = 0;

        if (count == 0 || objects->ready.serial != 0)
                return 0;
        objects->ready.serial = tagged->serial;
        objects->ready.reserved = count;
        ek_native_reserve(tagged, count);
        if (tagged->is_plain)
                made = ek_ready_make(&objects->ready, tagged->native, count);
        return has_reserve(tagged) ? count : made;
}

void ek_reserve_ahead(const struct ek_tagged *tagged, uint64_t announced)
{
        if (announced > 0)
                ek_native_reserve(tagged, believed(announced));
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
