/* SPDX-License-Identifier: MIT */
/*
 * Processes: who keeps its PID, and what a fork becomes.
 */
#include "upgrade_process.h"

#include <stddef.h>

#if __has_include(<ekiden/process.h>)
#include <ekiden/process.h>

void vsf_keep_pid(void)
{
        ekiden_set_keep_pid(true);
}

int vsf_after_fork(const char *role)
{
        int result = ekiden_after_fork(role, NULL);

        if (result == 0)
                vsf_keep_pid();
        return result;
}
#else
void vsf_keep_pid(void)
{
}

int vsf_after_fork(const char *role)
{
        (void)role;
        return -1;
}
#endif
