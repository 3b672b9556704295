/* SPDX-License-Identifier: MIT */
/* Random orchards. */
#pragma once

#include "world.h"

/** Fills a world, which is empty, with a random graph, from draw()'s present state. */
void grow(struct world *world);
