/* SPDX-License-Identifier: MIT */
/*
 * A capture: what a released version sent when its state was pulled from it, byte for byte, in a
 * file that is kept for good. NAME.frames holds the predecessor's frames: OFFER, PAUSED, and each
 * item's from ITEM to END; NAME.descriptors says of each descriptor what it was, a line for each:
 * "listener", "connection", or "duplicate N" of an earlier one, which count from 0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "wire/link.h"

#define CAPTURED_DESCRIPTORS_MAX 64

enum captured_kind {
        CAPTURED_LISTENER,
        CAPTURED_CONNECTION,
        CAPTURED_DUPLICATE,
};

struct captured_descriptor {
        enum captured_kind kind;
        size_t of; /* DUPLICATE: index of the other one */
};

struct capture {
        uint8_t *bytes; /* all of NAME.frames */
        size_t size;
        struct captured_descriptor descriptors[CAPTURED_DESCRIPTORS_MAX];
        size_t descriptor_count;
};

/** Appends a frame to a file. */
bool capture_write(FILE *frames, const struct ek_frame *frame);

/** Reads NAME.frames and NAME.descriptors. */
bool capture_read(const char *name, struct capture *ret_capture);

void capture_free(struct capture *capture);

/**
 * The frame at an offset, which moves behind it.
 *
 * @return false: the end, or not a frame; then *offset is not the capture's size
 */
bool capture_next(const struct capture *capture, size_t *offset, struct ek_frame *ret_frame);
