/* SPDX-License-Identifier: MIT */
/*
 * Two people who talk in a room of their own, slowly, and whose screens can be watched.
 */
#pragma once

#include <stdbool.h>

enum person { ANN, BOB };

struct people;

/** Has both come in and go to their room. NULL: they cannot. */
struct people *people_new(unsigned int port);

/** NULL is allowed. Returns NULL. */
struct people *people_free(struct people *people);

/** One of them types something; without a newline at its end, Enter was not pressed yet. */
void people_type(struct people *people, enum person person, const char *text);

/** Shows what appeared on the other's screen since. */
void people_look(struct people *people);

/** Lines on their screens that are not there, or not the next of their room; lost connections. */
unsigned int people_faults(const struct people *people);
