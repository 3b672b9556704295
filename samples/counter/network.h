/* SPDX-License-Identifier: MIT */
/*
 * What every version of the counter does in the same way, with no idea of its state: sockets,
 * addresses and the ends of lines.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_SIZE 1024 /* bytes; a longer line counts as several */

/**
 * Listens on 127.0.0.1 and prints where. Exits if it cannot.
 *
 * @param port  in decimal; "0": the system chooses one
 * @return the listener; the caller owns it
 */
int listen_on(const char *port);

/**
 * Waits for a client. If none can be accepted it says why and sleeps for a second, so that a
 * caller that simply tries again does not spin.
 *
 * @param listener  borrowed
 * @param ret_peer  its address
 * @return the connection, which the caller owns; -1: try again, there may have been a signal
 */
int accept_client(int listener, struct sockaddr_in *ret_peer);

/** The address as text, "127.0.0.1", from malloc(); or NULL. */
char *address_text(const struct sockaddr_in *peer);

/** Address and port as text, "127.0.0.1:41234", from malloc(); or NULL. */
char *peer_text(const struct sockaddr_in *peer);

/** The length of the first line with its newline; LINE_SIZE if it is longer; 0 if it has no end
 * yet. */
size_t line_length(const uint8_t *bytes, size_t size_bytes);

/** Sends all of `text`, however long the client takes to read it. False: the client is gone. */
bool send_text(int connection, const char *text);
