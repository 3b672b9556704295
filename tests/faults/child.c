/* SPDX-License-Identifier: MIT */
/* See child.h. It is forked before its parent has anything that it would share with it; all that it
   has it makes itself, as its parent does. */
#include "child.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekiden/ekiden.h>
#include <ekiden/role.h>

#include "plan.h"

#define PATIENCE_MS 20

static pid_t child;

bool child_begin(void)
{
        const char *listener = getenv("SUBJECT_CHILD");

        if (!listener)
                return true;
        child = fork();
        if (child != 0)
                return child > 0;
        return setenv("SUBJECT_LISTENER", listener, 1) == 0 &&
               ekiden_after_fork(PLAN_CHILD_ROLE, NULL) == 0;
}

int child_patience_ms(void)
{
        return child > 0 ? PATIENCE_MS : -1;
}

void child_reap(void)
{
        if (child > 0 && waitpid(child, NULL, WNOHANG) == child)
                child = 0;
}
