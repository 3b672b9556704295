/* SPDX-License-Identifier: MIT */
/* For programs: one event a line, as docs/json-events.md has it. */
#include "json.h"
#include "show.h"

#include "failure.h"
#include "rehearse.h"
#include "show_verification.h"

/* What every event of an upgrade has. */
struct json_object *show_json_event(const char *event, const struct upgrade *upgrade)
{
        struct json_object *object = json_event(event);

        json_add_figure(object, "elapsed_us", &upgrade->elapsed_us);
        json_add_text(object, "program", upgrade->program);
        json_add_figure(object, "predecessor_pid",
                        &(struct figure){upgrade->pid > 0, (uint64_t)upgrade->pid});
        json_add_text(object, "role", upgrade->role);
        return object;
}

static void print_seen(struct show *show, const struct upgrade *upgrade)
{
        struct json_object *object = show_json_event("seen", upgrade);

        (void)show;
        json_add_text(object, "update_point", upgrade->update_point);
        json_print(object);
}

static void print_phase(struct show *show, const struct upgrade *upgrade)
{
        struct json_object *object = show_json_event("phase", upgrade);

        (void)show;
        json_add_text(object, "phase", ekiden_phase_name(upgrade->phase));
        json_print(object);
}

static void print_ahead(struct show *show, const struct upgrade *upgrade)
{
        struct json_object *object = show_json_event("ahead", upgrade);

        (void)show;
        json_add_text(object, "item", upgrade->item);
        json_add_figure(object, "round", &upgrade->round);
        json_add_figure(object, "item_records", &upgrade->item_records);
        json_add_figure(object, "item_count", &upgrade->item_count);
        json_add_figure(object, "rest", &upgrade->rest);
        json_add_figure(object, "bytes", &upgrade->bytes);
        json_print(object);
}

static void add_ahead(struct json_object *object, const struct upgrade *upgrade)
{
        struct json_object *items = json_new_array();

        for (size_t i = 0; i < upgrade->ahead_count; i++) {
                const struct ahead_account *account = &upgrade->ahead[i];
                struct json_object *item = json_new_object();

                json_add_text(item, "name", account->name);
                json_add_figure(item, "rounds", &account->rounds);
                json_add_figure(item, "records", &account->records);
                json_add_figure(item, "rest", &account->rest);
                json_add(item, "outrun", json_new_boolean(account->outrun));
                json_add_text(item, "reason", account->reason);
                json_append(items, item);
        }
        json_add(object, "ahead", items);
}

static void add_rooms(struct json_object *object, const struct upgrade *upgrade)
{
        struct json_object *items = json_new_array();

        for (size_t i = 0; i < upgrade->room_count; i++) {
                const struct room_account *account = &upgrade->rooms[i];
                struct json_object *item = json_new_object();

                json_add_text(item, "name", account->name);
                json_add_figure(item, "records", &account->records);
                json_add_text(item, "reason", account->reason);
                json_append(items, item);
        }
        json_add(object, "room", items);
}

static void print_progress(struct show *show, const struct upgrade *upgrade)
{
        struct json_object *object = show_json_event("progress", upgrade);

        (void)show;
        json_add_text(object, "item", upgrade->item);
        json_add_figure(object, "item_records", &upgrade->item_records);
        json_add_figure(object, "item_count", &upgrade->item_count);
        json_add_figure(object, "records", &upgrade->records);
        json_add_figure(object, "objects", &upgrade->objects);
        json_add_figure(object, "bytes", &upgrade->bytes);
        json_add_figure(object, "descriptors", &upgrade->descriptors);
        json_print(object);
}

static void print_notice(struct show *show, const struct upgrade *upgrade, const char *sentence)
{
        struct json_object *object = show_json_event("notice", upgrade);

        (void)show;
        json_add_text(object, "sentence", sentence);
        json_print(object);
}

/* How an upgrade, or its rehearsal, went. */
static void add_end(struct json_object *object, const struct upgrade *upgrade)
{
        json_add_figure(object, "successor_pid", &upgrade->successor_pid);
        json_add_figure(object, "from_version", &upgrade->from_version);
        json_add_figure(object, "to_version", &upgrade->to_version);
        json_add_figure(object, "pause_us", &upgrade->pause_us);
        json_add_number(object, "total_us", upgrade->total_us);
        json_add_figure(object, "records", &upgrade->records);
        json_add_figure(object, "objects", &upgrade->objects);
        json_add_figure(object, "bytes", &upgrade->bytes);
        json_add_figure(object, "descriptors", &upgrade->descriptors);
        json_add_text(object, "update_point", upgrade->update_point);
        json_add_text(object, "left_behind", upgrade->left_behind);
        add_ahead(object, upgrade);
        add_rooms(object, upgrade);
}

static struct json_object *account_object(const struct item_account *account)
{
        struct json_object *object = json_new_object();

        json_add_text(object, "name", account->name);
        json_add_figure(object, "records", &account->records);
        json_add_figure(object, "objects", &account->objects);
        json_add_figure(object, "bytes", &account->bytes);
        json_add_figure(object, "descriptors", &account->descriptors);
        json_add_figure(object, "transformed", &account->transformed);
        json_add_figure(object, "duration_us", &account->duration_us);
        json_add_text(object, "verdict", verdict_word(account->verdict));
        json_add_text(object, "reason", account->reason);
        return object;
}

static void add_items(struct json_object *object, const struct upgrade *upgrade)
{
        struct json_object *items = json_new_array();

        for (size_t i = 0; i < upgrade->account_count; i++)
                json_append(items, account_object(&upgrade->accounts[i]));
        json_add(object, "items", items);
}

static void print_committed(struct show *show, const struct upgrade *upgrade)
{
        struct json_object *object = show_json_event("committed", upgrade);

        (void)show;
        add_end(object, upgrade);
        if (upgrade->verify)
                add_items(object, upgrade);
        json_print(object);
}

static void print_rehearsed(struct show *show, const struct upgrade *upgrade)
{
        struct json_object *object = show_json_event("rehearsed", upgrade);

        (void)show;
        add_end(object, upgrade);
        json_add_figure(object, "unrehearsed_us", &upgrade->unrehearsed_us);
        json_add_figure(object, "peak_bytes", &upgrade->peak_bytes);
        add_items(object, upgrade);
        json_print(object);
}

static void print_rehearsed_again(struct show *show, const struct upgrade *upgrade,
                                  const struct rehearsals *rehearsals)
{
        (void)rehearsals;
        print_rehearsed(show, upgrade);
}

static void add_spread(struct json_object *object, const char *key, const struct samples *samples)
{
        const struct spread spread = samples_spread(samples);
        struct json_object *value = NULL;

        if (samples->count > 0) {
                value = json_new_object();
                json_add_number(value, "median", spread.median);
                json_add_number(value, "percentile_99", spread.percentile_99);
                json_add_number(value, "largest", spread.largest);
        }
        json_add(object, key, value);
}

static void print_rehearsals(struct show *show, const struct rehearsals *rehearsals)
{
        struct json_object *object = show_json_event("rehearsals", &rehearsals->last);
        struct json_object *items = json_new_array();

        (void)show;
        json_add_number(object, "times", rehearsals->done);
        json_add_figure(object, "from_version", &rehearsals->last.from_version);
        json_add_figure(object, "to_version", &rehearsals->last.to_version);
        add_spread(object, "pause_us", &rehearsals->pause);
        add_spread(object, "total_us", &rehearsals->total);
        for (size_t i = 0; i < rehearsals->item_count; i++) {
                struct json_object *item = json_new_object();

                json_add_text(item, "name", rehearsals->items[i].name);
                add_spread(item, "duration_us", &rehearsals->items[i].duration);
                json_add_text(item, "verdict", verdict_word(rehearsals->items[i].verdict));
                json_add_text(item, "reason", rehearsals->items[i].reason);
                json_append(items, item);
        }
        json_add(object, "items", items);
        json_print(object);
}

/* Of the process that serves on, where it is another one. */
static void add_serving_pid(struct json_object *object, const struct upgrade *upgrade)
{
        json_add_figure(
                object, "serving_pid",
                &(struct figure){upgrade_lost_pid(upgrade), (uint64_t)upgrade->serving_pid});
}

static void print_idle(struct show *show, const struct upgrade *upgrade)
{
        (void)show;
        json_print(show_json_event("idle", upgrade));
}

static void print_cancelled(struct show *show, const struct upgrade *upgrade,
                            const struct ekiden_error *error)
{
        struct json_object *object = show_json_event("cancelled", upgrade);

        (void)show;
        json_add_text(object, "phase",
                      error->phase != EKIDEN_PHASE_NONE ? ekiden_phase_name(error->phase) : NULL);
        json_add_text(object, "error", ekiden_error_name(error->code));
        json_add_text(object, "sentence", error->sentence);
        add_serving_pid(object, upgrade);
        json_print(object);
}

static void add_serves_on(struct json_object *object, const struct upgrade *upgrade)
{
        struct json_object *value = NULL;

        if (upgrade->pid > 0 && upgrade->aftermath != AFTERMATH_UNKNOWN &&
            upgrade->undertaking != UNDERTAKING_QUESTION)
                value = json_new_boolean(upgrade->aftermath == AFTERMATH_SERVES_ON);
        json_add(object, "serves_on", value);
}

static void print_failed(struct show *show, const struct upgrade *upgrade, const char *target,
                         const struct ekiden_error *error)
{
        static const struct upgrade none;
        const struct upgrade *known = upgrade ? upgrade : &none;
        struct json_object *object = show_json_event("failed", known);

        (void)show;
        json_add_text(object, "target", target);
        json_add_text(object, "error", ekiden_error_name(error->code));
        json_add_number(object, "exit_status", (uint64_t)ekiden_error_exit_status(error->code));
        json_add_text(object, "phase",
                      error->phase != EKIDEN_PHASE_NONE ? ekiden_phase_name(error->phase) : NULL);
        json_add_text(object, "item", error->item);
        json_add_text(object, "field", error->field);
        json_add_figure(object, "from_version",
                        &(struct figure){error->from_version > 0, error->from_version});
        json_add_figure(object, "to_version",
                        &(struct figure){error->to_version > 0, error->to_version});
        json_add_text(object, "sentence", error->sentence);
        json_add_text(object, "next", failure_next_step(upgrade, error));
        add_serves_on(object, known);
        add_serving_pid(object, known);
        json_add_figure(object, "pause_us", &known->pause_us);
        json_print(object);
}

const struct show_functions show_as_json = {
        .seen = print_seen,
        .phase = print_phase,
        .ahead = print_ahead,
        .progress = print_progress,
        .notice = print_notice,
        .committed = print_committed,
        .idle = print_idle,
        .cancelled = print_cancelled,
        .rehearsed = print_rehearsed,
        .rehearsed_again = print_rehearsed_again,
        .rehearsals = print_rehearsals,
        .failed = print_failed,
};
