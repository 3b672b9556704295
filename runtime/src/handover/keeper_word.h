/* SPDX-License-Identifier: MIT */
/*
 * What a process that executes another binary under its own PID leaves to that in the environment:
 *
 *     EKIDEN_KEEPER=PID:MASK:SIGNAL[:TOKEN]
 *
 * is the keeper's PID, the signal mask that the program was started with, in hexadecimal, the
 * number of the signal by which the keeper calls the new version back, or 0, and the token of the
 * way back; without one this is the old binary again, and there is none.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "handover/token.h"

#define EK_KEEPER_VARIABLE "EKIDEN_KEEPER"
#define EK_KEEPER_TEXT_SIZE (sizeof("-2147483648:ffffffffffffffff:64:") + EK_TOKEN_TEXT_SIZE)

/* What the variable says. */
struct ek_keeper_word {
        pid_t keeper;
        uint64_t mask; /* signal N is bit N - 1 */
        int signal_number; /* 0: none */
        bool has_way_back;
        struct ek_token token;
};

/** As the variable's value. */
void ek_keeper_word_write(const struct ek_keeper_word *word, char ret_text[EK_KEEPER_TEXT_SIZE]);

/** Reads such a value; false: it is none. */
bool ek_keeper_word_read(const char *text, struct ek_keeper_word *ret_word);

/** A signal mask as a number, and back. */
uint64_t ek_mask_number(const sigset_t *mask);
void ek_mask_of_number(uint64_t number, sigset_t *ret_mask);
