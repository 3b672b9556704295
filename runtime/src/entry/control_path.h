/* SPDX-License-Identifier: MIT */
/*
 * Where control sockets are: PROGRAM.PID in a directory that only its owner can enter; the PID is
 * that of the /proc which the process sees (public_pid.h). The directory is
 *
 *     $EKIDEN_RUNTIME_DIR        where set
 *     $XDG_RUNTIME_DIR/ekiden    where set (XDG Base Directory Specification); not for root
 *     /run/ekiden/UID            for root; for others where it is there and theirs, mode 0700
 *     /tmp/ekiden-UID            otherwise
 *
 * A successor's socket is hidden (.PROGRAM.PID) until it serves. The runtime and the tools share
 * this file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

#include <ekiden/error.h>

/* What a socket's address holds, its NUL included (unix(7)). */
#define EK_CONTROL_PATH_MAX sizeof(((struct sockaddr_un *)0)->sun_path)

/** The directory for this process's effective user: 0, or ELIMIT when the path is too long. */
int ek_control_directory(char ret_path[EK_CONTROL_PATH_MAX], struct ekiden_error *error);

/**
 * Makes it where missing (0700), and checks that it is a directory of the effective user's which
 * nobody else may enter: 0, EPERMISSION, ESYSTEM.
 */
int ek_control_directory_make(const char *path, struct ekiden_error *error);

/** PATH/PROGRAM.PID, or PATH/.PROGRAM.PID when hidden: 0, or ELIMIT. */
int ek_control_path(const char *directory, const char *program, pid_t pid, bool hidden,
                    char ret_path[EK_CONTROL_PATH_MAX], struct ekiden_error *error);

/** Takes a file name apart: true for PROGRAM.PID that is not hidden. */
bool ek_control_name_parse(const char *file_name, char ret_program[EKIDEN_NAME_MAX + 1],
                           pid_t *ret_pid);
