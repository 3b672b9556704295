/* SPDX-License-Identifier: MIT */
/*
 * What can go wrong, once: a code for programs, a sentence for people. The library itself never
 * prints, exits or aborts on what a peer, an operator or a schema sent.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * Every error: name, value, the exit status that ekiden-upgrade ends with, and a sentence.
 *
 * Values and exit statuses never change once released; docs/errors.md explains each.
 */
#define EKIDEN_ERRORS(X)                                                              \
        X(EINVAL, -1, 64, "an argument is not valid")                                 \
        X(ENOMEM, -2, 71, "memory ran out")                                           \
        X(ESYSTEM, -3, 72, "a system call failed")                                    \
        X(ESTATE, -4, 70, "the call does not fit the state that the library is in")   \
        X(EEXISTS, -5, 73, "an item of this name is tagged already")                  \
        X(ENOTFOUND, -6, 3, "no such process")                                        \
        X(EAMBIGUOUS, -7, 4, "more than one process matches")                         \
        X(EPERMISSION, -8, 5, "the operator may not upgrade this process")            \
        X(EBUSY, -9, 6, "another upgrade is under way")                               \
        X(EBINARY, -10, 7, "the new binary cannot be used")                           \
        X(EPROGRAM, -11, 8, "the new binary is another program")                      \
        X(EVERSION, -12, 9, "there is no chain of transformers between the versions") \
        X(ESCHEMA, -13, 10, "a released schema was changed")                          \
        X(ETRANSFORMER, -14, 11, "a transformer failed")                              \
        X(EREFUSED, -15, 12, "the program refused")                                   \
        X(EPEER, -16, 13, "the other process went away")                              \
        X(ETIMEOUT, -17, 14, "a deadline passed")                                     \
        X(EPROTOCOL, -18, 15, "the other process broke the protocol")                 \
        X(ETYPE, -19, 16, "an item's type is not what was expected")                  \
        X(ELIMIT, -20, 17, "a limit was exceeded")                                    \
        X(ECANCELLED, -21, 18, "the operator called it off")

enum {
#define EKIDEN_ERROR_VALUE_(name, value, exit_status, sentence) EKIDEN_##name = (value),
        EKIDEN_ERRORS(EKIDEN_ERROR_VALUE_)
#undef EKIDEN_ERROR_VALUE_
};

/** The phases of an upgrade, in order; each but REQUEST and SERVE may have a deadline. */
#define EKIDEN_PHASES(X)           \
        X(REQUEST, 1, "request")   \
        X(CHECK, 2, "check")       \
        X(WARM, 3, "warm")         \
        X(PAUSE, 4, "pause")       \
        X(TRANSFER, 5, "transfer") \
        X(READY, 6, "ready")       \
        X(COMMIT, 7, "commit")     \
        X(SERVE, 8, "serve")

enum ekiden_phase {
        EKIDEN_PHASE_NONE = 0,
#define EKIDEN_PHASE_VALUE_(name, value, word) EKIDEN_PHASE_##name = (value),
        EKIDEN_PHASES(EKIDEN_PHASE_VALUE_)
#undef EKIDEN_PHASE_VALUE_
};

#define EKIDEN_NAME_MAX 63 /* bytes of a program's, an item's or an update point's name */

/**
 * Why something failed. Zero-initialise it before use; it holds no pointers and needs no release.
 * The first error that is written wins: functions leave one that is set alone.
 */
struct ekiden_error {
        int code; /* an EKIDEN_E…, negative; 0: no error */
        enum ekiden_phase phase; /* of an upgrade, NONE outside one */
        char item[EKIDEN_NAME_MAX + 1]; /* the item it concerns, or "" */
        char field[EKIDEN_NAME_MAX + 1]; /* the field it concerns, or "" */
        uint32_t from_version, to_version; /* schema versions it concerns, or 0 */
        int system_errno; /* errno of the system call that failed, or 0 */
        char sentence[512]; /* one sentence, UTF-8: what happened and what to do next */
};

/** The name of an error, "EKIDEN_EBUSY" for EKIDEN_EBUSY; "EKIDEN_E?" for an unknown code. Static.
 */
const char *ekiden_error_name(int code);

/** The general sentence of an error code. Static, never NULL. */
const char *ekiden_error_text(int code);

/** The exit status with which a tool reports a code: 0 for 0, 70 for an unknown code. */
int ekiden_error_exit_status(int code);

/** The word for a phase: "warm" for EKIDEN_PHASE_WARM; "?" for a number that is none. Static. */
const char *ekiden_phase_name(enum ekiden_phase phase);

/**
 * Fills an error, unless it is set already.
 *
 * @param error   NULL is allowed: then only the code is returned
 * @param code    an EKIDEN_E…
 * @param format  printf format of the sentence; longer sentences are cut
 * @return code, so that `return ekiden_error_set(…)` reads well
 */
int ekiden_error_set(struct ekiden_error *error, int code, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/** As ekiden_error_set(), and records errno; a `: strerror` is appended to the sentence. */
int ekiden_error_set_errno(struct ekiden_error *error, int code, int system_errno,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
