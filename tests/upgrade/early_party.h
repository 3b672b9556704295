/* SPDX-License-Identifier: MIT */
/*
 * A predecessor in the test's own process, for answers ahead of the question, and a link to
 * whoever is its successor. Its items are plain values: "a" to "d", of which "c" is a descriptor,
 * and "d" is large; where a test tags it, "counter", which the schema has, for which 'e' stands;
 * and values of which there are many.
 */
#pragma once

#include <ekiden/error.h>

#include "handover/early.h"
#include "handover/predecessor_private.h"
#include "probe_v1.ekiden.h"

#define EARLY_ITEMS "abcd"
#define EARLY_MANY (EK_EARLY_TAGGED_MAX + EK_EARLY_MAX)
#define EARLY_LARGE_BYTES 100000

/* The program's state. */
struct early_state {
        int64_t a, b;
        int c;
        struct {
                uint8_t *data;
                size_t size;
        } d;
        Probe__V1__Counter e;
        int64_t many[EARLY_MANY];
};

extern struct early_state early_state;
extern struct ekiden_error early_error;
extern struct ek_link *early_successor;
extern const struct ek_wait early_patience;

/** Tags "a" to "d", and makes a predecessor whose peer is `early_successor`. Fails the test. */
void early_begin(void);

/** Frees all of it. */
void early_end(void);

/** Tags an item by its letter. Fails the test. */
void early_tag(char item);

/** Tags one of the many. Fails the test. */
struct ek_tagged *early_tag_one_of_many(int i);

/** A tagged item, by its letter. */
struct ek_tagged *early_find(char item);

/** What an item has in it; of those that early_begin() makes 1 for "a", 2 for "b" and so on. */
int64_t early_number_in(char item);

/** Offers answers ahead of the question, as OFFER does. */
void early_offer(void);
