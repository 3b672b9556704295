/* SPDX-License-Identifier: MIT */
/*
 * The hops that lead to this build's version: up to Debian's, and back down to upstream's.
 */
#pragma once

/** Registers them; before ekiden_start(). */
void vsf_add_hops(void);
