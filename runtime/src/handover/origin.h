/* SPDX-License-Identifier: MIT */
/* How this process was started, so that its successor can be started the same. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <ekiden/error.h>

struct ek_origin {
        char **arguments; /* argc of them and NULL; copies, since programs write into argv */
        size_t argument_count;
        char **environment; /* without EKIDEN_HANDOVER */
        char *directory; /* working directory */
        char *binary; /* path of the executable */
        bool has_standard[3]; /* whether standard input, output and error were open */
        mode_t umask;
        sigset_t blocked; /* signal mask */
        sigset_t defaults; /* signals whose disposition was the default */
        bool begins_session; /* a successor is not of the session of who starts it */
        bool lends_nothing; /* who starts it is not its predecessor: capabilities are its own */
};

/** What follows argv[0] of a successor: these, where they are not NULL, or the saved ones. */
char *const *ek_origin_arguments(const struct ek_origin *origin, char *const arguments[]);

/** Saves it, once, in ekiden_start(): 0, EINVAL, ENOMEM, ESYSTEM. Nothing in it is ever freed. */
int ek_origin_save(struct ek_origin *origin, int argc, char *const argv[],
                   struct ekiden_error *error);
