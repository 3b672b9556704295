/* SPDX-License-Identifier: MIT */
/*
 * The digest of an item: whether two processes, or a process and a snapshot, have the same state,
 * told by 16 bytes. It is a sum over the records, so the order in which they come does not matter:
 * a hash table may iterate in another one in each process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ekiden/schema.h>

#include "ekiden/handover.pb-c.h"

struct ek_digest {
        uint64_t low, high;
};

/* What stands for a descriptor, whose number means nothing elsewhere. */
enum ek_digest_kind {
        EK_DIGEST_NONE = 0, /* no digest is made */
        EK_DIGEST_LIVE, /* what it leads to: device and inode */
        EK_DIGEST_SNAPSHOT, /* 1: that there is one */
};

/**
 * Adds a record or an object that holds no descriptor, as packed.
 *
 * @param tag  0 for a record of an item, for an object its tag on the wire: so one that was an
 * entry and now is only pointed to makes a difference
 */
void ek_digest_add_packed(struct ek_digest *digest, uint64_t tag, const uint8_t *packed,
                          size_t size_bytes);

/**
 * Adds one that may hold descriptors.
 *
 * @param kind    never EK_DIGEST_NONE
 * @param record  its descriptors are the process's own, -1 for none; unchanged afterwards
 * @return 0, ENOMEM, or ELIMIT for messages nested over 100 deep
 */
int ek_digest_add(struct ek_digest *digest, enum ek_digest_kind kind,
                  const struct ekiden_message *type, uint64_t tag, ProtobufCMessage *record);

/** As ek_digest_add() for EK_DIGEST_SNAPSHOT, where the descriptors are still the numbers that they
    have in the stream, 0 for none. */
int ek_digest_add_numbered(struct ek_digest *digest, const struct ekiden_message *type,
                           uint64_t tag, ProtobufCMessage *record);

/** A number, 1 … 2^31 - 1, of what a descriptor leads to: the same in any process that has it. */
int32_t ek_digest_of_descriptor(int descriptor);

bool ek_digest_equals(const struct ek_digest *one, const struct ek_digest *other);

/** As it is on the wire. */
Ekiden__Digest ek_digest_message(const struct ek_digest *digest);
struct ek_digest ek_digest_of_message(const Ekiden__Digest *message);
