/* SPDX-License-Identifier: MIT */
/*
 * Takes the place of the library's tag function in a program that is linked with it: the item that
 * the environment's REFUSED_ITEM names cannot be taken over, every other is fresh.
 */
#include <stdlib.h>
#include <string.h>

#include <ekiden/native.h>

int ekiden_tag_native(const struct ekiden_item *item, const struct ekiden_natives *natives,
                      void *state)
{
        const char *refused = getenv("REFUSED_ITEM");

        (void)natives;
        (void)state;
        return refused && strcmp(item->name, refused) == 0 ? EKIDEN_EREFUSED : EKIDEN_FRESH;
}
