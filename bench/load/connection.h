/* SPDX-License-Identifier: MIT */
/*
 * A connection that is made again when it is lost. What was under way on it has failed then; what
 * is due waits for the next one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "load.h"
#include "operations.h"

struct connection {
        struct load *load;
        int fd; /* -1: none */
        enum {
                CONNECTION_DOWN,
                CONNECTION_ASKED, /* the kernel is at it */
                CONNECTION_UP,
        } state;
        bool was_up;
        bool waits_for_room; /* the kernel's buffer is full */
        unsigned address;
        uint64_t retry_ns; /* down: when to try again */
        struct buffer in, out;
        struct operations operations;
        struct key_range range;
        uint64_t quota; /* operations that may still be added as others are answered */
};

/** Adds an operation in the place of one that is over, where each answer is followed by the next.
 */
void connection_follow(struct connection *connection, uint64_t now_ns);

/** Starts to connect. */
void connection_open(struct connection *connection, uint64_t now_ns);

/** Takes up a connection that has been down for long enough. */
void connection_retry(struct connection *connection, uint64_t now_ns);

/** Sends what is due, as far as the pipeline and the kernel have room. */
void connection_send(struct connection *connection, uint64_t now_ns);

/** The kernel has something to say. */
void connection_event(struct connection *connection, uint32_t events);

/** Nothing more is expected from it: what is under way has failed. */
void connection_close(struct connection *connection, uint64_t now_ns);

void connection_deinit(struct connection *connection);
