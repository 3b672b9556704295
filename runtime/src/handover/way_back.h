/* SPDX-License-Identifier: MIT */
/*
 * The way back of a successor that runs under its predecessor's PID (keeper.h): until it serves, it
 * can at any moment execute the old binary again, which takes the state back from the keeper. It
 * does so when the upgrade is called off, when the program exits or crashes, and when the keeper
 * asks for it by a signal. All that is needed is made ready at the start, so that going back is
 * nothing but system calls, and is async-signal-safe.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <ekiden/error.h>

#include "handover/ended.h"
#include "handover/keeper_word.h"

/* What a successor finds open beside EK_HANDOVER_SOCKET and EK_HANDOVER_BINARY (spawn.h). */
#define EK_RETURN_SOCKET 5 /* of the handover back */
#define EK_RETURN_BINARY 6 /* the old executable */
#define EK_RETURN_CARD 7 /* its arguments, each with its NUL, in a memory file */
#define EK_INHERITED_LAST EK_RETURN_CARD

/** Duplicates a descriptor to a number, to be inherited. Async-signal-safe. */
bool ek_put_at(int fd, int number);

/** Closes all descriptors from `first` on. Async-signal-safe. */
void ek_close_from(int first);

/** Whether a probe has left the numbers of the way back alone: 0 or EREFUSED. `socket` is that of
    its handover. */
int ek_way_back_check_places(int socket, struct ekiden_error *error);

/**
 * Whether this process runs under the PID of its predecessor: 1, 0; or an error, and it must exit.
 * The variable is removed, the way back made ready. Signals are blocked until
 * ek_way_back_unblock().
 *
 * @param update_signal  by which the keeper will call this process back; 0: none
 */
int ek_way_back_open(int update_signal, struct ekiden_error *error);

/**
 * Lets signals come again, as the program was started. The update signal is ignored first, should
 * one have come meanwhile: its handler is about to be installed. In the old binary that is back,
 * what the keeper has sent to call it is dropped: it may be deadly there.
 *
 * @param update_signal  0: none
 */
void ek_way_back_unblock(int update_signal);

/** How the new version ended, where this is the old one that is back, and it is known. */
const struct ek_ended *ek_way_back_ended(void);

/** Goes back: does not return, where there is a way. Async-signal-safe. */
void ek_way_back_take(void);

/** The same in a handler of a signal, if it is the keeper that has sent it. True: it is, and there
   is no way back: this is the old binary again. */
bool ek_way_back_take_for(pid_t sender);

/** There is none any more: this process serves. */
void ek_way_back_close(void);
