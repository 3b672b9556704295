/* SPDX-License-Identifier: MIT */
/* What snapshot_read.c and snapshot_index.c share. */
#pragma once

#include "state/snapshot_read.h"

/* Bytes of any frame but SNAPSHOT, BATCH and OBJECTS. A group of descriptors, each with its
   description, is the longest. */
#define EK_SNAPSHOT_SMALL_FRAME_MAX (UINT32_C(64) << 10)

/** Says where the file is damaged: EPROTOCOL. */
int ek_snapshot_damaged(const struct ek_snapshot *snapshot, const char *what,
                        struct ekiden_error *error);

/** The next frame; the end of the file is an error. */
int ek_snapshot_receive(struct ek_snapshot *snapshot, struct ek_frame *ret_frame,
                        struct ekiden_error *error);

/** Unpacks a frame's message with malloc(). */
int ek_snapshot_message(struct ek_snapshot *snapshot, const struct ek_frame *frame,
                        const ProtobufCMessageDescriptor *descriptor,
                        ProtobufCMessage **ret_message, struct ekiden_error *error);

/** Whether it is a name that a program or an item may have. */
bool ek_snapshot_is_name(const char *name);

/** Reads an item to its end, and takes it into the index. `frame` is its ITEM, at `offset`. */
int ek_snapshot_index_item(struct ek_snapshot *snapshot, const struct ek_frame *frame,
                           uint64_t offset, struct ekiden_error *error);

/** Makes ek_snapshot_find() possible: 0; EPROTOCOL (two items of one name), ENOMEM. */
int ek_snapshot_sort(struct ek_snapshot *snapshot, struct ekiden_error *error);
