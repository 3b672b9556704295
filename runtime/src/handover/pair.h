/* SPDX-License-Identifier: MIT */
/*
 * The socket pair of a handover, whoever makes it: the predecessor, which starts its successor; a
 * successor that has found its predecessor; or the operator's tool, which brings both together. Who
 * gets an end leaves it as it is: in a sandbox it may have no right to as much.
 */
#pragma once

#include <ekiden/error.h>

/**
 * Makes both ends, which do not survive an exec and are the caller's to close. They carry much at
 * once, as far as the system's limits let them.
 *
 * @return 0, or ESYSTEM: nothing is written
 */
int ek_pair_make(int ret_sockets[2], struct ekiden_error *error);
