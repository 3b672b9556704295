/* SPDX-License-Identifier: MIT */
/* A process that cannot be started: what it is put down to, and what was lent to it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "handover/spawn.h"

#define NOBODY 65534

static int failure;
static bool was_lent; /* CAP_NET_BIND_SERVICE, when it was to be started */

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
        was_lent = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_BIND_SERVICE, 0, 0) == 1;
        return failure;
}

static int start_for(bool lends_nothing, struct ekiden_error *ret_error)
{
        char *strings[] = {NULL};
        struct ek_origin origin = {
                .arguments = strings,
                .environment = strings,
                .directory = (char *)"/",
                .has_standard = {true, true, true},
                .lends_nothing = lends_nothing,
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

static int start(struct ekiden_error *ret_error)
{
        return start_for(false, ret_error);
}

/* Becomes nobody, with one capability that its children do not inherit. */
static void keep_one_capability(void)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct kept[_LINUX_CAPABILITY_U32S_3] = {
                {.permitted = 1U << CAP_NET_BIND_SERVICE, .effective = 1U << CAP_NET_BIND_SERVICE},
        };

        cr_assert_eq(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 0);
        cr_assert_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
        cr_assert_eq(syscall(SYS_capset, &header, kept), 0);
}

Test(spawn, lends_capabilities_to_its_own_successor_alone)
{
        struct ekiden_error error;

        if (geteuid() != 0)
                cr_skip_test("only root has capabilities to keep");
        keep_one_capability();
        failure = ENOENT;
        start_for(true, &error);
        cr_expect_not(was_lent, "who starts it is not its predecessor, which takes it back");
        start_for(false, &error);
        cr_expect(was_lent);
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
