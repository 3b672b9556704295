/* SPDX-License-Identifier: MIT */
/* A connection, what has come through it of a line, and what it has not taken yet. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_MAX 512 /* bytes of a line */
#define OUTPUT_MAX 65536 /* for who does not read; then he is let go */

struct client {
        struct client *next;
        uint64_t id;
        int connection; /* owned */
        char input[INPUT_MAX];
        size_t input_size;
        char *output; /* owned */
        size_t output_size;
        bool is_awaited; /* the connection is to say when it takes more */
        bool is_leaving; /* the connection is gone, or must go */
};

/** A client; the connection is consumed, also when memory runs out: NULL. */
struct client *client_new(uint64_t id, int connection);

/** Closes the connection and frees all. */
void client_free(struct client *client);

/** Receives what there is. */
void client_receive(struct client *client);

/** Takes a line, without its end. False: none has come in full. */
bool client_take_line(struct client *client, char ret_line[INPUT_MAX + 1]);

/** Puts a line behind what is to be sent. */
void client_say(struct client *client, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/** Puts bytes there as they are. */
bool client_put(struct client *client, const void *data, size_t size);

/** Sends what the connection takes. */
void client_send(struct client *client);
