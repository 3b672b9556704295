/* SPDX-License-Identifier: MIT */
/* What a hermit does wrong when it is told to (HERMIT_FAULT, hermit.c). */
#pragma once

#include <stdbool.h>

/** Whether this is the fault that it is told to have. */
bool is_faulty(const char *word);
