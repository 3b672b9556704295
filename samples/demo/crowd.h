/* SPDX-License-Identifier: MIT */
/*
 * Many talkers in one process, and the sum of what they observe. Some may be slow readers: then the
 * server holds a lot that they did not take yet.
 */
#pragma once

#include "talker.h"

struct crowd_plan {
        unsigned int port;
        unsigned int talker_count;
        unsigned int room_count; /* talkers go to rooms in turn */
        unsigned int slow_count; /* the first so many are slow readers */
        unsigned int window; /* lines that a talker sends before it hears its first */
        unsigned int pace_ms; /* between two lines of a talker; 0: none */
        uint64_t seed;
};

struct crowd;

/** Connects all. NULL and errno. */
struct crowd *crowd_new(const struct crowd_plan *plan);

/** NULL is allowed. Returns NULL. */
struct crowd *crowd_free(struct crowd *crowd);

/** Has everybody join its room; false: that took longer than `timeout_ms`. */
bool crowd_join(struct crowd *crowd, unsigned int timeout_ms);

/** Sends and receives what can be, waiting for at most a few milliseconds. */
void crowd_step(struct crowd *crowd);

/** Sends and receives for a time. */
void crowd_run(struct crowd *crowd, unsigned int duration_ms);

/**
 * Says no more, and waits until everybody has heard everything that was said in its room.
 *
 * @return false: that took longer than `timeout_ms`
 */
bool crowd_settle(struct crowd *crowd, unsigned int timeout_ms);

/** Begins to measure the longest gap anew. */
void crowd_reset_gap(struct crowd *crowd);

/**
 * The sum of all talkers' tallies. `gap_ns` is the longest of all but the slow readers', a gap that
 * still lasts included; `missing` includes what was said and not yet heard, if settled.
 */
struct talker_tally crowd_tally(const struct crowd *crowd);

/** Lines that each slow reader, at least, has not read yet. */
uint64_t crowd_backlog(const struct crowd *crowd);

/** 0, or the number of faults: lines missing, repeated, out of order, damaged, strange, connections
 * lost. */
uint64_t crowd_faults(const struct talker_tally *tally);
