/* SPDX-License-Identifier: MIT */
/*
 * Objects that go out a second time: by the identities by which they came, so that both streams can
 * be compared; or all of an item's, so that a difference can be found.
 */
#include <stdlib.h>

#include "state/native.h"

static bool is_object(const struct ek_objects_page *page, size_t i)
{
        return page->states[i] >> EK_OBJECT_TYPE_SHIFT != 0 && (page->states[i] & EK_OBJECT_FILLED);
}

/* The same number, the same type: both tables have the types of the same natives. */
static int take_over(struct ekiden_objects *objects, const struct ek_objects_page *page, size_t i,
                     uint64_t number)
{
        unsigned int type = page->states[i] >> EK_OBJECT_TYPE_SHIFT;
        bool is_placed = page->states[i] & EK_OBJECT_PLACED;
        int r = ek_objects_reach(objects, number);

        if (r < 0)
                return r;
        *ek_objects_address(objects, number) = page->addresses[i];
        *ek_objects_state(objects, number) =
                (uint16_t)(type << EK_OBJECT_TYPE_SHIFT |
                           (is_placed ? EK_OBJECT_PLACED | EK_OBJECT_WANTED | EK_OBJECT_SENT : 0));
        objects->count = number;
        return 0;
}

int ek_objects_seed(struct ekiden_objects *objects, const struct ekiden_objects *imported)
{
        for (size_t page = 0; page < imported->page_count; page++) {
                if (!imported->pages[page])
                        continue;
                for (size_t i = 0; i < EK_OBJECTS_PAGE; i++) {
                        int r = is_object(imported->pages[page], i)
                                        ? take_over(objects, imported->pages[page], i,
                                                    page * EK_OBJECTS_PAGE + i)
                                        : 0;

                        if (r < 0)
                                return r;
                }
        }
        return ek_objects_index(objects);
}

void ek_objects_send_again(struct ekiden_objects *objects)
{
        for (uint64_t number = 1; number <= objects->count; number++) {
                uint16_t *state;

                if (!objects->pages[number / EK_OBJECTS_PAGE])
                        continue;
                state = ek_objects_state(objects, number);
                if (!(*state & EK_OBJECT_PLACED))
                        *state &= (uint16_t) ~(EK_OBJECT_SENT | EK_OBJECT_WANTED);
        }
        objects->next = 1;
        objects->again_count = 0;
}
