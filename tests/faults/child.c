/* SPDX-License-Identifier: MIT */
/* See child.h. It is forked before its parent has anything that it would share with it; all that it
   has it makes itself, as its parent does. */
#include "child.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekiden/ekiden.h>
#include <ekiden/role.h>

#include "plan.h"

#define PATIENCE_MS 20

static pid_t child;
static bool is_refused;

static bool enter_role(void)
{
        struct ekiden_error error;

        setenv(PLAN_FORKED_VARIABLE, "1", 1);
        is_refused = ekiden_after_fork(PLAN_CHILD_ROLE, &error) < 0;
        unsetenv(PLAN_FORKED_VARIABLE);
        if (!is_refused)
                return true;
        return error.sentence[0] && putchar(PLAN_FORKED_REFUSED) != EOF && fflush(stdout) == 0;
}

bool child_begin(void)
{
        const char *listener = getenv("SUBJECT_CHILD");

        if (!listener)
                return true;
        child = fork();
        if (child != 0)
                return child > 0;
        return setenv("SUBJECT_LISTENER", listener, 1) == 0 && enter_role();
}

bool child_is_refused(void)
{
        return is_refused;
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
