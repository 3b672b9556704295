/* SPDX-License-Identifier: MIT */
/*
 * A keeper that serves on in the place of the process whose PID it kept has the main thread alone.
 * Where the program had others, that is not enough to serve: it hands over to a process of its own
 * version, which starts the threads anew.
 */
#pragma once

#include <stdbool.h>

#include <ekiden/error.h>

/**
 * Hands over, within the update point; nobody serves meanwhile. It is tried up to five times,
 * none of which begins after a minute, with deadlines that grow from the program's own to the
 * default ones.
 *
 * @param error why the upgrade before was called off; it is said in it who serves now, and how
 * @return whether a process of this version serves, and this one must leave
 */
bool ek_hand_on(const char *update_point, struct ekiden_error *error);
