/* SPDX-License-Identifier: MIT */
/* What --spawn-here starts in tests: a script that notes how it was started, and then does what its
   first argument says: "serve", "background" (it forks, and leaves), or "exit" and a status. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "scene.h"

extern char spawned_folder[64]; /* of all that is made */
extern char spawned_binary[96]; /* the script */
extern char spawned_file[96]; /* of its notes; they appear all at once */

void spawned_make(void);
void spawned_unmake(void);

/** What is in a file: false, and "", if that is nothing. */
bool spawned_read(const char *path, char *ret_text, size_t size);

/** Waits until there is something in it. */
void spawned_await(const char *path, char *ret_text, size_t size);

/** What the new version noted of how it was started. Static. */
const char *spawned_notes(void);

/** The PID in its notes. */
pid_t spawned_pid(const char *notes);

/** Waits until a process has ended. */
void spawned_expect_gone(pid_t pid);

/** The process says that it awaits its successor, and what its own arguments were. */
void spawned_send_check(struct scene *scene, char **arguments, size_t count);

/** The tool has asked, and the process awaits its successor, which does what this word says. */
void spawned_start(struct scene *scene, const char *word);

/** The process refuses, and the tool says so and ends. */
void spawned_fail(struct scene *scene);
