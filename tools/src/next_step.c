/* SPDX-License-Identifier: MIT */
/* See next_step.h. */
#include "next_step.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ekiden/role.h>

#include "advice.h"
#include "process_state.h"
#include "standing.h"
#include "succession.h"

/* Whether several processes that were forked from one another would do as well as one. */
static bool takes_trees(const struct options *options)
{
        return options->action == ACTION_UPGRADE && options->times <= 1;
}

void next_step_for_search(struct upgrade *upgrade, const struct options *options,
                          const struct ekiden_error *error)
{
        pid_t pid = find_pid(options->target), heir = 0;

        if (upgrade->pid > 0 || upgrade->next_step[0])
                return;
        if (error->code == EKIDEN_ENOTFOUND && pid > 0 && !process_is_alive(pid))
                heir = succession_after(pid);
        if (heir > 0)
                snprintf(upgrade->next_step, sizeof(upgrade->next_step), "name process %d",
                         (int)heir);
        else if (error->code == EKIDEN_EAMBIGUOUS && pid > 0)
                strcpy(upgrade->next_step,
                       "set EKIDEN_RUNTIME_DIR to the directory of one of them");
        else if (error->code == EKIDEN_EAMBIGUOUS && !takes_trees(options))
                strcpy(upgrade->next_step, "name one of them by its PID");
}

void next_step_for_ended(struct upgrade *upgrade)
{
        struct process_list list;

        if (upgrade->aftermath != AFTERMATH_ENDED || !upgrade->role[0] ||
            strcmp(upgrade->role, EKIDEN_ROLE_MAIN) == 0 ||
            find_processes(upgrade->program, &list, NULL) < 0)
                return;
        for (size_t i = 0; i < list.count; i++)
                if (list.processes[i].pid != upgrade->pid)
                        upgrade->others_serve = true;
        process_list_deinit(&list);
}

void next_step_for_lost_pid(struct upgrade *upgrade, const struct ekiden_error *error)
{
        if (upgrade_lost_pid(upgrade))
                snprintf(upgrade->next_step, sizeof(upgrade->next_step),
                         "tell whoever watches PID %d, such as a supervisor or a pid file, of "
                         "process %d; after that, %s",
                         (int)upgrade->pid, (int)upgrade->serving_pid, advice_for(error));
}

void next_step_for_binary(struct upgrade *upgrade, const struct options *options,
                          const char *binary, const struct ekiden_error *error)
{
        struct standing standing;

        if (error->code != EKIDEN_EBINARY || upgrade->pid <= 0 || upgrade->next_step[0])
                return;
        if (options->spawn_here) {
                strcpy(upgrade->next_step,
                       "check the path, as it is seen from here, and its permissions");
                return;
        }
        standing = standing_of(upgrade->pid);
        if (standing_is_elsewhere(&standing) && faccessat(AT_FDCWD, binary, X_OK, 0) == 0)
                snprintf(upgrade->next_step, sizeof(upgrade->next_step),
                         "the file is there, but process %d has another root directory, and does "
                         "not see it: start the new version from here with ekiden-upgrade "
                         "--spawn-here %d NEW_BINARY -- ARGUMENTS",
                         (int)upgrade->pid, (int)upgrade->pid);
}
