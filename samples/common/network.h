/* SPDX-License-Identifier: MIT */
/*
 * What every server of these samples does in the same way, with no idea of its state or of
 * upgrades: sockets on 127.0.0.1, and text that comes and goes by the line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_SIZE 512 /* bytes of a line at most, with its newline */

/**
 * Listens on 127.0.0.1 and prints where. Exits if it cannot.
 *
 * @param port  in decimal; "0": the system chooses one
 * @return the listener; the caller owns it
 */
int listen_on(const char *port);

/**
 * Waits for a client. If none can be accepted it says why and sleeps for a moment, so that a caller
 * that simply tries again does not spin.
 *
 * @param listener  borrowed
 * @return the connection, which the caller owns; -1: try again, there may have been a signal
 */
int accept_client(int listener);

/** The IPv4 address of a connection's other side, 127.0.0.1 as 0x7f000001; 0: it has none. */
uint32_t peer_ipv4(int connection);

/** Its IPv6 address; one of IPv4 is mapped (RFC 4291, section 2.5.5.2). */
void peer_ipv6(int connection, uint8_t ret_address[16]);

/**
 * Waits for more of a line.
 *
 * @param line    LINE_SIZE bytes, of which `*length` have come already
 * @return false: the client says no more, or is gone
 */
bool line_receive(int connection, char *line, size_t *length);

/** Takes the first line, without its end. False: none has come in full. */
bool line_take(char *line, size_t *length, char ret_text[LINE_SIZE]);

/** Sends a line, however long the client takes to read it. False: the client is gone. */
bool send_line(int connection, const char *format, ...) __attribute__((format(printf, 2, 3)));
