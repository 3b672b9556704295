/* SPDX-License-Identifier: MIT */
/* Servers under upgrade, one at a time, seen from outside. */
#pragma once

#include <sys/types.h>

struct server {
        const char *program; /* as its schema calls it; static */
        pid_t pid; /* of the process that serves */
        int output; /* what it and its successors print */
        unsigned int port; /* TCP, if it said that it listens on one */
};

/**
 * Makes a private directory for control sockets, which goes at exit together with the server that
 * still runs, and becomes the parent of successors whose predecessor has left.
 */
void servers_prepare(void);

/**
 * Starts a server and waits until it has printed its first line.
 *
 * @param arguments  of its binary, NULL-terminated, the binary's path first
 * @return from the spawn to the line, in microseconds
 */
double server_start(struct server *server, const char *program, const char *const arguments[]);

/** Its predecessor has left, and `successor` serves: reaps the one, and calls the other the server.
 */
void server_succeed(struct server *server, pid_t successor);

/** Ends it and removes its control socket. */
void server_stop(struct server *server);

/** From the spawn of `binary` to its answer on a socket pair, in microseconds; no server runs. */
double spawn_floor_us(const char *binary);
