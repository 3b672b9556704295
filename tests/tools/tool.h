/* SPDX-License-Identifier: MIT */
/* Starting ekiden-upgrade, and what it printed. Fails the test when something takes too long. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TOOL_DEADLINE_MS 10000

struct tool {
        pid_t pid;
        int out, err; /* files in memory; with a terminal both are its other end */
        bool on_terminal;
        int exit_status; /* after tool_wait(); -1: a signal ended it */
        char *printed, *errors; /* after tool_wait(), on a terminal what has been read of it */
};

/** Starts the tool with these arguments, the last one NULL; its own name is not among them. */
void tool_start(struct tool *tool, const char *const *arguments);

/** As tool_start(), by another program, which executes the tool. */
void tool_start_by(struct tool *tool, const char *program, const char *const *arguments);

/** As tool_start(), with its output to a descriptor, which it consumes. */
void tool_start_into(struct tool *tool, const char *const *arguments, int out);

/** As tool_start(), with its standard input and output closed. */
void tool_start_closed(struct tool *tool, const char *const *arguments);

/** As tool_start(), on a terminal with so many columns. */
void tool_start_on_terminal(struct tool *tool, const char *const *arguments,
                            unsigned short columns);

/** Stops it (SIGSTOP), and waits until it is. */
void tool_stop(struct tool *tool);

/** Waits until it has printed this text, while it runs. */
void tool_wait_until_printed(struct tool *tool, const char *text);

/** The same of its errors; not on a terminal, where all is one. */
void tool_wait_until_said(struct tool *tool, const char *text);

/** Waits until it has ended, and collects what it printed. */
void tool_wait(struct tool *tool);

/** Starts it, and waits. */
void tool_run(struct tool *tool, const char *const *arguments);

void tool_deinit(struct tool *tool);

#define TOOL_ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})
