/* SPDX-License-Identifier: MIT */
/* What clients can say, and what they are told. */
#pragma once

#include "server.h"

void command(struct server *server, struct client *client, const char *line);

/** A job is done. */
void command_tell(struct client *client, const struct job *job);
