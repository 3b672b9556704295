/* SPDX-License-Identifier: MIT */
/* What the processes of the second release keep; state/prefork_v2.proto is bound to it. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "client.h"

#define WORKERS_MAX 64

struct seat {
        pid_t worker; /* 0: to be started */
        uint32_t restarts;
};

struct master {
        int listener;
        uint32_t earlier_restarts; /* before version 2, which counts them by seats */
        struct seat seats[WORKERS_MAX];
        size_t seat_count;
};

struct worker {
        int listener; /* -1: takes no more clients */
        pid_t master;
        uint32_t number; /* from 1 */
        uint64_t lines; /* that it has answered */
};
