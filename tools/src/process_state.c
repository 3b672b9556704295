/* SPDX-License-Identifier: MIT */
/* See process_state.h. */
#include "process_state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wire/cleanup.h"

/* The letter in /proc/PID/stat (proc(5)), or 0; behind it, the parent's PID. It comes behind the
   last ')'. */
static char read_state(pid_t pid, pid_t *ret_parent)
{
        char path[32];
        char text[512];
        ek_auto_close int fd = -1;
        const char *end;
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
        if (n <= 0)
                return 0;
        text[n] = '\0';
        end = strrchr(text, ')');
        if (!end || end[1] != ' ' || !end[2])
                return 0;
        if (ret_parent)
                *ret_parent = (pid_t)strtol(end + 3, NULL, 10);
        return end[2];
}

static char process_state(pid_t pid)
{
        return read_state(pid, NULL);
}

pid_t process_parent(pid_t pid)
{
        pid_t parent = 0;

        return read_state(pid, &parent) ? parent : 0;
}

bool process_is_alive(pid_t pid)
{
        char state = process_state(pid);

        if (!state)
                return kill(pid, 0) == 0 || errno == EPERM;
        return state != 'Z' && state != 'X';
}

/* A process that ends closes its sockets first, and is seen to be alive for a moment. */
bool process_ends_within(pid_t pid, int milliseconds)
{
        ek_auto_close int fd = (int)syscall(SYS_pidfd_open, pid, 0);
        struct pollfd source = {.fd = fd, .events = POLLIN};

        if (fd >= 0 && process_is_alive(pid))
                poll(&source, 1, milliseconds);
        return !process_is_alive(pid);
}

const char *process_next_step(pid_t pid)
{
        if (!process_is_alive(pid))
                return "look at ekiden-upgrade --list to see which version serves";
        switch (process_state(pid)) {
        case 'T':
                return "let it go on with kill -CONT, then ask again";
        case 't':
                return "let the debugger go on or leave it, then ask again";
        case 'D':
                return "look at what it waits for, such as a disk or a file system of the network; "
                       "--timeout gives it more time";
        default:
                return "is it blocked between update points? Look at what it does, or give it "
                       "more time with --timeout";
        }
}

const char *process_condition(pid_t pid)
{
        if (!process_is_alive(pid))
                return "no longer there";
        switch (process_state(pid)) {
        case 'T':
                return "stopped (SIGSTOP); kill -CONT lets it go on";
        case 't':
                return "stopped by a debugger";
        case 'D':
                return "blocked in the kernel (state D)";
        case 'R':
                return "busy between update points";
        default:
                return "blocked between update points, or does not watch its control socket";
        }
}
