/* SPDX-License-Identifier: MIT */
/* See status.h. What memory is too short for is left out. */
#include "entry/status.h"

#include <stdlib.h>
#include <unistd.h>

#include "entry/event.h"
#include "entry/leg.h"
#include "entry/process.h"
#include "entry/roles.h"
#include "entry/thread_status.h"
#include "entry/update_points.h"
#include "entry/upgrade.h"
#include "entry/watch.h"
#include "wire/clock.h"

#define NS_PER_S UINT64_C(1000000000)

/* The parts of the message that there are several of, and so need room of their own. */
struct parts {
        Ekiden__ItemStatus *items;
        Ekiden__ItemStatus **item_pointers;
        Ekiden__UpdatePointStatus points[EK_UPDATE_POINTS_MAX];
        Ekiden__UpdatePointStatus *point_pointers[EK_UPDATE_POINTS_MAX];
        struct ek_lineage_message lineage;
        struct ek_thread_statuses threads;
};

static void free_parts(struct parts **parts)
{
        if (*parts) {
                ek_thread_statuses_free(&(*parts)->threads);
                free((*parts)->items);
                free((*parts)->item_pointers);
        }
        free(*parts);
}

static void fill_item(Ekiden__ItemStatus *item, const struct ek_tagged *tagged)
{
        ekiden__item_status__init(item);
        item->name = (char *)(uintptr_t)tagged->name;
        item->message = (char *)(uintptr_t)tagged->item.message->descriptor->name;
        item->has_stream = 1;
        item->stream = tagged->item.kind == EKIDEN_ITEM_STREAM;
        if (!tagged->last || !tagged->last->is_known)
                return;
        item->has_records = item->has_bytes = item->has_descriptors = 1;
        item->has_objects = tagged->last->objects > 0; /* beside the records, as in events */
        item->records = tagged->last->records;
        item->objects = tagged->last->objects;
        item->bytes = tagged->last->bytes;
        item->descriptors = tagged->last->descriptors;
}

static void fill_items(Ekiden__Status *status, struct parts *parts)
{
        size_t count;
        struct ek_tagged *const *tagged = ek_tagged_all(&count);

        parts->items = calloc(count + 1, sizeof(*parts->items));
        parts->item_pointers = calloc(count + 1, sizeof(*parts->item_pointers));
        if (!parts->items || !parts->item_pointers)
                return;
        for (size_t i = 0; i < count; i++) {
                fill_item(&parts->items[i], tagged[i]);
                parts->item_pointers[i] = &parts->items[i];
        }
        status->items = parts->item_pointers;
        status->n_items = count;
}

static void fill_update_points(Ekiden__Status *status, struct parts *parts,
                               const struct ek_watch *watch)
{
        size_t count;
        const struct ek_update_point *points = ek_update_points(&count);

        for (size_t i = 0; i < count; i++) {
                Ekiden__UpdatePointStatus *message = &parts->points[i];

                ekiden__update_point_status__init(message);
                message->name = (char *)(uintptr_t)points[i].name;
                message->has_attended = message->has_last_ms = 1;
                message->attended = points[i].attended;
                message->last_ms = (ek_now_ns() - points[i].last_ns) / EK_NS_PER_MS;
                message->has_passed = watch != NULL;
                message->passed = watch ? ek_watch_passed(watch, i) : 0;
                parts->point_pointers[i] = message;
        }
        status->update_points = parts->point_pointers;
        status->n_update_points = count;
        status->has_watched_ms = watch != NULL;
        status->watched_ms = watch ? (uint32_t)ek_watch_elapsed_ms(watch) : 0;
}

static void fill_lineage(Ekiden__Status *status, struct parts *parts)
{
        const struct ek_lineage *lineage = ek_leg_lineage();

        ek_lineage_fill(lineage, &parts->lineage);
        status->lineage = parts->lineage.pointers;
        status->n_lineage = lineage->count;
}

static void fill_upgrade(Ekiden__Status *status)
{
        const struct ek_upgrade_origin *origin = ek_upgrade_origin();
        uint32_t version = ek_predecessor_report()->to_version;
        pid_t successor = ek_predecessor_report()->successor;

        if (ek_predecessor_phase() == EKIDEN_PHASE_NONE)
                return;
        status->has_upgrade_phase = status->has_upgrade_ms = 1;
        status->upgrade_phase = ek_predecessor_phase();
        status->upgrade_ms = (ek_now_ns() - origin->since_ns) / EK_NS_PER_MS;
        status->has_upgrade_returning = status->upgrade_returning = ek_predecessor_is_returning();
        status->has_rehearse = 1;
        status->rehearse = ek_predecessor_report()->is_rehearsal;
        status->has_successor_pid = successor > 0;
        status->successor_pid = successor;
        status->upgrade_binary = (char *)(uintptr_t)origin->binary;
        status->has_upgrade_version = version > 0;
        status->upgrade_version = version;
        status->has_upgrade_user = origin->has_asker;
        status->has_upgrade_asker_pid = origin->pid > 0; /* 0: in no namespace of this process */
        status->upgrade_user = origin->user;
        status->upgrade_asker_pid = origin->pid;
}

static void fill_process(Ekiden__Status *status, const char *update_point)
{
        status->program = (char *)(uintptr_t)ek_process.schema->program;
        status->pid = ek_process.served_pid;
        status->version = ek_process.schema->version;
        status->has_leg = 1;
        status->leg = ek_process.setup.leg;
        status->has_leg_seconds = 1;
        status->leg_seconds = (ek_now_ns() - ek_process.serving_since_ns) / NS_PER_S;
        status->binary = ek_process.origin.binary;
        status->role = (char *)(uintptr_t)ekiden_role();
        status->has_role_place = status->has_keeps_pid = status->has_tree = 1;
        status->role_place = ek_role_place(ekiden_role());
        status->keeps_pid = ek_role_keeps_pid();
        status->tree = ek_tree();
        status->spawned_by = (char *)(uintptr_t)ek_role_spawned_by(ekiden_role());
        status->update_point = (char *)(uintptr_t)update_point;
}

void ek_status_tell(struct ek_operator *operator_, const char *update_point)
{
        Ekiden__Status status = EKIDEN__STATUS__INIT;
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        __attribute__((cleanup(free_parts))) struct parts *parts = calloc(1, sizeof(*parts));

        fill_process(&status, update_point);
        fill_upgrade(&status);
        if (parts) {
                fill_items(&status, parts);
                fill_update_points(&status, parts, operator_->watch);
                fill_lineage(&status, parts);
                ek_thread_statuses_fill(&parts->threads, &status);
        }
        event.kind = EKIDEN__EVENT_KIND__STATUS;
        event.status = &status;
        ek_event_last(operator_, &event);
}
