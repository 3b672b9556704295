/* SPDX-License-Identifier: MIT */
/*
 * Counting how often update points are passed, for an operator who wants to know how long an
 * upgrade would have to wait. Meanwhile every update point attends; afterwards none does any more
 * than before.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EK_WATCH_MAX_MS 60000

struct ek_watch;

/** Begins to count, for at most EK_WATCH_MAX_MS; NULL: memory ran out. */
struct ek_watch *ek_watch_begin(uint32_t watch_ms);

/** Ends it, and frees it. NULL is allowed. */
void ek_watch_end(struct ek_watch *watch);

/** For how long it has counted. */
uint64_t ek_watch_elapsed_ms(const struct ek_watch *watch);

/** How often the update point at this place of ek_update_points() was passed meanwhile. */
uint64_t ek_watch_passed(const struct ek_watch *watch, size_t index);

/** Whether its time is over. */
bool ek_watch_is_over(const struct ek_watch *watch);

/** When the first of them all is over; UINT64_MAX: nobody watches. */
uint64_t ek_watch_deadline(void);

/** Counts, where somebody watches, that an update point is passed. */
void ek_watch_pass(const char *update_point);

/** Where somebody watches, the next update point attends too. */
void ek_watch_keep(void);
