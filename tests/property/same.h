/* SPDX-License-Identifier: MIT */
/*
 * Whether two orchards are the same but for where they lie. It knows the structs and nothing of
 * the tables that they are bound by.
 */
#pragma once

#include "world.h"

/**
 * Compares all that is reachable from the roots: a mistake is the condition that does not hold.
 *
 * @param after  nothing was allocated in it but what is reachable
 * @return NULL if they are the same
 */
const char *find_difference(const struct world *before, const struct world *after);
