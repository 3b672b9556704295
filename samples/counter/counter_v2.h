/* SPDX-License-Identifier: MIT */
/*
 * What the second release keeps: a client's address and port apart.
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
        char *address; /* "127.0.0.1" */
        uint16_t port;
        uint32_t lines;
        Bytes partial; /* of a line that has not arrived in full */
} Session;
