/* SPDX-License-Identifier: MIT */
/*
 * The listener starts the successors of sessions and parents, which are in sandboxes: it is outside
 * of all, and runs the new version already, so a fork is enough. It is the fork by which vsftpd
 * itself begins a session. From there the child goes another way: to the state of its predecessor.
 */
#include "upgrade.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekiden/sandbox.h>

#include "release.h"
#include "sysdeputil.h"
#include "sysutil.h"

/* Whether a process is in another namespace of a kind than this one. */
static bool is_apart(pid_t pid, const char *kind)
{
        char path[64];
        struct stat own, its;

        snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
        if (stat(path, &own) < 0)
                return false;
        snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
        return stat(path, &its) == 0 && (own.st_dev != its.st_dev || own.st_ino != its.st_ino);
}

/* In namespaces of its own where its predecessor is. Those are empty, so new ones are as good. */
static pid_t spawn(void *data, const struct ekiden_spawn_request *request)
{
        bool is_isolated = is_apart(request->predecessor, "ipc");
        bool has_no_network = is_apart(request->predecessor, "net");
        pid_t pid = is_isolated ? vsf_sysutil_fork_isolate_failok() : vsf_sysutil_fork_failok();

        (void)data;
        if (pid < 0)
                return -errno;
        if (pid > 0) {
                vsf_note_successor((unsigned int)request->predecessor, (unsigned int)pid);
                return pid;
        }
        vsf_close_listener();
        if (has_no_network && unshare(CLONE_NEWNET) < 0)
                vsf_give_up("it cannot be kept from the network", EKIDEN_ESYSTEM);
        vsf_succeed(request->predecessor);
}

void vsf_set_spawn(void)
{
        ekiden_set_spawn(spawn, NULL);
}
