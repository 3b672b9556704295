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
 * Hands over, within the update point; nobody serves meanwhile.
 *
 * @return whether a process of this version serves, and this one must leave
 */
bool ek_hand_on(const char *update_point);

/** It has been: whoever is told why the upgrade before was called off, is told who serves. */
void ek_hand_on_explain(struct ekiden_error *error);
