/* SPDX-License-Identifier: MIT */
/* Which threads did not come, and where the kernel has them. The kernel's stack is for root to
   read; what else it says is for everybody (proc(5)). */
#include "entry/thread_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "entry/append.h"
#include "wire/clock.h"
#include "wire/look.h"

#define NAMED_MAX 3 /* in a sentence; the others are counted */
#define FRAMES_MAX 3

/* A file of the kernel's about a thread; false: it cannot be read, or is empty. */
static bool read_about(pid_t tid, const char *what, char *ret_text, size_t size_bytes)
{
        char path[64];
        ssize_t length;
        int fd;

        snprintf(path, sizeof(path), "/proc/self/task/%d/%s", (int)tid, what);
        fd = ek_look_at(path);
        length = fd < 0 ? 0 : read(fd, ret_text, size_bytes - 1);
        if (fd >= 0)
                close(fd);
        ret_text[length > 0 ? length : 0] = '\0';
        return length > 0;
}

static const char *name_of_call(long number)
{
        static const struct {
                long number;
                const char *name;
        } calls[] = {
                {SYS_read, "read"},
                {SYS_write, "write"},
                {SYS_readv, "readv"},
                {SYS_ppoll, "ppoll"},
                {SYS_pselect6, "pselect"},
                {SYS_epoll_pwait, "epoll_wait"},
                {SYS_futex, "futex"},
                {SYS_accept, "accept"},
                {SYS_accept4, "accept"},
                {SYS_connect, "connect"},
                {SYS_recvfrom, "recvfrom"},
                {SYS_recvmsg, "recvmsg"},
                {SYS_sendto, "sendto"},
                {SYS_sendmsg, "sendmsg"},
                {SYS_nanosleep, "nanosleep"},
                {SYS_clock_nanosleep, "clock_nanosleep"},
                {SYS_flock, "flock"},
                {SYS_fcntl, "fcntl"},
                {SYS_fsync, "fsync"},
                {SYS_fdatasync, "fdatasync"},
                {SYS_wait4, "wait4"},
                {SYS_waitid, "waitid"},
                {SYS_rt_sigtimedwait, "sigtimedwait"},
#ifdef SYS_poll
                {SYS_poll, "poll"},
                {SYS_select, "select"},
                {SYS_epoll_wait, "epoll_wait"},
                {SYS_pause, "pause"},
#endif
        };

        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
                if (calls[i].number == number)
                        return calls[i].name;
        return NULL;
}

/* ", in system call read". */
static void tell_call(pid_t tid, char *text, size_t size_bytes)
{
        char said[128];
        const char *name;
        char *end;
        long number;

        if (!read_about(tid, "syscall", said, sizeof(said)))
                return;
        number = strtol(said, &end, 10);
        if (end == said || number < 0) {
                ek_append(text, size_bytes, ", which runs");
                return;
        }
        name = name_of_call(number);
        if (name)
                ek_append(text, size_bytes, ", in system call %s", name);
        else
                ek_append(text, size_bytes, ", in system call %ld", number);
}

/* The first functions of its kernel stack, each line of which is "[<0>] function+0x1/0x2". */
static bool tell_stack(pid_t tid, char *text, size_t size_bytes)
{
        char stack[1024];
        char *rest = stack, *line;
        int frames = 0;

        if (!read_about(tid, "stack", stack, sizeof(stack)))
                return false;
        while (frames < FRAMES_MAX && (line = strsep(&rest, "\n")) && line[0]) {
                char *name = strchr(line, ' ');

                if (!name)
                        break;
                name[1 + strcspn(name + 1, "+/ ")] = '\0';
                ek_append(text, size_bytes, "%s%s", frames == 0 ? ", kernel stack " : " < ",
                          name + 1);
                frames++;
        }
        return frames > 0;
}

static void tell_where(pid_t tid, char *text, size_t size_bytes)
{
        char said[128];

        tell_call(tid, text, size_bytes);
        if (!tell_stack(tid, text, size_bytes) && read_about(tid, "wchan", said, sizeof(said)) &&
            strcmp(said, "0") != 0)
                ek_append(text, size_bytes, ", waiting in %.60s", said);
        if (read_about(tid, "stat", said, sizeof(said)) && strrchr(said, ')'))
                ek_append(text, size_bytes, ", state %.1s", strrchr(said, ')') + 2);
}

static void tell_of(struct ek_thread *thread, char *text, size_t size_bytes)
{
        char place[EKIDEN_NAME_MAX + 1];
        uint64_t ago_ns = ek_thread_place(thread, place);

        ek_append(text, size_bytes, "\"%s\" (", thread->name);
        if (ago_ns == UINT64_MAX)
                ek_append(text, size_bytes, "at no update point since the upgrade began");
        else
                ek_append(text, size_bytes, "last at \"%s\", %llu ms ago", place,
                          (unsigned long long)(ago_ns / EK_NS_PER_MS));
        tell_where(thread->tid, text, size_bytes);
        ek_append(text, size_bytes, ")");
}

/* The first in detail, some others by name. */
static size_t name_missing(char *text, size_t size_bytes)
{
        size_t count = 0, unnamed = 0;

        for (struct ek_thread *thread = ek_threads.list; thread; thread = thread->next) {
                if (thread->state != EK_THREAD_RUNS)
                        continue;
                if (count == 0)
                        tell_of(thread, text, size_bytes);
                else if (count < NAMED_MAX && strlen(text) + sizeof(thread->name) + 8 < size_bytes)
                        ek_append(text, size_bytes, ", \"%s\"", thread->name);
                else
                        unnamed++;
                count++;
        }
        if (unnamed > 0)
                ek_append(text, size_bytes, " and %zu more", unnamed);
        return count;
}

int ek_thread_report_missing(uint64_t waited_ms, struct ekiden_error *error)
{
        char missing[400] = "";
        size_t count = name_missing(missing, sizeof(missing));

        return ekiden_error_set(error, EKIDEN_ETIMEOUT,
                                "thread%s %s did not come to an update point within %llu ms; let "
                                "it be woken, or be idle there, or allow more",
                                count == 1 ? "" : "s", missing, (unsigned long long)waited_ms);
}
