/* SPDX-License-Identifier: MIT */
/*
 * The bare socket pair, between this process and a child of it: what the kernel alone needs for
 * round trips, bytes and descriptors. Everything that Ekiden does on one is compared with this.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#define BUFFER_DEFAULT 0
#define BUFFER_LARGE (2 << 20) /* bytes; what the runtime asks for */

/* A child that serves one end. */
struct far_end {
        int socket; /* ours */
        pid_t pid;
};

/** Makes a connected pair; with BUFFER_LARGE both ends as the runtime makes them. */
void socket_pair_open(int buffer_bytes, int ret_sockets[2]);

/** A child that sends back whatever it receives. */
void echo_start(struct far_end *far, int buffer_bytes);

/** A child that receives bytes and answers each `block_bytes` of them with one. */
void sink_start(struct far_end *far, int buffer_bytes, size_t block_bytes);

/** A child that receives descriptors, closes them, and answers each message with a byte. */
void descriptor_sink_start(struct far_end *far, int buffer_bytes);

/** Closes the socket and waits for the child, which then ends. */
void far_end_stop(struct far_end *far);

/** Mean of a number of round trips of a small frame's size, in microseconds. */
double echo_round_trip_us(const struct far_end *far, unsigned int trips);

/** Microseconds for `total_bytes`, a multiple of the block, until the last answer. */
double sink_send_us(const struct far_end *far, size_t total_bytes, size_t block_bytes);

/** Microseconds for descriptors (borrowed) in groups of `group`, each answered. */
double descriptor_sink_send_us(const struct far_end *far, const int *descriptors, size_t count,
                               size_t group);
