/* SPDX-License-Identifier: MIT */
/* A process as a JSON object, for --status and --list. */
#include "json.h"
#include "status.h"

#include <inttypes.h>
#include <stdio.h>

static struct figure figure_if(protobuf_c_boolean has, uint64_t value)
{
        return (struct figure){.known = has, .value = value};
}

static void add(struct json_object *object, const char *key, protobuf_c_boolean has, uint64_t value)
{
        const struct figure figure = figure_if(has, value);

        json_add_figure(object, key, &figure);
}

static struct json_object *items_array(const Ekiden__Status *status)
{
        struct json_object *array = json_new_array();

        for (size_t i = 0; i < status->n_items; i++) {
                const Ekiden__ItemStatus *item = status->items[i];
                struct json_object *object = json_new_object();

                json_add_text(object, "name", item->name);
                json_add_text(object, "message", item->message);
                json_add(object, "stream", json_new_boolean(item->has_stream && item->stream));
                add(object, "records", item->has_records, item->records);
                add(object, "objects", item->has_objects, item->objects);
                add(object, "bytes", item->has_bytes, item->bytes);
                add(object, "descriptors", item->has_descriptors, item->descriptors);
                json_append(array, object);
        }
        return array;
}

static struct json_object *update_points_array(const Ekiden__Status *status)
{
        struct json_object *array = json_new_array();

        for (size_t i = 0; i < status->n_update_points; i++) {
                const Ekiden__UpdatePointStatus *point = status->update_points[i];
                struct json_object *object = json_new_object();

                json_add_text(object, "name", point->name);
                add(object, "attended", point->has_attended, point->attended);
                add(object, "last_ms", point->has_last_ms, point->last_ms);
                add(object, "passed", point->has_passed, point->passed);
                json_append(array, object);
        }
        return array;
}

static struct json_object *threads_array(const Ekiden__Status *status)
{
        static const char *const states[] = {NULL, "runs", "stands", "idle", "unregistered"};
        struct json_object *array = json_new_array();

        for (size_t i = 0; i < status->n_threads; i++) {
                const Ekiden__ThreadStatus *thread = status->threads[i];
                struct json_object *object = json_new_object();
                bool is_known = thread->has_state && (int)thread->state > 0 &&
                                (size_t)thread->state < sizeof(states) / sizeof(states[0]);

                json_add_text(object, "name", thread->name);
                add(object, "tid", thread->has_tid && thread->tid > 0, (uint64_t)thread->tid);
                json_add_text(object, "state", states[is_known ? thread->state : 0]);
                json_add_text(object, "update_point", thread->update_point);
                add(object, "last_ms", thread->has_last_ms, thread->last_ms);
                json_append(array, object);
        }
        return array;
}

static struct json_object *lineage_array(const Ekiden__Status *status)
{
        struct json_object *array = json_new_array();

        for (size_t i = 0; i < status->n_lineage; i++) {
                const Ekiden__Leg *leg = status->lineage[i];
                struct json_object *object = json_new_object();

                json_add_number(object, "leg", leg->number);
                json_add_number(object, "version", leg->version);
                add(object, "since", leg->has_since && leg->since > 0, (uint64_t)leg->since);
                add(object, "pid", leg->has_pid && leg->pid > 0, (uint64_t)leg->pid);
                add(object, "pause_us", leg->has_pause_us, leg->pause_us);
                json_add(object, "from_snapshot",
                         json_new_boolean(leg->has_from_snapshot && leg->from_snapshot));
                json_append(array, object);
        }
        return array;
}

static void add_upgrade(struct json_object *object, const Ekiden__Status *status)
{
        bool is_under_way = status->has_upgrade_phase;

        json_add_text(object, "upgrade_phase",
                      is_under_way ? ekiden_phase_name((enum ekiden_phase)status->upgrade_phase)
                                   : NULL);
        json_add(object, "upgrade_returning",
                 is_under_way ? json_new_boolean(status->has_upgrade_returning &&
                                                 status->upgrade_returning)
                              : NULL);
        add(object, "upgrade_ms", status->has_upgrade_ms, status->upgrade_ms);
        add(object, "successor_pid", status->has_successor_pid && status->successor_pid > 0,
            (uint64_t)status->successor_pid);
        json_add_text(object, "upgrade_binary", status->upgrade_binary);
        add(object, "upgrade_version", status->has_upgrade_version, status->upgrade_version);
        add(object, "upgrade_user", status->has_upgrade_user, status->upgrade_user);
        add(object, "upgrade_asker_pid",
            status->has_upgrade_asker_pid && status->upgrade_asker_pid > 0,
            (uint64_t)status->upgrade_asker_pid);
        json_add(object, "rehearse",
                 is_under_way ? json_new_boolean(status->has_rehearse && status->rehearse) : NULL);
}

/* The tree is a number that JSON's readers may not have: it is only to be compared. */
static void add_role(struct json_object *object, const Ekiden__Status *status)
{
        char tree[20];

        snprintf(tree, sizeof(tree), "%016" PRIx64, status->tree);
        json_add_text(object, "role", status->role);
        add(object, "role_place", status->has_role_place, status->role_place);
        json_add(object, "keeps_pid",
                 status->has_keeps_pid ? json_new_boolean(status->keeps_pid) : NULL);
        json_add_text(object, "tree", status->has_tree ? tree : NULL);
        json_add_text(object, "spawned_by", status->spawned_by);
}

void status_print_json(const struct process *process, const struct answer *answer)
{
        static const Ekiden__Status nothing = EKIDEN__STATUS__INIT;
        const Ekiden__Status *status = answer->event ? answer->event->status : &nothing;
        struct json_object *object = json_event("process");

        json_add_text(object, "program", process->program);
        json_add_number(object, "pid", (uint64_t)process->pid);
        add(object, "version", answer->event != NULL, status->version);
        add(object, "leg", status->has_leg, status->leg);
        add(object, "leg_seconds", status->has_leg_seconds, status->leg_seconds);
        add_role(object, status);
        json_add_text(object, "binary", status->binary);
        json_add_text(object, "update_point", status->update_point);
        add_upgrade(object, status);
        json_add(object, "update_points", answer->event ? update_points_array(status) : NULL);
        json_add(object, "threads", answer->event ? threads_array(status) : NULL);
        add(object, "watched_ms", status->has_watched_ms, status->watched_ms);
        json_add(object, "items", answer->event ? items_array(status) : NULL);
        json_add(object, "lineage", answer->event ? lineage_array(status) : NULL);
        json_add_text(object, "error",
                      answer->event ? NULL : ekiden_error_name(answer->error.code));
        json_add_text(object, "sentence", answer->event ? NULL : answer->error.sentence);
        json_print(object);
}
