/* SPDX-License-Identifier: MIT */
/*
 * The one place that decides what a name is.
 */
#include "names.h"

#include <string.h>

static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789_-";

bool name_copy(char ret_name[NAME_SIZE], const char *name)
{
        size_t length = name ? strspn(name, allowed) : 0;

        if (length == 0 || length >= NAME_SIZE || name[length])
                return false;
        memcpy(ret_name, name, length + 1);
        return true;
}
