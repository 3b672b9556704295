/* SPDX-License-Identifier: MIT */
/*
 * Which functions a container cannot do without. A program that lacks one is told its name when it
 * tags the item: a table of functions has many, and "an argument is not valid" names none of them.
 */
#include <ekiden/native.h>

#include <stdio.h>

#include "entry/process.h"

static const struct {
        unsigned int part;
        const char *name;
} functions[] = {
        {EKIDEN_CONTAINER_INSERT, "insert"},     {EKIDEN_CONTAINER_SCAN, "scan"},
        {EKIDEN_CONTAINER_FIND, "find"},         {EKIDEN_CONTAINER_REMOVE, "remove"},
        {EKIDEN_CONTAINER_NEXT, "next or scan"},
};

static unsigned int needed(const struct ekiden_item *item, unsigned int parts)
{
        if (item->ahead)
                return EKIDEN_CONTAINER_INSERT | EKIDEN_CONTAINER_SCAN | EKIDEN_CONTAINER_FIND |
                       EKIDEN_CONTAINER_REMOVE;
        return EKIDEN_CONTAINER_INSERT |
               (parts & EKIDEN_CONTAINER_SCAN ? 0u : (unsigned int)EKIDEN_CONTAINER_NEXT);
}

int ekiden_container_check(const struct ekiden_item *item, unsigned int parts)
{
        unsigned int missing = item ? needed(item, parts) & ~parts : 0;
        char names[64] = "";
        size_t used = 0;

        if (!item)
                return EKIDEN_EINVAL;
        if (missing == 0)
                return 0;
        for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
                if (missing & functions[i].part)
                        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
                                                 used > 0 ? ", " : "", functions[i].name);
        ek_log(EKIDEN_LOG_ERROR, "item \"%s\"%s: its functions lack %s", item->name,
               item->ahead ? " is sent ahead" : "", names);
        return EKIDEN_EINVAL;
}
