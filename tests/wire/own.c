/* SPDX-License-Identifier: MIT */
/* Whose a number is: the library's, or the program's, which may close and open what it likes. */
#include "wire/own.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "open_descriptors.h"
#include "sockets.h"
#include "wire/given.h"

static void make_pair(int *ret_fds)
{
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_fds), 0);
}

static bool is_nothing(int fd)
{
        struct stat status, nothing;

        cr_assert_eq(stat("/dev/null", &nothing), 0);
        return fstat(fd, &status) == 0 && status.st_rdev == nothing.st_rdev &&
               S_ISCHR(status.st_mode);
}

static bool is_socket(int fd)
{
        struct stat status;

        return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

LeakTest(own, number_that_the_program_has_by_now_is_the_programs_and_stays_open)
{
        int fds[2], again[2], ours;

        make_pair(fds);
        ours = ek_own(fds[0]);
        cr_assert(ek_is_own(ours));
        cr_assert_not(ek_is_own(fds[1]));
        close(ours);
        cr_assert_not(ek_is_own(ours));
        make_pair(again);
        cr_assert_eq(again[0], ours);
        cr_assert_not(ek_is_own(ours));
        ek_own_close(&ours);
        cr_assert_eq(ours, -1);
        cr_assert(is_socket(again[0]));
        ours = ek_own(again[0]);
        ek_own_close(&ours);
        cr_assert_eq(ours, -1);
        cr_assert_lt(fcntl(again[0], F_GETFD), 0);
        close(fds[1]);
        close(again[1]);
}

LeakTest(own, what_was_given_leads_to_nothing_but_regular_files_stay)
{
        struct ek_given given = {.count = 0};
        char path[] = "/tmp/ekiden-own-XXXXXX";
        int fds[3], file = mkstemp(path);
        struct stat status;

        cr_assert_geq(file, 0);
        unlink(path);
        make_pair(fds);
        fds[2] = fds[1]; /* by two items */
        cr_assert_eq(ek_given_add(&given, fds, 3), 0);
        cr_assert_eq(ek_given_add(&given, &file, 1), 0);
        ek_given_close(&given);
        ek_given_forget(&given);
        cr_expect(is_nothing(fds[0]));
        cr_expect(is_nothing(fds[1]));
        cr_expect_eq(fstat(file, &status), 0);
        cr_expect(S_ISREG(status.st_mode));
        close(fds[0]);
        close(fds[1]);
        close(file);
}

/* It has been used again: by an operator's connection, or by what the others are led to. */
/* As in a chroot; in a process of its own, since what was made ready stays. */
Test(own, what_was_given_leads_to_nothing_where_that_was_made_ready_and_cannot_be_opened)
{
        const struct rlimit few = {32, 32};
        struct ek_given given = {.count = 0};
        int fds[2];

        make_pair(fds);
        cr_assert_eq(ek_given_add(&given, fds, 2), 0);
        cr_assert_eq(ek_given_prepare(), 0);
        cr_assert_eq(ek_given_prepare(), 0);
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
        while (dup(STDIN_FILENO) >= 0)
                ;
        cr_assert_lt(open("/dev/null", O_RDWR), 0);
        ek_given_close(&given);
        cr_expect(is_nothing(fds[0]));
        cr_expect(is_nothing(fds[1]));
        ek_given_forget(&given);
}

/* A program that enters its sandbox may close all that it does not know. */
Test(own, number_that_was_made_ready_and_that_the_program_has_by_now_leads_nowhere)
{
        struct ek_given given = {.count = 0};
        int fds[2], again[2], ready;

        make_pair(fds);
        cr_assert_eq(ek_given_add(&given, fds, 2), 0);
        ready = dup(STDIN_FILENO);
        close(ready);
        cr_assert_eq(ek_given_prepare(), 0);
        cr_assert(is_nothing(ready));
        close(ready);
        make_pair(again);
        cr_assert_eq(again[0], ready);
        ek_given_close(&given);
        cr_expect(is_nothing(fds[0]));
        cr_expect(is_nothing(fds[1]));
        cr_expect(is_socket(again[0]));
        cr_assert_eq(ek_given_prepare(), 0);
        cr_expect(is_socket(again[0]));
        ek_given_forget(&given);
}

LeakTest(own, number_that_was_given_and_is_ours_by_now_stays_open)
{
        struct ek_given given = {.count = 0};
        int fds[2], again[2], ours;

        make_pair(fds);
        cr_assert_eq(ek_given_add(&given, fds, 2), 0);
        close(fds[0]);
        make_pair(again);
        ours = ek_own(again[0]);
        cr_assert_eq(ours, fds[0]);
        ek_given_close(&given);
        cr_expect(is_socket(ours));
        cr_expect(is_nothing(fds[1]));
        ek_own_close(&ours);
        ek_given_close(&given);
        cr_expect(is_nothing(fds[1]));
        ek_given_forget(&given);
        close(fds[1]);
        close(again[1]);
}
