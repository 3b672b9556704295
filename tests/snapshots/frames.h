/* SPDX-License-Identifier: MIT */
/* A snapshot in memory, as its frames: so that a test can take them out, and change and double
 * them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "wire/link.h"

#define FRAMES_MAX 64

struct frames {
        struct ek_frame all[FRAMES_MAX]; /* their payloads are from malloc() */
        size_t count;
};

/** Reads a file's frames. Fails the test if it is not a snapshot. */
struct frames frames_read(const char *path);
void frames_free(struct frames *frames);

/** Puts a copy of a frame at a place. */
void frames_insert(struct frames *frames, size_t at, struct ek_frame frame);
void frames_remove(struct frames *frames, size_t at);

/** The place of the first frame of this kind at or behind `from`; `count` where there is none. */
size_t frames_find(const struct frames *frames, uint16_t kind, size_t from);

/** Its message, unpacked; and a message in its place, which is freed. */
void *frames_message(const struct frames *frames, size_t at,
                     const ProtobufCMessageDescriptor *descriptor);
void frames_replace(struct frames *frames, size_t at, ProtobufCMessage *message);

/** A memfd with the magic and the frames; the caller owns it. */
int frames_file(const struct frames *frames);

/** A memfd with these bytes; the caller owns it. */
int file_of(const void *bytes, size_t size_bytes);
