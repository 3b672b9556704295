/* SPDX-License-Identifier: MIT */
/*
 * From a program's name or a PID to a connection with the process. A process counts as found when
 * somebody listens on its control socket; the connection made to find that out is the one used.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include <ekiden/error.h>

#include "wire/link.h"

struct process {
        char program[EKIDEN_NAME_MAX + 1];
        pid_t pid;
        struct ek_link *link; /* NULL: it listens, and has let its queue of connections fill up */
};

struct process_list {
        struct process *processes;
        size_t count;
        struct ekiden_error
                trouble; /* why the first one that lives is not among them; code 0: none */
};

/**
 * Connects to all that `target` names: a PID when it is all digits, otherwise a program; NULL: to
 * all there are. In another user's directory only that user's own processes count. Sockets whose
 * process is gone are removed on the way, if they are this user's.
 *
 * @param ret_list  sorted by program, then PID; may be empty; process_list_deinit()
 * @return 0, EPERMISSION (only sockets that cannot be trusted), ESYSTEM (a directory cannot be
 * read, or descriptors or the kernel's memory ran out), ENOMEM, ELIMIT
 */
int find_processes(const char *target, struct process_list *ret_list, struct ekiden_error *error);

/**
 * The one process that `target` names.
 *
 * @param ret_process  process_deinit()
 * @return 0, ENOTFOUND, EAMBIGUOUS, ESYSTEM (none is there but one that lives, and that cannot be
 *         connected to), and as find_processes()
 */
int find_process(const char *target, struct process *ret_process, struct ekiden_error *error);

/** The PID that a target is; 0: it is a name. Those begin with a letter. */
pid_t find_pid(const char *target);

/** Why what was found is not the one process that was meant: none is there (ENOTFOUND), or one that
 *  cannot be connected to (ESYSTEM), or several are (EAMBIGUOUS). Returns that. */
int find_failed(const char *target, const struct process_list *list, struct ekiden_error *error);

/** Why a process without a link cannot be asked: an error, ETIMEOUT, which is returned. */
int process_blocked(const struct process *process, struct ekiden_error *error);

void process_deinit(struct process *process);
void process_list_deinit(struct process_list *list);
