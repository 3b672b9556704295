/* SPDX-License-Identifier: MIT */
/* What all children have in common that become processes of the program in their own right. */
#pragma once

/** Drops what is the parent's, which notices nothing, and becomes the process that the library
    knows. Its update points do nothing until it has a control socket and a leg. */
void ek_after_fork_drop(void);
