/* SPDX-License-Identifier: MIT */
/* The program's own check of what it has taken over (ekiden_set_check()). */
#pragma once

#include <ekiden/error.h>

/** Runs it, if there is one: 0, or EREFUSED or the error that it set, with its sentence. */
int ek_check(struct ekiden_error *error);
