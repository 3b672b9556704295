/* SPDX-License-Identifier: MIT */
/*
 * Starting processes and finding those that nobody here started.
 */
#pragma once

#include <sys/types.h>

/**
 * Starts a process group that lives until the write end of a pipe is closed; then every process in
 * it is killed, by its leader, which is the first.
 *
 * @param ret_pipe  the write end, close-on-exec; the caller owns it
 * @return the leader's pid, which is the group's; -1 and errno
 */
pid_t process_keeper(int *ret_pipe);

/**
 * Starts a program with the environment of this process, and no descriptors but the three.
 *
 * @param group           process group to put it in; 0: a new one of its own; -1: this process's
 * @param output, errors  descriptors, borrowed; -1: as here
 * @return its pid; -1 and errno
 */
pid_t process_start(const char *const arguments[], pid_t group, int output, int errors);

/**
 * How many processes are alive in the group beside its leader and `other`.
 *
 * @param ret_last  one of them, unchanged if there is none; may be NULL
 * @return their count; -1 and errno
 */
int process_count_in(pid_t group, pid_t other, pid_t *ret_last);

/** The one process that is alive in the group beside its leader and `other`; 0: none, or several.
 */
pid_t process_alone_in(pid_t group, pid_t other);
