/* SPDX-License-Identifier: MIT */
/*
 * A client of the store, to the byte: what is sent, and what must come. Every wait has an end, and
 * the test fails there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** The store's releases: paths of their programs, in their order. */
extern const char *const kv_releases[3];

/** A connection to the store that tests have started. */
int kv_connect(void);

/** Sends bytes, as many as there are. */
void kv_send(int connection, const void *bytes, size_t size);
void kv_say(int connection, const char *text);

/** Receives so many bytes. */
void kv_receive(int connection, void *bytes, size_t size);

/** The next bytes must be these. */
void kv_expect(int connection, const char *reply);

/** Says a request, and expects a reply. */
void kv_ask(int connection, const char *request, const char *reply);

/** The other side must close the connection, and say nothing more. */
void kv_expect_end(int connection);

/** Receives one line, without its end. */
void kv_receive_line(int connection, char *line, size_t size);

/** Receives one bulk string that fits, with a NUL behind it. */
void kv_receive_bulk(int connection, char *text, size_t size);

/** Sends a request and receives its reply, an integer. */
long long kv_ask_integer(int connection, const char *request);
