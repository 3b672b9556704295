/* SPDX-License-Identifier: MIT */
/* What the processes of the first release keep; state/prefork_v1.proto is bound to it. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "client.h"

#define WORKERS_MAX 64

struct master {
        int listener;
        pid_t workers[WORKERS_MAX]; /* 0: to be started */
        size_t worker_count;
        uint32_t restarts; /* of all of them */
};

struct worker {
        int listener; /* -1: takes no more clients */
        pid_t master;
        uint32_t number; /* from 1 */
        uint32_t lines; /* that it has answered */
};
