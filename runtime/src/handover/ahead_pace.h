/* SPDX-License-Identifier: MIT */
/*
 * How much of its time a program that serves gives to sending ahead: slices, and between them room
 * for its own work. What that work is like shows in the processor time between two slices, and in
 * whether the program waited for anything there: one that did not had more to do than it got time.
 */
#pragma once

#include <stdint.h>

struct ek_pace {
        uint64_t slice_ns; /* of one pass through an update point, as the program chose it */
        double demand; /* processor time that the program wants for itself, of all time: 0 to 1 */
        double share; /* of time that is sent in */
        double least; /* that it never falls below */
        uint64_t next_ns; /* when the next slice is due */
        uint64_t ended_ns, ended_cpu_ns; /* when the last one ended; 0: none has */
        long ended_waits; /* of this thread, until then */
};

void ek_pace_init(struct ek_pace *pace, uint64_t slice_ns);

/** A slice begins: how long it may last. */
uint64_t ek_pace_begin(struct ek_pace *pace, uint64_t now_ns);

/** It has ended; the next one is due at pace->next_ns. `is_blocked`: the socket had no room. */
void ek_pace_end(struct ek_pace *pace, uint64_t began_ns, uint64_t now_ns, int is_blocked);

/** What is sent does not keep up with what changes: more of the time is taken. */
void ek_pace_press(struct ek_pace *pace);
