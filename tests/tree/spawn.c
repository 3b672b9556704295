/* SPDX-License-Identifier: MIT */
/* A process that cannot be started: what it is put down to. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "handover/spawn.h"

static int failure;

int __wrap_posix_spawn(pid_t *ret_pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const arguments[],
                       char *const environment[]);

int __wrap_posix_spawn(pid_t *ret_pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const arguments[],
                       char *const environment[])
{
        (void)ret_pid;
        (void)path;
        (void)actions;
        (void)attributes;
        (void)arguments;
        (void)environment;
        return failure;
}

static int start(struct ekiden_error *ret_error)
{
        char *strings[] = {NULL};
        struct ek_origin origin = {
                .arguments = strings,
                .environment = strings,
                .directory = (char *)"/",
                .has_standard = {true, true, true},
        };
        const struct ek_token token = {0};
        struct ek_child child;
        int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
        int r;

        sigemptyset(&origin.blocked);
        sigemptyset(&origin.defaults);
        *ret_error = (struct ekiden_error){0};
        r = ek_spawn(&origin, nothing, "/srv/new", NULL, nothing, &token, false, &child, ret_error);
        close(nothing);
        return r;
}

Test(spawn, that_the_system_has_no_room_for_is_not_put_down_to_the_binary)
{
        static const int failures[] = {EAGAIN, ENOMEM};
        struct ekiden_error error;

        for (size_t i = 0; i < 2; i++) {
                failure = failures[i];
                cr_expect_eq(start(&error), EKIDEN_ESYSTEM, "%s", error.sentence);
                cr_expect_eq(error.system_errno, failure);
                cr_expect_not(strstr(error.sentence, "/srv/new"), "%s", error.sentence);
        }
}

Test(spawn, of_what_is_no_program_is_put_down_to_the_binary)
{
        static const int failures[] = {ENOENT, ENOEXEC, EACCES};
        struct ekiden_error error;

        for (size_t i = 0; i < 3; i++) {
                failure = failures[i];
                cr_expect_eq(start(&error), EKIDEN_EBINARY, "%s", error.sentence);
                cr_expect(strstr(error.sentence, "/srv/new"), "%s", error.sentence);
        }
}
