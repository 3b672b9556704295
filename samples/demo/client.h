/* SPDX-License-Identifier: MIT */
/*
 * A client as a person at nc would be: sends text, waits for lines. Every wait has an end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CLIENT_LINE_SIZE 4096
#define CLIENT_TIMEOUT_MS 20000

struct client {
        int connection; /* -1: none */
        char buffer[CLIENT_LINE_SIZE];
        size_t size;
};

/** A connection to 127.0.0.1; the caller owns it. -1 and errno. */
int client_connect_descriptor(unsigned int port);

/** False: nobody listens there. */
bool client_connect(struct client *client, unsigned int port);

/** False: the connection broke. */
bool client_send(struct client *client, const char *text);

/**
 * Waits for a line.
 *
 * @param ret_line    CLIENT_LINE_SIZE bytes; the line without its newline
 * @param timeout_ms  0: only a line that is here
 * @return false: it did not come in time, or the connection ended
 */
bool client_receive(struct client *client, char *ret_line, unsigned int timeout_ms);

/** Whether the next line is this one. On false, ret_line holds what came instead, or "". */
bool client_expect(struct client *client, const char *line, char *ret_line);

/** Receives lines until one contains `part`. False: none did in time. */
bool client_await(struct client *client, const char *part, char *ret_line);

/** Whether the other side closes the connection, once all lines are read. */
bool client_await_end(struct client *client);

void client_close(struct client *client);
