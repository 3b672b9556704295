/* SPDX-License-Identifier: MIT */
/*
 * A successor that nobody has started as one: a supervisor, or what starts a container, has started
 * the new version as it always does, and says by
 *
 *     EKIDEN_PREDECESSOR=PROGRAM|PID[:ROLE]
 *
 * whose successor it is. It asks that process itself, as an operator's tool would that starts the
 * successor (control.proto), and goes on at its end of the socket pair that it has made for that.
 */
#pragma once

#include <ekiden/error.h>

#include "handover/token.h"

#define EK_PREDECESSOR_VARIABLE "EKIDEN_PREDECESSOR"

/** Takes the variable away, which is of no use any more: this process has a predecessor. */
void ek_predecessor_variable_drop(void);

/**
 * Takes the variable away, looks for the process that it names, and asks that to hand over; waits
 * until it is ready to.
 *
 * @param program     of this process's schema
 * @param ret_socket  the successor's end of the handover; -1: there is no predecessor, since none
 *                    was named, or nobody of the program serves
 * @param ret_token   of the handover
 * @return 0; EINVAL, ENOTFOUND (a PID), EAMBIGUOUS, EPERMISSION, ETIMEOUT, EPEER, ENOMEM, ESYSTEM,
 *         EPROTOCOL, ELIMIT, and whatever that process refuses it with
 */
int ek_predecessor_find(const char *program, int *ret_socket, struct ek_token *ret_token,
                        struct ekiden_error *error);

/** The handover is over: until then the predecessor calls it off where nobody listens. */
void ek_predecessor_let_go(void);
