/* SPDX-License-Identifier: MIT */
/*
 * What a client's line means: a command if it begins with '/', else something to say to its room.
 */
#pragma once

struct member;

/** Does what the line asks for. `line` has no newline; it may be written to. */
void command_run(struct member *member, char *line);
