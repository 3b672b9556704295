/* SPDX-License-Identifier: MIT */
/* A program that keeps the records of a stream as they came, whatever their type. */
#pragma once

#include <stdbool.h>

#include "exchange.h"

#define STORED_MAX 512

struct store {
        ProtobufCMessage *records[STORED_MAX];
        size_t count;
};

extern const struct ekiden_binding store_binding; /* `data` is the store */

/** Adds a copy of a record, packed and unpacked again. */
void store_add(struct store *store, const ProtobufCMessage *record);

/** Frees all; descriptors stay open. */
void store_clear(struct store *store);
