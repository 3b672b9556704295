/* SPDX-License-Identifier: MIT */
/*
 * A server under upgrade, from outside: started, upgraded as an operator would, and ended, with all
 * the processes that it became on the way. They live in a process group whose leader, the keeper,
 * ends them all when whoever started them goes away, for whatever reason.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct service {
        char directory[64]; /* private: control sockets, output */
        pid_t keeper;
        int keeper_pipe;
        pid_t pid; /* of the process that serves */
        unsigned int port;
        const char *tool; /* path of ekiden-upgrade */
        char sentence[256]; /* why the last call failed */

        pid_t tool_pid; /* 0: none runs */
        int tool_status;
        bool predecessor_left;
};

enum service_progress {
        SERVICE_UNDER_WAY,
        SERVICE_UPGRADED, /* the predecessor has left, `pid` is the successor */
        SERVICE_FAILED, /* `tool_status` and `sentence` say more; the predecessor serves on */
};

/**
 * Starts `binary` on a port of the system's choice and waits until it listens. The calling process
 * becomes the parent of every successor (PR_SET_CHILD_SUBREAPER), and EKIDEN_RUNTIME_DIR is set.
 *
 * @param tool  borrowed
 * @return false, and `sentence`; service_stop() is needed in any case
 */
bool service_start(struct service *service, const char *binary, const char *tool);

/**
 * Begins an upgrade by ekiden-upgrade.
 *
 * @param option  of the tool, "--quiet" or such; NULL: none
 * @param output  descriptor that the tool writes to, borrowed; -1: this process's own
 */
bool service_upgrade(struct service *service, const char *binary, const char *option, int output);

/** Begins an upgrade by the update signal. */
bool service_signal(struct service *service);

/** How far the upgrade is. Returns at once. */
enum service_progress service_progress(struct service *service);

/** Waits for the upgrade's end. */
enum service_progress service_wait(struct service *service, unsigned int timeout_ms);

/** How many descriptors the serving process has open; -1 if it is gone. */
int service_count_descriptors(const struct service *service);

/** What the server printed on its standard output ("output") or error ("errors"); free() it. */
char *service_read(const struct service *service, const char *name);

/** Ends every process of the service and removes its directory. Repeating it does nothing. */
void service_stop(struct service *service);
