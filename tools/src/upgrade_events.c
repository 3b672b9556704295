/* SPDX-License-Identifier: MIT */
/* See upgrade_events.h. */
#include "upgrade_events.h"

#include <stdio.h>
#include <stdlib.h>

#include "text.h"

static void take_figure(struct figure *figure, protobuf_c_boolean has, uint64_t value)
{
        if (has)
                *figure = (struct figure){.known = true, .value = value};
}

/* A PID or a version of 0 is as good as none. */
static void take_number(struct figure *figure, protobuf_c_boolean has, int64_t value)
{
        if (has && value > 0)
                *figure = (struct figure){.known = true, .value = (uint64_t)value};
}

static void take_fields(struct upgrade *upgrade, const Ekiden__Event *event)
{
        take_figure(&upgrade->elapsed_us, true, event->elapsed_us);
        take_number(&upgrade->from_version, event->has_from_version, event->from_version);
        take_number(&upgrade->to_version, event->has_to_version, event->to_version);
        take_number(&upgrade->successor_pid, event->has_successor_pid, event->successor_pid);
        take_figure(&upgrade->pause_us, event->has_pause_us, event->pause_us);
        take_figure(&upgrade->unrehearsed_us, event->has_unrehearsed_us, event->unrehearsed_us);
        take_figure(&upgrade->records, event->has_records, event->records);
        take_figure(&upgrade->objects, event->has_objects && event->objects > 0, event->objects);
        take_figure(&upgrade->bytes, event->has_bytes, event->bytes);
        take_figure(&upgrade->descriptors, event->has_descriptors, event->descriptors);
        if (event->update_point)
                text_clean(event->update_point, TEXT_ANY_UTF8, upgrade->update_point,
                           sizeof(upgrade->update_point));
}

static void take_left_behind(struct upgrade *upgrade, const Ekiden__Event *event)
{
        size_t used = 0;

        for (size_t i = 0; i < event->n_left_behind; i++) {
                char name[EKIDEN_NAME_MAX + 1];
                int n;

                text_clean(event->left_behind[i], TEXT_ANY_UTF8, name, sizeof(name));
                n = snprintf(upgrade->left_behind + used, sizeof(upgrade->left_behind) - used,
                             "%s%s", i > 0 ? ", " : "", name);
                if (n < 0 || (size_t)n >= sizeof(upgrade->left_behind) - used) {
                        upgrade->left_behind[used] = '\0'; /* whole names only */
                        return;
                }
                used += (size_t)n;
        }
}

static void take_account(struct item_account *account, const Ekiden__ItemReport *report)
{
        text_clean(report->item, TEXT_ANY_UTF8, account->name, sizeof(account->name));
        take_figure(&account->records, report->has_records, report->records);
        take_figure(&account->objects, report->has_objects && report->objects > 0, report->objects);
        take_figure(&account->bytes, report->has_bytes, report->bytes);
        take_figure(&account->descriptors, report->has_descriptors, report->descriptors);
        take_figure(&account->transformed, report->has_transformed, report->transformed);
        take_figure(&account->duration_us, report->has_duration_us, report->duration_us);
        if (report->has_verdict && report->verdict >= EKIDEN__VERDICT__SAME &&
            report->verdict <= EKIDEN__VERDICT__SAME_AS_GIVEN)
                account->verdict = (enum verdict)report->verdict;
        if (report->reason)
                text_clean(report->reason, TEXT_ANY_UTF8, account->reason, sizeof(account->reason));
}

static void take_ahead_report(struct ahead_account *account, const Ekiden__AheadReport *report)
{
        text_clean(report->item, TEXT_ANY_UTF8, account->name, sizeof(account->name));
        take_figure(&account->rounds, report->has_rounds, report->rounds);
        take_figure(&account->records, report->has_records, report->records);
        take_figure(&account->rest, report->has_rest, report->rest);
        account->outrun = report->has_outrun && report->outrun;
        if (report->reason)
                text_clean(report->reason, TEXT_ANY_UTF8, account->reason, sizeof(account->reason));
}

static void take_room_report(struct room_account *account, const Ekiden__RoomReport *report)
{
        text_clean(report->item, TEXT_ANY_UTF8, account->name, sizeof(account->name));
        take_figure(&account->records, report->has_records, report->records);
        if (report->reason)
                text_clean(report->reason, TEXT_ANY_UTF8, account->reason, sizeof(account->reason));
}

/* How it went, from the last event. */
static int take_end(struct upgrade *upgrade, const Ekiden__Event *event, bool is_rehearsal,
                    struct ekiden_error *error)
{
        if (is_rehearsal != upgrade->rehearse)
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        is_rehearsal ? "the process has rehearsed the upgrade that "
                                                       "it was asked for"
                                                     : "the process was asked for a rehearsal, and "
                                                       "the new version serves");
        take_left_behind(upgrade, event);
        take_figure(&upgrade->peak_bytes, event->has_peak_bytes, event->peak_bytes);
        for (size_t i = 0; i < event->n_ahead && i < AHEAD_MAX; i++)
                take_ahead_report(&upgrade->ahead[upgrade->ahead_count++], event->ahead[i]);
        for (size_t i = 0; i < event->n_room && i < AHEAD_MAX; i++)
                take_room_report(&upgrade->rooms[upgrade->room_count++], event->room[i]);
        if (event->n_items == 0)
                return 0;
        if (event->n_items > ITEMS_MAX)
                return ekiden_error_set(error, EKIDEN_ELIMIT,
                                        "the process tells of %zu items; no handover has more "
                                        "than %d",
                                        event->n_items, ITEMS_MAX);
        upgrade->accounts = calloc(event->n_items, sizeof(*upgrade->accounts));
        if (!upgrade->accounts)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "%s",
                                        ekiden_error_text(EKIDEN_ENOMEM));
        upgrade->account_count = event->n_items;
        for (size_t i = 0; i < event->n_items; i++)
                take_account(&upgrade->accounts[i], event->items[i]);
        return 0;
}

static int take_committed(struct upgrade *upgrade, const Ekiden__Event *event,
                          struct ekiden_error *error)
{
        int r = take_end(upgrade, event, false, error);

        upgrade->phase = EKIDEN_PHASE_SERVE;
        return r < 0 ? r : HAPPENING_COMMITTED;
}

static int take_rehearsed(struct upgrade *upgrade, const Ekiden__Event *event,
                          struct ekiden_error *error)
{
        int r = take_end(upgrade, event, true, error);

        return r < 0 ? r : HAPPENING_REHEARSED;
}

static int take_phase(struct upgrade *upgrade, const Ekiden__Event *event,
                      struct ekiden_error *error)
{
        if (!event->has_phase || event->phase < EKIDEN_PHASE_REQUEST ||
            event->phase > EKIDEN_PHASE_SERVE)
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the process says that a phase begins, and not which");
        if (event->phase < upgrade->phase)
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the process says that phase %s comes after phase %s",
                                        ekiden_phase_name((enum ekiden_phase)event->phase),
                                        ekiden_phase_name(upgrade->phase));
        upgrade->seen = true;
        upgrade->queued = false;
        upgrade->keeps_pid = event->has_keeps_pid && event->keeps_pid;
        upgrade->phase = (enum ekiden_phase)event->phase;
        return HAPPENING_PHASE;
}

static int take_ahead(struct upgrade *upgrade, const Ekiden__Event *event)
{
        upgrade->item_records = upgrade->item_count = (struct figure){0};
        take_figure(&upgrade->item_records, event->has_item_records, event->item_records);
        take_figure(&upgrade->item_count, event->has_item_count, event->item_count);
        take_figure(&upgrade->round, event->has_round, event->round);
        take_figure(&upgrade->rest, event->has_rest, event->rest);
        text_clean(event->item ? event->item : "", TEXT_ANY_UTF8, upgrade->item,
                   sizeof(upgrade->item));
        return HAPPENING_AHEAD;
}

static int take_progress(struct upgrade *upgrade, const Ekiden__Event *event)
{
        upgrade->item_records = upgrade->item_count = (struct figure){0};
        take_figure(&upgrade->item_records, event->has_item_records, event->item_records);
        take_figure(&upgrade->item_count, event->has_item_count, event->item_count);
        text_clean(event->item ? event->item : "", TEXT_ANY_UTF8, upgrade->item,
                   sizeof(upgrade->item));
        upgrade->seen = true;
        return HAPPENING_PROGRESS;
}

int upgrade_take_event(struct upgrade *upgrade, const Ekiden__Event *event,
                       struct ekiden_error *error)
{
        take_fields(upgrade, event);
        switch ((int)event->kind) {
        case EKIDEN__EVENT_KIND__SEEN:
                upgrade->seen = true;
                text_clean(event->role ? event->role : "", TEXT_PRINTABLE, upgrade->role,
                           sizeof(upgrade->role));
                return HAPPENING_SEEN;
        case EKIDEN__EVENT_KIND__PHASE:
                return take_phase(upgrade, event, error);
        case EKIDEN__EVENT_KIND__SENT_AHEAD:
                return take_ahead(upgrade, event);
        case EKIDEN__EVENT_KIND__PROGRESS:
                return take_progress(upgrade, event);
        case EKIDEN__EVENT_KIND__QUEUED:
                upgrade->seen = upgrade->queued = true;
                return HAPPENING_QUEUED;
        case EKIDEN__EVENT_KIND__IDLE:
                return HAPPENING_IDLE;
        case EKIDEN__EVENT_KIND__COMMITTED:
                if (upgrade->queued)
                        return HAPPENING_OTHER_COMMITTED;
                return take_committed(upgrade, event, error);
        case EKIDEN__EVENT_KIND__REHEARSED:
                return take_rehearsed(upgrade, event, error);
        case EKIDEN__EVENT_KIND__FAILED:
                /* Where its PID was to be kept and is lost, another serves in its place. */
                if (event->has_predecessor_pid && event->predecessor_pid > 0)
                        upgrade->serving_pid = event->predecessor_pid;
                return HAPPENING_FAILED;
        case EKIDEN__EVENT_KIND__STATUS:
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the process answers with its status, which was not "
                                        "asked for");
        default:
                return HAPPENING_NOTHING;
        }
}
