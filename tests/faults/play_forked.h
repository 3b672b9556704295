/* SPDX-License-Identifier: MIT */
/* Plays a case of a child that is struck when it is forked, and judges it. */
#pragma once

#include "play.h"

/** As play(). */
void play_forked(const struct fault_case *fault_case, const struct clean *clean,
                 struct outcome *ret_outcome);

/** As play_census(). */
bool play_forked_census(uint32_t counts[ROLES][PLACES], struct clean *ret_clean, char ret_why[600]);
