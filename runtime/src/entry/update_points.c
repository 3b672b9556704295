/* SPDX-License-Identifier: MIT */
/* See update_points.h. */
#include "entry/update_points.h"

#include <string.h>

#include "utf8.h"

static struct {
        struct ek_update_point points[EK_UPDATE_POINTS_MAX];
        size_t count;
} table;

struct ek_update_point *ek_update_point_at(const char *name)
{
        struct ek_update_point *added;

        for (size_t i = 0; i < table.count; i++)
                if (strncmp(table.points[i].name, name, EKIDEN_NAME_MAX) == 0)
                        return &table.points[i];
        if (table.count == EK_UPDATE_POINTS_MAX)
                return NULL;
        added = &table.points[table.count++];
        ek_utf8_copy(added->name, sizeof(added->name), name);
        return added;
}

void ek_update_points_forget(void)
{
        table.count = 0;
        memset(table.points, 0, sizeof(table.points));
}

const struct ek_update_point *ek_update_points(size_t *ret_count)
{
        *ret_count = table.count;
        return table.points;
}
