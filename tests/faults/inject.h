/* SPDX-License-Identifier: MIT */
/*
 * The injector, linked with the library's and the tool's objects by -Wl,--wrap: every call in
 * calls.h comes by here first. A test build only: nothing of this is in the product.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "plan.h"

/**
 * A call is about to be made. Counts it; where it is the one, hangs, kills or stops the process.
 *
 * @return true: it must fail, with inject_error(), which is in errno too
 */
bool inject_at(enum faults_call call);

/** As inject_at(), of a call that may move one byte only: then *ret_is_short is true. */
bool inject_at_moving(enum faults_call call, bool *ret_is_short);

/** The error that a call must fail with. */
int inject_error(void);

/** The plan of a process that is armed, or NULL. */
struct plan *inject_plan(enum plan_role *ret_role);

/** The fault has struck. */
void inject_struck(struct plan *plan);

/** Sleeps for so long, whatever signals come. */
void inject_sleep(unsigned int milliseconds);

/** A call on a socket fails: where its error says that the connection is broken, it is. */
void inject_broken(int fd);

/** Frames in what is sent on a socket; see inject_frame.c. */
void inject_frames_closed(int fd);

#define INJECT_REAL(type, name, parameters) \
        type __real_##name parameters;      \
        type __wrap_##name parameters;      \
        type __wrap_##name parameters

/* A call with its result where it fails; the last line only takes the semicolon. */
#define INJECT(type, name, parameters, arguments, failure)                           \
        INJECT_REAL(type, name, parameters)                                          \
        {                                                                            \
                return inject_at(CALL_##name) ? (failure) : __real_##name arguments; \
        }                                                                            \
        struct plan
