/* SPDX-License-Identifier: MIT */
/*
 * A successor that finds its predecessor: no tool asks for the upgrade, and nobody waits for its
 * end but who has started the new version, as a supervisor does. So that one's word is its exit
 * status and what it has written.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entry/find_predecessor.h"
#include "stage.h"
#include "told.h"
#include "wire/clock.h"

/* A successor waits for 30 s for an update point of a predecessor that has not got its request. */
#define FOUND_MS 40000
#define ALONE_MS 3000 /* for a successor to end whose predecessor has been killed */
#define STEP_MS 5

static pid_t start_successor(const char *binary, int said)
{
        const char *const arguments[] = {binary, NULL};
        pid_t pid;

        /* With the role: so it asks each process for its role, too. */
        setenv(EK_PREDECESSOR_VARIABLE, "subject:main", 1);
        setenv(PLAN_FOUND_VARIABLE, "1", 1);
        pid = stage_start(arguments, said, said);
        unsetenv(EK_PREDECESSOR_VARIABLE);
        unsetenv(PLAN_FOUND_VARIABLE);
        return pid;
}

/* Who sees its predecessor end takes over, or ends; TAKEN tells at once that it does not end. */
static bool is_alone_for_good(const struct stage *stage, int predecessor, uint64_t *alone_ns)
{
        struct pollfd ended = {.fd = predecessor, .events = POLLIN};

        if (poll(&ended, 1, STEP_MS) == 0)
                return false;
        if (*alone_ns == 0)
                *alone_ns = ek_now_ns();
        stage_nap(STEP_MS);
        return stage->plan->is_taken || ek_now_ns() > *alone_ns + ALONE_MS * EK_NS_PER_MS;
}

static void await_one(struct stage *stage, pid_t successor, int predecessor, struct told *told)
{
        uint64_t until_ns = ek_now_ns() + FOUND_MS * EK_NS_PER_MS;
        uint64_t alone_ns = 0;
        int status;

        while (ek_now_ns() < until_ns && !told->is_over) {
                stage_attend(stage);
                if (waitpid(successor, &status, WNOHANG) == successor) {
                        told->is_over = true;
                        strcpy(told->event, "failed");
                        told->status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
                } else if (is_alone_for_good(stage, predecessor, &alone_ns)) {
                        told->is_over = true;
                        strcpy(told->event, "committed");
                }
        }
}

bool stage_find(struct stage *stage, const char *binary, pid_t predecessor, struct told *ret_told)
{
        int said = stage_output(stage, "said");
        int pidfd = pidfd_open(predecessor, 0);
        pid_t successor = said >= 0 && pidfd >= 0 ? start_successor(binary, said) : -1;

        *ret_told = (struct told){0};
        stage->is_found = true;
        if (successor > 0) {
                await_one(stage, successor, pidfd, ret_told);
                told_read(ret_told, said, said);
                snprintf(ret_told->sentence, sizeof(ret_told->sentence), "%s", ret_told->complaint);
        } else {
                snprintf(stage->failure, sizeof(stage->failure), "cannot start the successor");
        }
        if (said >= 0)
                close(said);
        if (pidfd >= 0)
                close(pidfd);
        return successor > 0;
}
