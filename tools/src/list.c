/* SPDX-License-Identifier: MIT */
/* See list.h. */
#include "list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/role.h>

#include "directories.h"
#include "show.h"
#include "status.h"
#include "table.h"
#include "text.h"
#include "wire/cleanup.h"

#define TIMEOUT_MS 1000
#define CELL_MAX 1024

enum column {
        COLUMN_PROGRAM,
        COLUMN_PID,
        COLUMN_ROLE,
        COLUMN_VERSION,
        COLUMN_LEG,
        COLUMN_SINCE,
        COLUMN_PAUSE,
        COLUMN_UPDATE_POINT,
        COLUMN_UPGRADE,
        COLUMN_BINARY,
        COLUMNS,
};

typedef char row[COLUMNS][CELL_MAX];

/* This one. NULL: the process does not tell of it. */
static const Ekiden__Leg *last_leg(const Ekiden__Status *status)
{
        return status->n_lineage > 0 ? status->lineage[status->n_lineage - 1] : NULL;
}

/* As the process noted it: from how long ago it was, the second could not be told for sure. */
static void fill_since(const Ekiden__Status *status, char *cell)
{
        const Ekiden__Leg *last = last_leg(status);
        char text[TEXT_FIGURE_MAX];

        if (last && last->has_since)
                snprintf(cell, CELL_MAX, "%s", text_time(last->since, text));
}

/* In which nobody served before this leg. */
static void fill_pause(const Ekiden__Status *status, char *cell)
{
        const Ekiden__Leg *last = last_leg(status);
        char text[TEXT_FIGURE_MAX];

        if (last && last->has_pause_us)
                snprintf(cell, CELL_MAX, "%s", text_milliseconds(last->pause_us, text));
}

/* Left out where all processes are by themselves, or the main ones of theirs. */
static void fill_role(const struct answer *answer, bool shows_roles, enum text_allowed allowed,
                      char *cell)
{
        const Ekiden__Status *status = answer->event ? answer->event->status : NULL;

        if (!shows_roles)
                cell[0] = '\0';
        else if (status && status->role && status->role[0])
                text_clean(status->role, allowed, cell, CELL_MAX);
}

static bool is_any_in_a_role(const struct process_list *list, const struct answer *answers)
{
        for (size_t i = 0; i < list->count; i++) {
                const Ekiden__Status *status = answers[i].event ? answers[i].event->status : NULL;

                if (status && status->role && strcmp(status->role, EKIDEN_ROLE_MAIN) != 0)
                        return true;
        }
        return false;
}

static void fill(const struct process *process, const struct answer *answer,
                 enum text_allowed allowed, bool shows_roles, row cells)
{
        const Ekiden__Status *status = answer->event ? answer->event->status : NULL;

        for (int i = 0; i < COLUMNS; i++)
                strcpy(cells[i], "-");
        cells[COLUMN_UPGRADE][0] = '\0'; /* left out where there is none */
        text_clean(process->program, allowed, cells[COLUMN_PROGRAM], CELL_MAX);
        snprintf(cells[COLUMN_PID], CELL_MAX, "%d", (int)process->pid);
        fill_role(answer, shows_roles, allowed, cells[COLUMN_ROLE]);
        if (!status)
                return;
        snprintf(cells[COLUMN_VERSION], CELL_MAX, "%" PRIu32, status->version);
        if (status->has_leg)
                snprintf(cells[COLUMN_LEG], CELL_MAX, "%" PRIu32, status->leg);
        fill_since(status, cells[COLUMN_SINCE]);
        fill_pause(status, cells[COLUMN_PAUSE]);
        if (status->update_point && status->update_point[0])
                text_clean(status->update_point, allowed, cells[COLUMN_UPDATE_POINT], CELL_MAX);
        if (status->has_upgrade_phase)
                snprintf(cells[COLUMN_UPGRADE], CELL_MAX, "%s%s",
                         status->has_rehearse && status->rehearse ? "rehearsal, " : "",
                         status->has_upgrade_returning && status->upgrade_returning
                                 ? "going back"
                                 : ekiden_phase_name((enum ekiden_phase)status->upgrade_phase));
        if (status->binary && status->binary[0])
                text_clean(status->binary, allowed, cells[COLUMN_BINARY], CELL_MAX);
}

/* Why some rows have nothing but dashes. */
static void print_reasons(const struct terminal *terminal, const struct process_list *list,
                          const struct answer *answers)
{
        const char *before = "\n";

        for (size_t i = 0; i < list->count; i++) {
                char program[EKIDEN_NAME_MAX + 1], reason[sizeof(answers[i].error.sentence)];

                if (answers[i].event)
                        continue;
                text_clean(list->processes[i].program, terminal_allowed(terminal), program,
                           sizeof(program));
                text_clean(answers[i].error.sentence, terminal_allowed(terminal), reason,
                           sizeof(reason));
                fprintf(terminal->out, "%s%s (pid %d): ", before, program,
                        (int)list->processes[i].pid);
                terminal_print_wrapped(terminal, reason, 2);
                before = "";
        }
}

static int print_table(const struct terminal *terminal, const struct process_list *list,
                       const struct answer *answers)
{
        static const char *const head[COLUMNS] = {"PROGRAM", "PID",   "ROLE",  "VERSION",
                                                  "LEG",     "SINCE", "PAUSE", "UPDATE-POINT",
                                                  "UPGRADE", "BINARY"};
        struct table table = {
                .columns = COLUMNS,
                .shortens = COLUMN_BINARY,
                .drops = {COLUMN_PAUSE, COLUMN_LEG, COLUMN_UPDATE_POINT, COLUMN_SINCE},
                .words = 1 << COLUMN_ROLE | 1 << COLUMN_SINCE | 1 << COLUMN_UPDATE_POINT |
                         1 << COLUMN_UPGRADE | 1 << COLUMN_BINARY,
        };
        bool shows_roles = is_any_in_a_role(list, answers);
        row cells;
        int r;

        for (int column = 0; column < COLUMNS; column++)
                table_add(&table, head[column]);
        for (size_t i = 0; i < list->count; i++) {
                fill(&list->processes[i], &answers[i], terminal_allowed(terminal), shows_roles,
                     cells);
                for (int column = 0; column < COLUMNS; column++)
                        table_add(&table, cells[column]);
        }
        r = table_print(&table, terminal->out, 0);
        print_reasons(terminal, list, answers);
        return r;
}

static int print(const struct options *options, struct show *show, const struct process_list *list,
                 const struct answer *answers)
{
        if (options->quiet)
                return 0;
        for (size_t i = 0; i < list->count && options->json; i++)
                status_print_json(&list->processes[i], &answers[i]);
        if (options->json)
                return 0;
        if (list->count > 0)
                return print_table(&show->terminal, list, answers);
        fputs("No process that can be upgraded was found.\n", show->terminal.out);
        return 0;
}

int command_list(const struct options *options, struct show *show)
{
        struct ekiden_error error = {0};
        struct process_list list = {0};
        struct answer *answers = NULL;
        int r = find_processes(NULL, &list, &error);

        if (r == 0) {
                answers = calloc(list.count + 1, sizeof(*answers));
                r = answers ? 0 : EKIDEN_ENOMEM;
        }
        if (r == 0) {
                ask_status(&list, 0, options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS,
                           answers);
                r = print(options, show, &list, answers);
        }
        if (r < 0) {
                ekiden_error_set(&error, r, "%s", ekiden_error_text(r));
                show_failed(show, NULL, NULL, &error);
        }
        for (size_t i = 0; answers && i < list.count; i++)
                answer_deinit(&answers[i]);
        free(answers);
        process_list_deinit(&list);
        return ekiden_error_exit_status(r);
}
