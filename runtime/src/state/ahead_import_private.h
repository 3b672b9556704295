/* SPDX-License-Identifier: MIT */
/* What ahead_import.c, of portions, and ahead_record.c, of records, share. */
#pragma once

#include "scratch.h"
#include "state/ahead_export.h"
#include "state/ahead_import.h"
#include "state/kept_key.h"

#define EK_AHEAD_WINDOW 16 /* entries that wait until their slots have come from memory */

struct ek_ahead_import {
        char name[EKIDEN_NAME_MAX + 1]; /* here */
        uint64_t serial;
        const struct ek_tagged *tagged; /* looked up for each portion */
        struct ek_route route;
        struct ek_kept_key kept; /* of the record in hand */
        struct ekiden_objects *objects; /* of which there are none */
        struct ekiden_scratch scratch;
        uint32_t round;
        bool has_arenas; /* bytes of records may lie in arenas */
        bool is_begun; /* a portion has come */
        struct ek_ahead_count total, portion;
        uint64_t duration_ns;
        struct ekiden_error *error; /* of the call in hand */
        bool is_fast; /* entries are made by the generated codec, where it can, and wait here: */
        bool prefetches;
        void *entries[EK_AHEAD_WINDOW];
        size_t first, end; /* counted on and on */
};

/** Finds out how records can be taken; for each portion. */
void ek_ahead_record_begin(struct ek_ahead_import *import);

/** Takes a record: 0 or an error, with its sentence. */
int ek_ahead_record_take(struct ek_ahead_import *import, const uint8_t *data, size_t size_bytes);

/** Takes a key that has no record any more: likewise. */
int ek_ahead_record_forget(struct ek_ahead_import *import, const uint8_t *data, size_t size_bytes);

/** The program gets what waits: likewise. */
int ek_ahead_record_flush(struct ek_ahead_import *import);

/** Frees what waits. */
void ek_ahead_record_drop(struct ek_ahead_import *import);

/** The record in hand is malformed: EPROTOCOL, with a sentence. */
int ek_ahead_record_malformed(const struct ek_ahead_import *import, const char *what);
