/* SPDX-License-Identifier: MIT */
/* See tool.h. */
#include "tool.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/clock.h"

#define ARGUMENTS_MAX 16

static void start_program(struct tool *tool, const char *program, const char *const *arguments,
                          int out, int err)
{
        const char *all[ARGUMENTS_MAX + 2] = {program};

        for (size_t i = 0; arguments[i]; i++) {
                cr_assert_lt(i, ARGUMENTS_MAX);
                all[i + 1] = arguments[i];
        }
        tool->pid = fork();
        cr_assert_geq(tool->pid, 0);
        if (tool->pid > 0)
                return;
        signal(SIGPIPE, SIG_DFL);
        signal(SIGINT, SIG_DFL); /* a shell has what it starts in the background ignore it */
        if (tool->on_terminal) {
                setsid();
                setenv("TERM", "xterm", 1);
        }
        if (out < 0)
                close(STDIN_FILENO);
        if (out < 0)
                close(STDOUT_FILENO);
        else
                dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        execv(all[0], (char **)(uintptr_t)all);
        _exit(127);
}

static void start(struct tool *tool, const char *const *arguments, int out, int err)
{
        start_program(tool, TOOL_PATH, arguments, out, err);
}

void tool_start_by(struct tool *tool, const char *program, const char *const *arguments)
{
        *tool = (struct tool){
                .out = memfd_create("out", MFD_CLOEXEC),
                .err = memfd_create("err", MFD_CLOEXEC),
        };
        cr_assert(tool->out >= 0 && tool->err >= 0);
        start_program(tool, program, arguments, tool->out, tool->err);
}

void tool_start_into(struct tool *tool, const char *const *arguments, int out)
{
        *tool = (struct tool){.out = out, .err = memfd_create("err", MFD_CLOEXEC)};
        cr_assert(tool->out >= 0 && tool->err >= 0);
        start(tool, arguments, tool->out, tool->err);
}

void tool_start(struct tool *tool, const char *const *arguments)
{
        tool_start_into(tool, arguments, memfd_create("out", MFD_CLOEXEC));
}

void tool_start_closed(struct tool *tool, const char *const *arguments)
{
        *tool = (struct tool){
                .out = memfd_create("out", MFD_CLOEXEC),
                .err = memfd_create("err", MFD_CLOEXEC),
        };
        cr_assert(tool->out >= 0 && tool->err >= 0);
        start(tool, arguments, -1, tool->err);
}

void tool_start_on_terminal(struct tool *tool, const char *const *arguments, unsigned short columns)
{
        struct winsize size = {.ws_row = 24, .ws_col = columns};
        int terminal;

        *tool = (struct tool){.on_terminal = true, .err = -1};
        cr_assert_eq(openpty(&tool->out, &terminal, NULL, NULL, &size), 0);
        fcntl(tool->out, F_SETFD, FD_CLOEXEC);
        start(tool, arguments, terminal, terminal);
        close(terminal);
}

void tool_stop(struct tool *tool)
{
        int status = 0;

        cr_assert_eq(kill(tool->pid, SIGSTOP), 0);
        cr_assert_eq(waitpid(tool->pid, &status, WUNTRACED), tool->pid);
        cr_assert(WIFSTOPPED(status), "the tool did not stop, it ended");
}

static char *append(char *text, size_t *used, const char *more, size_t size)
{
        text = realloc(text, *used + size + 1);
        memcpy(text + *used, more, size);
        *used += size;
        text[*used] = '\0';
        return text;
}

/* All of a file, or of a terminal until its other end is closed, behind what was read of it. */
static char *read_all(int fd, char *text)
{
        char buffer[4096];
        size_t used = text ? strlen(text) : 0;
        ssize_t n;

        text = append(text, &used, "", 0);
        while ((n = read(fd, buffer, sizeof(buffer))) > 0)
                text = append(text, &used, buffer, (size_t)n);
        return text;
}

static bool file_has(int fd, const char *text)
{
        char said[8192];
        ssize_t n = pread(fd, said, sizeof(said) - 1, 0);

        said[n > 0 ? n : 0] = '\0';
        return strstr(said, text) != NULL;
}

/* What it has drawn since, which stays in `printed`. */
static bool terminal_has(struct tool *tool, const char *text)
{
        struct pollfd source = {.fd = tool->out, .events = POLLIN};
        char buffer[4096];
        size_t used = tool->printed ? strlen(tool->printed) : 0;
        ssize_t n = poll(&source, 1, 0) == 1 ? read(tool->out, buffer, sizeof(buffer)) : 0;

        tool->printed = append(tool->printed, &used, buffer, n > 0 ? (size_t)n : 0);
        return strstr(tool->printed, text) != NULL;
}

void tool_wait_until_printed(struct tool *tool, const char *text)
{
        uint64_t until_ns = ek_now_ns() + TOOL_DEADLINE_MS * EK_NS_PER_MS;

        while (!(tool->on_terminal ? terminal_has(tool, text) : file_has(tool->out, text))) {
                cr_assert_lt(ek_now_ns(), until_ns, "\"%s\" was not printed", text);
                usleep(2000);
        }
}

void tool_wait_until_said(struct tool *tool, const char *text)
{
        uint64_t until_ns = ek_now_ns() + TOOL_DEADLINE_MS * EK_NS_PER_MS;

        while (!file_has(tool->err, text)) {
                cr_assert_lt(ek_now_ns(), until_ns, "\"%s\" was not said", text);
                usleep(2000);
        }
}

static void wait_for_end(struct tool *tool)
{
        struct pollfd source = {.fd = (int)syscall(SYS_pidfd_open, tool->pid, 0), .events = POLLIN};
        int status, r;

        cr_assert_geq(source.fd, 0);
        r = poll(&source, 1, TOOL_DEADLINE_MS);
        close(source.fd);
        if (r == 0)
                kill(tool->pid, SIGKILL);
        cr_assert_eq(waitpid(tool->pid, &status, 0), tool->pid);
        cr_assert_eq(r, 1, "the tool did not end");
        tool->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void tool_wait(struct tool *tool)
{
        if (tool->on_terminal) {
                tool->printed = read_all(tool->out, tool->printed);
                tool->errors = strdup("");
                wait_for_end(tool);
                return;
        }
        wait_for_end(tool);
        lseek(tool->out, 0, SEEK_SET);
        lseek(tool->err, 0, SEEK_SET);
        tool->printed = read_all(tool->out, NULL);
        tool->errors = read_all(tool->err, NULL);
}

void tool_run(struct tool *tool, const char *const *arguments)
{
        tool_start(tool, arguments);
        tool_wait(tool);
}

void tool_deinit(struct tool *tool)
{
        close(tool->out);
        if (tool->err >= 0)
                close(tool->err);
        free(tool->printed);
        free(tool->errors);
        *tool = (struct tool){0};
}
