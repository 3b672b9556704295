/* SPDX-License-Identifier: MIT */
/*
 * What the counter keeps. Its first upgradable release keeps the same.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct {
        int listener;
        uint32_t accepted; /* clients so far, the present one included */
        uint32_t lines; /* of all of them */
} Clients;

typedef struct {
        size_t len;
        uint8_t *data;
} Bytes;

typedef struct {
        int connection; /* -1: nobody is served */
        char *peer; /* "127.0.0.1:41234" */
        uint32_t lines;
        Bytes partial; /* of a line that has not arrived in full */
} Session;
