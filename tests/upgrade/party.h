/* SPDX-License-Identifier: MIT */
/*
 * One of several operators, each with a connection of his own: asks, and hears event by event, so
 * that a test can say in which order things happen.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ekiden/error.h>

#include "ekiden/control.pb-c.h"
#include "service.h"
#include "wire/link.h"

/** Connects to the process of this program, "probe" unless the test has its own. Fails the test. */
struct ek_link *party_connect(const struct service *service, const char *program);

/** Closes the connection. */
void party_leave(struct ek_link *party);

/**
 * Asks for an upgrade.
 *
 * @param step, fault  for the puppet, as in operator_upgrade(); NULL: the saved arguments
 * @param wait         in its turn
 * @param timeout_ms   0: none
 */
void party_ask_upgrade(struct ek_link *party, const char *binary, const char *step,
                       const char *fault, bool wait, uint32_t timeout_ms);
void party_ask_rehearsal(struct ek_link *party, const char *binary, const char *step,
                         const char *fault);
void party_ask_verification(struct ek_link *party, const char *binary, const char *step,
                            const char *fault);
void party_ask_wait(struct ek_link *party);
void party_ask_cancel(struct ek_link *party);
void party_ask_status(struct ek_link *party, uint32_t watch_ms);

/** The next event of a kind, those before it passed over: NULL when the process closes first. To
    be freed with ekiden__event__free_unpacked(). */
Ekiden__Event *party_hear(struct ek_link *party, Ekiden__EventKind kind);

/** Waits for the event that a phase has begun. Fails the test. */
void party_hear_phase(struct ek_link *party, enum ekiden_phase phase);

/** Waits for the failure, and returns its code. Fails the test. */
int party_hear_failure(struct ek_link *party, char ret_sentence[512]);

/** Asks for the status at once. Fails the test. As party_hear(). */
Ekiden__Event *party_status(const struct service *service, const char *program, uint32_t watch_ms);
