/* SPDX-License-Identifier: MIT */
/* What a forked child does with its copy of the parent's library. */
#pragma once

/** Forgets all that is the parent's affair, which does not notice; the child has no update points,
    nor a timer, until it makes them. */
void ek_drop_what_is_the_parents(void);
