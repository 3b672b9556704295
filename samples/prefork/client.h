/* SPDX-License-Identifier: MIT */
/*
 * A client of a worker, as both releases have it. Whatever it has sent and not read is here and
 * in its connection, and so it crosses with both to the next version.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "network.h"

#define ANSWER_SIZE (LINE_SIZE + 96) /* bytes of an answer at most */

struct client {
        struct client *next;
        int connection;
        uint32_t lines; /* that were answered */
        size_t input_size, output_size;
        uint8_t input[LINE_SIZE]; /* lines to come, one of them maybe in part */
        uint8_t output[ANSWER_SIZE]; /* an answer that the connection did not take yet */
};

/** What to wait for: that an answer can be sent, or that something comes. */
short client_events(const struct client *client);

/** Sends what is to be sent, or else receives what has come. False: the client is gone. */
bool client_exchange(struct client *client);

/**
 * Takes the next line, once the answer to the one before is out.
 *
 * @param ret_line  without its end, and without a NUL
 * @return false: there is none yet
 */
bool client_take_line(struct client *client, uint8_t ret_line[LINE_SIZE], size_t *ret_length);

/** Answers, as far as the connection takes it. False: the client is gone. */
bool client_answer(struct client *client, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
