/* SPDX-License-Identifier: MIT */
/*
 * Every release has every hop, up and down: so each can take over from any other one. Those of a
 * later version come to an earlier release when it is built again.
 */
#pragma once

void add_hops(void);
