/* SPDX-License-Identifier: MIT */
/*
 * What ekiden-schema ends with, for scripts and CI: once here, for the help and the code alike.
 */
#pragma once

#define STATUSES(X)                                                                   \
        X(STATUS_GOOD, 0, "all is well")                                              \
        X(STATUS_FUNCTION, 1, "check: compatible, once functions are written")        \
        X(STATUS_BROKEN, 2,                                                           \
          "check: broken; freeze, verify: a frozen schema was changed or is missing") \
        X(STATUS_FAULT, 3, "an input has faults: a schema, a header, the lock file")  \
        X(STATUS_USAGE, 64, "the command line is not valid")                          \
        X(STATUS_SYSTEM, 72, "a system call failed, or protoc could not be run")

enum status {
#define STATUS_VALUE(name, value, sentence) name = (value),
        STATUSES(STATUS_VALUE)
#undef STATUS_VALUE
};
