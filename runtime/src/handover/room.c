/* SPDX-License-Identifier: MIT */
/* See room.h. */
#include "handover/room.h"

#include <stdio.h>
#include <string.h>

#include "handover/counts.h"
#include "handover/predecessor_private.h"
#include "utf8.h"

void ek_room_say(const struct ek_room *room, Ekiden__Pull *pull)
{
        pull->has_room = room->records > 0;
        pull->room = room->records;
        if (room->records == 0)
                pull->no_room = (char *)(uintptr_t)room->obstacle;
}

static bool is_told(const struct ek_rooms *rooms, const char *item)
{
        for (size_t i = 0; i < rooms->count; i++)
                if (strcmp(rooms->reports[i].item, item) == 0)
                        return true; /* it was pulled once more, as another item looks it up */
        return false;
}

void ek_room_note(struct ek_predecessor *p, const struct ek_tagged *tagged,
                  const Ekiden__Pull *pull, uint64_t records)
{
        struct ek_rooms *rooms = &p->rooms;
        struct ek_room_report *report = &rooms->reports[rooms->count];
        const char *reason = pull->no_room;

        if (ek_predecessor_is_kept(p))
                reason = EK_REASON_PID_KEPT;
        if (tagged->item.kind != EKIDEN_ITEM_STREAM || records < EK_ROOM_MATTERS ||
            (!pull->has_room && !reason) || rooms->count == EK_ROOM_ITEMS_MAX ||
            is_told(rooms, tagged->name))
                return;
        snprintf(report->item, sizeof(report->item), "%s", tagged->name);
        report->records = pull->has_room ? pull->room : 0;
        report->reason[0] = '\0';
        if (report->records == 0)
                ek_utf8_copy_line(report->reason, sizeof(report->reason), reason ? reason : "");
        rooms->count++;
}
