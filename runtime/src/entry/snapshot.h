/* SPDX-License-Identifier: MIT */
/* A snapshot that an operator asks for, written while the program stands at its update point. */
#pragma once

#include "entry/event.h"

/**
 * Sends the whole state over the operator's connection, between the events SEEN and SNAPSHOT_DONE.
 * An operator who leaves, or does not read for as long as a transfer may stand still, ends it, and
 * the program goes on.
 */
void ek_snapshot_serve(struct ek_operator *operator_, const char *update_point);
