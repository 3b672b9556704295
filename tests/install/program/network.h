/* SPDX-License-Identifier: MIT */
/*
 * What both releases of abacus do in the same way, with no idea of their state: sockets.
 */
#pragma once

#include <stdbool.h>

/**
 * Listens on 127.0.0.1 and prints where.
 *
 * @param port  in decimal; "0": the system chooses one
 * @return the listener, which does not block and which the caller owns; -1 and errno
 */
int listen_on(const char *port);

/** Accepts a client that is waiting. Returns its connection, which the caller owns; or -1. */
int accept_client(int listener);

/** Sends a line at once. False: the client is gone, or does not read what it is sent. */
bool send_line(int connection, const char *line);
