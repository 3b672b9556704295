/* SPDX-License-Identifier: MIT */
/*
 * How a new version ended that keeps its predecessor's PID and has failed before it served. No
 * parent of its sees that, as the process lives on: it executes the old binary. So it is told on,
 * by
 *
 *     EKIDEN_ENDED=status N | signal N
 *
 * in the environment of the old version that is back, and from there in HELLO to the keeper, who
 * tells the operator.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ekiden/handover.pb-c.h"

#define EK_ENDED_VARIABLE "EKIDEN_ENDED"
#define EK_ENDED_TEXT_SIZE sizeof("status 255")

struct ek_ended {
        enum {
                EK_ENDED_UNKNOWN = 0,
                EK_ENDED_EXITED,
                EK_ENDED_KILLED,
        } how;
        int number; /* of its exit status, from 0 to 255, or of the signal */
};

/** As the variable's value; "" where it is not known. Async-signal-safe. */
void ek_ended_write(const struct ek_ended *ended, char ret_text[EK_ENDED_TEXT_SIZE]);

/** Reads such a value; what is none is not known. */
struct ek_ended ek_ended_read(const char *text);

/** Into the HELLO of the old version, and out of it: what makes no sense is not known. */
void ek_ended_fill(const struct ek_ended *ended, Ekiden__Hello *hello);
struct ek_ended ek_ended_of_hello(const Ekiden__Hello *hello);

/**
 * Of a process that is lost, as long as its parent has not waited for it.
 *
 * @param public_pid  as /proc has it
 * @param pidfd       of the same process, borrowed
 */
struct ek_ended ek_ended_of_lost(pid_t public_pid, int pidfd);

/** As in "the new version … in phase transfer"; false: it is not known, and nothing is written. */
bool ek_ended_say(const struct ek_ended *ended, char *ret_how, size_t size_bytes);
