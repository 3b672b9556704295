/* SPDX-License-Identifier: MIT */
/*
 * A client that talks without pause and misses nothing: it sends numbered lines cut at random
 * places, and checks every line it hears: the sequence number, who said it, the how-manieth of
 * theirs it is, and every byte of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct talker_tally {
        uint64_t said; /* lines sent in full */
        uint64_t heard; /* lines received of those whom it knows */
        uint64_t missing; /* lines, and sequence numbers, that did not come */
        uint64_t repeated; /* that came twice */
        uint64_t disordered; /* that came after a later one */
        uint64_t damaged; /* of which some byte was another */
        uint64_t strange; /* lines that make no sense */
        uint64_t lost; /* 1: the connection ended */
        uint64_t gap_ns; /* the longest time without a line */
        char example[256]; /* the first line that was not as it should be */
};

struct talker {
        int connection;
        unsigned int number; /* its nick is t and the number */
        unsigned int room;
        uint64_t seed;
        uint64_t random;

        char sending[512];
        size_t sending_start, sending_size;
        uint64_t begun; /* lines it began to send */
        uint64_t echoed; /* of those, lines that came back */

        char receiving[4096];
        size_t receiving_size;
        bool joined;
        uint64_t sequence; /* of the last broadcast it heard; 0: none yet */
        uint64_t *heard; /* of each talker: number of its last line */
        unsigned int talker_count;
        uint64_t heard_at_ns;

        struct talker_tally tally;
};

/**
 * Connects and asks for its nick and its room, "room" and the number.
 *
 * @param talker_count  numbers of talkers are below
 * @return false and errno
 */
bool talker_init(struct talker *talker, unsigned int port, unsigned int number, unsigned int room,
                 unsigned int talker_count, uint64_t seed);

void talker_deinit(struct talker *talker);

/** Whether all of what it began to send is sent. */
bool talker_is_done(const struct talker *talker);

/** Begins a new line. Only when talker_is_done(). */
void talker_begin_line(struct talker *talker);

/** Sends some of what it began, or all. */
void talker_send(struct talker *talker);

/** Receives at most this many bytes, and checks the lines among them. */
void talker_receive(struct talker *talker, size_t size_bytes_max);

/** Begins to measure the longest gap anew. */
void talker_reset_gap(struct talker *talker);
