/* SPDX-License-Identifier: MIT */
/* See open_descriptors.h. */
#include "open_descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

#include <criterion/criterion.h>
#include <uv.h>

int count_open_descriptors(void)
{
        DIR *directory;
        uv_loop_t loop;
        int count = 0;

        /* The first loop of a process opens a pipe that stays. */
        cr_assert_eq(uv_loop_init(&loop), 0);
        uv_loop_close(&loop);
        directory = opendir("/proc/self/fd");
        cr_assert_not_null(directory);
        while (readdir(directory))
                count++;
        closedir(directory);
        return count;
}

void expect_open_descriptors(int count)
{
        int now = count_open_descriptors();

        cr_assert_eq(now, count, "%d descriptors were open before the test, %d after it", count,
                     now);
}

/* The limit on open files that the kernel has, which opens no file to ask for it. */
static int kernel_limit(FILE *limits)
{
        char line[256];
        int limit = -1;

        while (fgets(line, sizeof(line), limits))
                if (sscanf(line, "Max open files %d", &limit) == 1)
                        break;
        return limit;
}

/* `limits` will be closed again. */
static bool is_taken(int number, FILE *limits)
{
        return fcntl(number, F_GETFD) >= 0 && number != fileno(limits);
}

/* New descriptors take the lowest free number: the limit goes behind `room` free ones. */
void leave_room_for_descriptors(int room)
{
        FILE *limits = fopen("/proc/self/limits", "re");
        struct rlimit limit;
        int number = 0;

        cr_assert_not_null(limits);
        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        for (; room > 0 || is_taken(number, limits); number++)
                if (!is_taken(number, limits))
                        room--;
        limit.rlim_cur = (rlim_t)number;
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        if (kernel_limit(limits) != number)
                cr_skip_test("the limit did not reach the kernel: valgrind keeps it to itself");
        fclose(limits);
}

void require_room_for_descriptors(int needed)
{
        struct rlimit limit;

        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        if (limit.rlim_max < (rlim_t)needed)
                cr_skip_test("the hard limit on open files is under %d", needed);
        if (limit.rlim_cur < (rlim_t)needed)
                limit.rlim_cur = (rlim_t)needed;
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
