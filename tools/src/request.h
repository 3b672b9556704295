/* SPDX-License-Identifier: MIT */
/* The control socket's protocol, idl/ekiden/control.proto, from the tool's side. */
#pragma once

#include <ekiden/error.h>

#include "ekiden/control.pb-c.h"
#include "handover_pair.h"
#include "options.h"
#include "wire/link.h"

/**
 * Asks for an upgrade.
 *
 * @param binary  absolute path
 * @param pair    the process's end of it goes along, and is closed here: somebody else starts the
 *                successor; NULL: the process does
 * @return 0, ENOMEM, EPEER, ETIMEOUT (the request is longer than the process has room for), ELIMIT,
 * ESYSTEM
 */
int request_upgrade(struct ek_link *link, const struct options *options, const char *binary,
                    struct handover_pair *pair, struct ekiden_error *error);

/**
 * Asks for a successor of another process, by a fork of this one.
 *
 * @param role, predecessor  of that process
 * @param pair               the successor's end goes along, and is closed here
 * @return as request_upgrade()
 */
int request_spawn(struct ek_link *link, const char *role, pid_t predecessor,
                  struct handover_pair *pair, struct ekiden_error *error);

/**
 * Asks for the status.
 *
 * @param watch_ms  for how long update points are counted first; 0: not at all
 * @return as request_upgrade()
 */
int request_status(struct ek_link *link, uint32_t watch_ms, struct ekiden_error *error);

/** Asks to hear the end of the upgrade under way, whoever asked for it; as request_upgrade(). */
int request_wait(struct ek_link *link, struct ekiden_error *error);

/** Asks to call it off, and to hear its end; as request_upgrade(). */
int request_cancel(struct ek_link *link, struct ekiden_error *error);

/** Asks for a snapshot, whose frames then come. Returns as request_upgrade(). */
int request_snapshot(struct ek_link *link, struct ekiden_error *error);

/**
 * The next event, if it is there. Does not wait.
 *
 * @param ret_event  request_event_free()
 * @return 0; ETIMEOUT (none is there: `error` is left alone), EPEER, EPROTOCOL, ELIMIT, ENOMEM,
 * ESYSTEM
 */
int request_event(struct ek_link *link, Ekiden__Event **ret_event, struct ekiden_error *error);

void request_event_free(Ekiden__Event **event);

#define auto_event __attribute__((cleanup(request_event_free)))

/** What a FAILED event says. It always is an error afterwards, whatever the event says. */
int request_refusal(const Ekiden__Event *event, struct ekiden_error *error);

/** The absolute path of a new binary, on which the process will judge: malloc(), or NULL. */
char *request_binary_path(const char *binary);
