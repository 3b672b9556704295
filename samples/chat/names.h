/* SPDX-License-Identifier: MIT */
/*
 * Names of people and rooms: 1 to 20 letters, digits, '_' and '-'. They come from clients, and in a
 * successor from the predecessor; in both cases nothing else is let in.
 */
#pragma once

#include <stdbool.h>

#define NAME_SIZE 21 /* bytes, with the NUL */

/** Copies a name, if it is one. NULL is none. */
bool name_copy(char ret_name[NAME_SIZE], const char *name);
