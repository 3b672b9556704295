/* SPDX-License-Identifier: MIT */
/* A probe that runs as a service, seen from outside: by its clients and through /proc. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct service {
        char directory[64]; /* its EKIDEN_RUNTIME_DIR */
        int port;
        pid_t pid; /* that answered last */
        pid_t keeper; /* ends all of the service's processes when `keeper_pipe` is closed, */
        int keeper_pipe; /* at the latest when the test ends */
};

struct answer {
        pid_t pid;
        int version;
        uint64_t asked;
        size_t heap_bytes;
        int descriptors;
        uint64_t records;
};

/** Makes its directory and its keeper, and puts the directory into the environment. */
void service_prepare(struct service *service);

/** Starts a binary as the first leg, with all deadlines set to `deadline_ms`. Fails the test. */
struct service service_start(const char *binary, unsigned int deadline_ms);

/** Ends whatever process serves, reaps all, and checks that nothing is left in the directory. */
void service_stop(struct service *service);

/** Ends what is left of it, whatever that is. */
void service_end(struct service *service);

/** Asks it, within a few seconds. Fails the test when nobody answers. */
struct answer service_ask(struct service *service);

/** As service_ask(), with a command in place of "ask". */
struct answer service_tell(struct service *service, const char *command);

/** Stops it while it waits for something to do: it sees at once what is asked of it until SIGCONT.
 */
void service_freeze(struct service *service);

/** How many children a process has. */
size_t count_children(pid_t pid);

/** Waits until it has no child: an upgrade that was called off from outside has ended. */
void service_settle(struct service *service);

/** As service_settle(), of a service that answers no questions. */
void service_settle_quietly(const struct service *service);

/** Sockets in the service's directory, hidden ones too. */
size_t count_sockets(const struct service *service);

/** Waits until a process is gone, reaping it: false when it still runs after a few seconds. */
bool wait_until_gone(pid_t pid);
