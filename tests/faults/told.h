/* SPDX-License-Identifier: MIT */
/* Reading what the tool has said. */
#pragma once

#include "stage.h"

/** Fills in what its last line says; `event` stays "" where that is no event. Descriptors borrowed.
 */
void told_read(struct told *told, int output, int errors);
