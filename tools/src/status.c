/* SPDX-License-Identifier: MIT */
/* See status.h. As JSON it is in status_json.c. */
#include "status.h"

#include <inttypes.h>
#include <string.h>

#include <ekiden/role.h>

#include "next_step.h"
#include "show.h"
#include "table.h"
#include "text.h"

#define TIMEOUT_MS 5000
#define TEXT_MAX 4096
#define LABEL_FORMAT STATUS_LABEL_FORMAT
#define VALUE_MESSAGE "ekiden.Value" /* of the built-in items */

/* A cell for a figure that the process may have told, in one of the ways of text.h. */
#define FIGURE(has, value, how) ((has) ? how(value, (char[TEXT_FIGURE_MAX]){0}) : NULL)

static void print_text(const struct terminal *terminal, const char *label, const char *untrusted)
{
        char text[TEXT_MAX];

        text_clean(untrusted, terminal_allowed(terminal), text, sizeof(text));
        fprintf(terminal->out, LABEL_FORMAT "%s\n", label, text);
}

static void add_row(struct table *table, const char *const *cells)
{
        for (size_t i = 0; i < table->columns; i++)
                table_add(table, cells[i]);
}

static void print_table(const struct terminal *terminal, const char *label, struct table *table)
{
        char whole[32];

        snprintf(whole, sizeof(whole), LABEL_FORMAT, label);
        (void)table_print_behind(table, terminal->out, whole);
}

/* "2026-11-26 02:56:15", local time. */
static const char *text_number(uint32_t number, char ret_text[TEXT_FIGURE_MAX])
{
        snprintf(ret_text, TEXT_FIGURE_MAX, "%" PRIu32, number);
        return ret_text;
}

static const char *text_ago(uint64_t milliseconds, char ret_text[TEXT_FIGURE_MAX])
{
        char text[TEXT_FIGURE_MAX];

        if (milliseconds < 1000)
                return "now";
        snprintf(ret_text, TEXT_FIGURE_MAX, "%.26s ago", text_seconds(milliseconds / 1000, text));
        return ret_text;
}

static void add_item(struct table *table, const Ekiden__ItemStatus *item)
{
        char name[EKIDEN_NAME_MAX + 1];
        char message[TEXT_MAX];
        size_t used;

        text_clean(item->name, TEXT_ASCII, name, sizeof(name));
        if (item->message && strcmp(item->message, VALUE_MESSAGE) == 0)
                strcpy(message, "a plain value");
        else
                text_clean(item->message ? item->message : "", TEXT_ASCII, message,
                           sizeof(message) - 16);
        used = strlen(message);
        if (item->stream)
                strcpy(message + used, ", a stream");
        add_row(table, (const char *const[]){
                               name, message, FIGURE(item->has_records, item->records, text_count),
                               FIGURE(item->has_objects, item->objects, text_count),
                               FIGURE(item->has_bytes, item->bytes, text_bytes),
                               FIGURE(item->has_descriptors, item->descriptors, text_count)});
}

/* With the sizes that they had at the last handover, if there was one. */
static void print_items(const struct terminal *terminal, const Ekiden__Status *status)
{
        struct table table = {.columns = 6, .words = 1 << 1, .shortens = 1, .drops = {5, 3}};

        if (status->n_items == 0) {
                print_text(terminal, "items", "none");
                return;
        }
        add_row(&table, (const char *const[]){"NAME", "TYPE", "RECORDS", "OBJECTS", "BYTES",
                                              "DESCRIPTORS"});
        for (size_t i = 0; i < status->n_items; i++)
                add_item(&table, status->items[i]);
        print_table(terminal, "items", &table);
}

static void add_update_point(struct table *table, const Ekiden__UpdatePointStatus *point,
                             uint32_t watched_ms)
{
        char name[EKIDEN_NAME_MAX + 1];
        uint64_t rate = watched_ms > 0 ? text_figure((double)point->passed * 1000 / watched_ms) : 0;

        text_clean(point->name, TEXT_ASCII, name, sizeof(name));
        add_row(table, (const char *const[]){
                               name, FIGURE(point->has_attended, point->attended, text_count),
                               FIGURE(point->has_last_ms, point->last_ms, text_ago),
                               FIGURE(point->has_passed, point->passed, text_count),
                               FIGURE(point->has_passed, rate, text_count)});
}

static void print_update_points(const struct terminal *terminal, const Ekiden__Status *status)
{
        struct table table = {.columns = 5, .words = 1 << 2, .drops = {1, 3}};
        char duration[TEXT_FIGURE_MAX];
        char passed[TEXT_FIGURE_MAX + 16] = "";

        if (status->n_update_points == 0)
                return;
        if (status->has_watched_ms)
                snprintf(passed, sizeof(passed), "PASSED IN %s",
                         text_duration(status->watched_ms * UINT64_C(1000), duration));
        add_row(&table, (const char *const[]){"NAME", "ATTENDED", "LAST", passed, "A SECOND"});
        for (size_t i = 0; i < status->n_update_points; i++)
                add_update_point(&table, status->update_points[i], status->watched_ms);
        print_table(terminal, "update points", &table);
}

static void add_thread(struct table *table, const Ekiden__ThreadStatus *thread)
{
        static const char *const states[] = {"-", "runs", "stands", "idle", "not registered"};
        bool is_known = thread->has_state && (int)thread->state > 0 &&
                        (size_t)thread->state < sizeof(states) / sizeof(states[0]);
        char name[EKIDEN_NAME_MAX + 1], place[EKIDEN_NAME_MAX + 1];

        text_clean(thread->name, TEXT_ASCII, name, sizeof(name));
        text_clean(thread->update_point ? thread->update_point : "-", TEXT_ASCII, place,
                   sizeof(place));
        add_row(table,
                (const char *const[]){name, states[is_known ? thread->state : 0], place,
                                      FIGURE(thread->has_last_ms, thread->last_ms, text_ago)});
}

static void print_threads(const struct terminal *terminal, const Ekiden__Status *status)
{
        struct table table = {.columns = 4, .words = 1 << 1 | 1 << 2 | 1 << 3};

        if (status->n_threads == 0)
                return;
        add_row(&table, (const char *const[]){"NAME", "STATE", "UPDATE POINT", "LAST"});
        for (size_t i = 0; i < status->n_threads; i++)
                add_thread(&table, status->threads[i]);
        print_table(terminal, "threads", &table);
}

static void add_leg(struct table *table, const Ekiden__Leg *leg)
{
        const char *since = FIGURE(leg->has_since, leg->since, text_time);
        const char *pause = FIGURE(leg->has_pause_us, leg->pause_us, text_milliseconds);

        if (leg->has_from_snapshot && leg->from_snapshot)
                pause = "from a snapshot";
        add_row(table,
                (const char *const[]){
                        FIGURE(true, leg->number, text_number),
                        FIGURE(true, leg->version, text_number), since ? since : "-",
                        FIGURE(leg->has_pid && leg->pid > 0, (uint32_t)leg->pid, text_number),
                        pause ? pause : "-"});
}

static void print_lineage(const struct terminal *terminal, const Ekiden__Status *status)
{
        struct table table = {.columns = 5, .words = 1 << 2, .drops = {3}};

        if (status->n_lineage == 0)
                return;
        add_row(&table, (const char *const[]){"LEG", "VERSION", "SINCE", "PID", "PAUSE"});
        for (size_t i = 0; i < status->n_lineage; i++)
                add_leg(&table, status->lineage[i]);
        print_table(terminal, "lineage", &table);
}

/* What it is upgraded to, as far as that is known. */
static void print_destination(const struct terminal *terminal, const Ekiden__Status *status)
{
        char binary[TEXT_MAX];

        if (!status->upgrade_binary && !status->has_successor_pid)
                return;
        text_clean(status->upgrade_binary ? status->upgrade_binary : "the new version",
                   terminal_allowed(terminal), binary, sizeof(binary));
        fprintf(terminal->out, LABEL_FORMAT "to %s", "", binary);
        if (status->has_upgrade_version)
                fprintf(terminal->out, ", version %" PRIu32, status->upgrade_version);
        if (status->has_successor_pid)
                fprintf(terminal->out, " (pid %d)", (int)status->successor_pid);
        fputc('\n', terminal->out);
}

static void print_upgrade(const struct terminal *terminal, const Ekiden__Status *status)
{
        FILE *out = terminal->out;
        char text[TEXT_FIGURE_MAX];

        if (!status->has_upgrade_phase) {
                print_text(terminal, "upgrade", "none under way");
                return;
        }
        fprintf(out, LABEL_FORMAT "%s%s", "upgrade",
                status->has_rehearse && status->rehearse ? "rehearsal, " : "",
                status->has_upgrade_returning && status->upgrade_returning
                        ? "has failed, and the old version is being started again: nobody serves"
                        : ekiden_phase_name((enum ekiden_phase)status->upgrade_phase));
        if (status->has_upgrade_ms)
                fprintf(out, ", for %s",
                        text_duration(text_figure((double)status->upgrade_ms * 1000), text));
        fputc('\n', out);
        print_destination(terminal, status);
        if (status->has_upgrade_user)
                fprintf(out, LABEL_FORMAT "by user %" PRIu32, "", status->upgrade_user);
        if (status->has_upgrade_user && status->upgrade_asker_pid > 0)
                fprintf(out, " (pid %d)", (int)status->upgrade_asker_pid);
        if (status->has_upgrade_user)
                fputc('\n', out);
}

/* Said where it is worth a word: of one by itself nothing is. */
static void print_role(const struct terminal *terminal, const Ekiden__Status *status)
{
        if (!status->role || (strcmp(status->role, EKIDEN_ROLE_MAIN) == 0 && !status->keeps_pid))
                return;
        print_text(terminal, "role", status->role);
        if (status->keeps_pid)
                print_text(terminal, "PID", "kept in upgrades");
        if (status->spawned_by)
                print_text(terminal, "spawned by", status->spawned_by);
}

static void print_status(const struct terminal *terminal, const char *name,
                         const Ekiden__Status *status)
{
        char program[EKIDEN_NAME_MAX + 1];
        char text[TEXT_FIGURE_MAX];
        FILE *out = terminal->out;

        text_clean(status->program, TEXT_ASCII, program, sizeof(program));
        fprintf(out, "%s (pid %d)\n", program, (int)status->pid);
        fprintf(out, LABEL_FORMAT "%" PRIu32 "\n", "version", status->version);
        if (status->has_leg)
                fprintf(out, LABEL_FORMAT "%" PRIu32 "%s%s\n", "leg", status->leg,
                        status->has_leg_seconds ? ", for " : "",
                        status->has_leg_seconds ? text_seconds(status->leg_seconds, text) : "");
        print_role(terminal, status);
        print_text(terminal, "binary", status->binary ? status->binary : "-");
        print_text(terminal, "update point", status->update_point ? status->update_point : "-");
        print_upgrade(terminal, status);
        print_update_points(terminal, status);
        print_threads(terminal, status);
        print_items(terminal, status);
        print_lineage(terminal, status);
        status_print_tree(terminal, name, status);
        fflush(out);
}

int command_status(const struct options *options, struct show *show)
{
        struct ekiden_error error = {0};
        struct process process = {0};
        struct process_list one = {.processes = &process, .count = 1};
        struct answer answer = {0};
        struct upgrade upgrade = {.undertaking = UNDERTAKING_QUESTION};
        int r = find_process(options->target, &process, &error);

        if (r == EKIDEN_EAMBIGUOUS)
                r = status_find_main(options->target, &process, &error);
        if (r == 0)
                ask_status(&one, options->watch_ms,
                           options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS, &answer);
        if (r == 0 && answer.error.code != 0) {
                error = answer.error;
                snprintf(error.sentence, sizeof(error.sentence), "%s (pid %d): %.*s",
                         process.program, (int)process.pid,
                         (int)sizeof(error.sentence) - EKIDEN_NAME_MAX - 32, answer.error.sentence);
                r = error.code;
        }
        upgrade.pid = process.pid;
        strcpy(upgrade.program, process.program);
        if (r < 0)
                next_step_for_search(&upgrade, options, &error);
        if (r < 0)
                show_failed(show, &upgrade, options->target, &error);
        else if (options->json)
                status_print_json(&process, &answer);
        else if (!options->quiet)
                print_status(&show->terminal, process.program, answer.event->status);
        answer_deinit(&answer);
        process_deinit(&process);
        return ekiden_error_exit_status(r);
}
