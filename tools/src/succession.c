/* SPDX-License-Identifier: MIT */
/*
 * See succession.h. A process that dies in its commit cannot say whether its successor serves. The
 * successor can: its lineage names the process that served before it.
 */
#include "succession.h"

#include <stdlib.h>
#include <unistd.h>

#include "ask.h"
#include "find.h"
#include "wire/clock.h"

#define LOOKING_MS 1500 /* a successor that hears nothing more takes a second to be sure */
#define ANSWER_MS 400 /* for one answer */
#define INTERVAL_US 100000 /* from one look to the next */

static bool has_taken_over_from(const Ekiden__Status *status, pid_t ended)
{
        const Ekiden__Leg *before = NULL;

        if (status->n_lineage >= 2)
                before = status->lineage[status->n_lineage - 2];
        return before && before->has_pid && before->pid == ended;
}

static void take(const Ekiden__Status *status, struct successor *ret_successor)
{
        const Ekiden__Leg *leg = status->lineage[status->n_lineage - 1];

        *ret_successor = (struct successor){
                .pid = status->pid,
                .version = status->version,
                .pause_us = {.known = leg->has_pause_us, .value = leg->pause_us},
        };
}

static enum succession judge(const struct process_list *list, const struct answer *answers,
                             pid_t ended, struct successor *ret_successor)
{
        enum succession found = SUCCESSION_NONE;

        for (size_t i = 0; i < list->count; i++) {
                const Ekiden__Status *status = answers[i].event ? answers[i].event->status : NULL;

                if (list->processes[i].pid == ended)
                        continue; /* its socket may be there for a moment */
                if (!status) {
                        found = SUCCESSION_UNSURE;
                } else if (has_taken_over_from(status, ended)) {
                        take(status, ret_successor);
                        return SUCCESSION_FOUND;
                }
        }
        return found;
}

static enum succession look(const char *program, pid_t ended, struct successor *ret_successor)
{
        enum succession found = SUCCESSION_UNSURE;
        struct process_list list = {0};
        struct answer *answers;

        if (find_processes(program, &list, NULL) < 0)
                return SUCCESSION_UNSURE;
        answers = calloc(list.count + 1, sizeof(*answers));
        if (answers) {
                ask_status(&list, 0, ANSWER_MS, answers);
                found = judge(&list, answers, ended, ret_successor);
                for (size_t i = 0; i < list.count; i++)
                        answer_deinit(&answers[i]);
        }
        free(answers);
        process_list_deinit(&list);
        return found;
}

enum succession succession_find(const char *program, pid_t ended, struct successor *ret_successor)
{
        uint64_t deadline_ns = ek_now_ns() + LOOKING_MS * EK_NS_PER_MS;

        for (;;) {
                enum succession found = look(program, ended, ret_successor);

                if (found == SUCCESSION_FOUND || ek_now_ns() >= deadline_ns)
                        return found;
                usleep(INTERVAL_US);
        }
}

static bool has_in_lineage(const Ekiden__Status *status, pid_t pid)
{
        for (size_t i = 0; i + 1 < status->n_lineage; i++)
                if (status->lineage[i]->has_pid && status->lineage[i]->pid == pid)
                        return true;
        return false;
}

static bool has_as_successor(const Ekiden__Status *status, pid_t pid)
{
        return status->has_successor_pid && status->successor_pid == pid;
}

/* The PID of the first of a program, or of any, that says so of another. */
static pid_t first_that(bool (*says)(const Ekiden__Status *status, pid_t pid), const char *program,
                        pid_t pid)
{
        struct process_list list = {0};
        struct answer *answers;
        pid_t found = 0;

        if (find_processes(program, &list, NULL) < 0)
                return 0;
        answers = calloc(list.count + 1, sizeof(*answers));
        if (answers)
                ask_status(&list, 0, ANSWER_MS, answers);
        for (size_t i = 0; answers && i < list.count; i++) {
                const Ekiden__Status *status = answers[i].event ? answers[i].event->status : NULL;

                if (found == 0 && status && says(status, pid))
                        found = list.processes[i].pid;
                answer_deinit(&answers[i]);
        }
        free(answers);
        process_list_deinit(&list);
        return found;
}

pid_t succession_after(pid_t ended)
{
        return first_that(has_in_lineage, NULL, ended);
}

pid_t succession_before(const char *program, pid_t successor)
{
        return first_that(has_as_successor, program, successor);
}
