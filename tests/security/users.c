/* SPDX-License-Identifier: MIT */
/* See users.h. */
#include "users.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

void need_root(void)
{
        if (getuid() != 0)
                cr_skip_test("another user's part can only be played by root");
}

int as_user(uid_t user, int (*act)(void *data), void *data)
{
        pid_t child = fork();
        int status = -1;

        cr_assert_geq(child, 0);
        if (child == 0) {
                if (setgroups(0, NULL) < 0 || setresgid(user, user, user) < 0 ||
                    setresuid(user, user, user) < 0)
                        _exit(126);
                _exit(act(data));
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
