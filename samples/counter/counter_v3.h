/* SPDX-License-Identifier: MIT */
/*
 * What the third release keeps: counts of 64 bits, and no port.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct {
        int listener;
        uint64_t accepted; /* clients so far, the present one included */
        uint64_t lines; /* of all of them */
} Clients;

typedef struct {
        size_t len;
        uint8_t *data;
} Bytes;

typedef struct {
        int connection; /* -1: nobody is served */
        char *address; /* "127.0.0.1" */
        uint64_t lines;
        Bytes partial; /* of a line that has not arrived in full */
} Session;
