/* SPDX-License-Identifier: MIT */
/* See fetch.h. */
#include "state/fetch.h"

#include "state/arena_held.h"
#include "state/transfer.h"

static int make_objects(struct ek_fetch *fetch, const struct ek_tagged *tagged,
                        struct ekiden_error *error)
{
        int r;

        if (!tagged->native || fetch->objects)
                return 0;
        r = ek_objects_new(tagged->natives, fetch->chain, &fetch->objects);
        if (r < 0)
                return ekiden_error_set(error, r, "the table of objects cannot be made: %s",
                                        ekiden_error_text(r));
        fetch->objects->are_let_go = fetch->objects_are_let_go;
        return 0;
}

int ek_fetch_item(struct ek_fetch *fetch, const struct ek_tagged *tagged,
                  struct ekiden_error *error)
{
        struct ek_route route;
        int r;

        if (tagged->value_type == EK_VALUE_ARENA && ek_arena_take_held(tagged))
                return EKIDEN_RESUMED;
        if (ek_tagged_is_value(tagged))
                return fetch->pull(fetch->data, &tagged->item, tagged, NULL, error);
        r = make_objects(fetch, tagged, error);
        if (r == 0)
                r = ek_route_find(fetch->chain, &tagged->item, &route, error);
        if (r < 0)
                return r;
        if (!route.source)
                return EKIDEN_FRESH; /* it needs no asking */
        fetch->objects_are_let_go |= ek_lets_objects_go(tagged, &route);
        r = ek_lookups_fetch(fetch->chain, &route, fetch->pull, fetch->data, error);
        if (r == 0)
                r = fetch->pull(fetch->data, route.source, tagged, &route, error);
        ek_lookups_free(&route);
        if (r == EKIDEN_RESUMED && tagged->native)
                fetch->bound_items++;
        return r;
}

int ek_fetch_check(struct ek_fetch *fetch, struct ekiden_error *error)
{
        int r = fetch->objects ? ek_objects_check(fetch->objects, error) : 0;

        return r == 0 ? ek_arena_check_held(error) : r;
}

void ek_fetch_deinit(struct ek_fetch *fetch)
{
        fetch->objects = ek_objects_free(fetch->objects);
        fetch->objects_are_let_go = false;
}
