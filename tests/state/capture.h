/* SPDX-License-Identifier: MIT */
/* An item's frames as they went over the wire, to look at, to damage, and to send again. */
#pragma once

#include "exchange.h"

#define CAPTURED_FRAMES_MAX 16

struct captured_frame {
        uint16_t kind;
        uint8_t *payload;
        size_t size;
        int descriptors[EK_DESCRIPTORS_MAX];
        size_t descriptor_count;
};

struct capture {
        struct captured_frame frames[CAPTURED_FRAMES_MAX];
        size_t count;
};

/** The importing side's objects in a replay; NULL: the item has none. */
extern struct ekiden_objects *replay_objects;

/** Keeps a frame that was received; what came with it is acknowledged, as an importing side does.
 */
void keep_frame(struct captured_frame *ret_kept, struct ek_link *link,
                const struct ek_frame *frame);

/** Exports an item and keeps what is sent. */
void capture_item(const struct ek_tagged *tagged, struct capture *ret_capture);

/** Frees it and closes its descriptors. */
void free_capture(struct capture *capture);

/**
 * Sends the frames again, checksums made anew, and imports them.
 *
 * @param bytes_max  only so many bytes of all frames are sent, then the sender closes
 * @return what ek_import_item() returned
 */
int replay(const struct capture *capture, size_t bytes_max, const struct ek_tagged *tagged,
           const struct ek_route *route, struct ekiden_error *error);

/** Sends them again, and shows them to a visitor: what ek_import_visit() returned. */
int replay_to(const struct ek_visitor *visitor, const struct capture *capture,
              const struct ekiden_item *source, const struct ekiden_schema *from,
              struct ekiden_error *error);

/** How many bytes all its frames have on the wire. */
size_t captured_bytes(const struct capture *capture);
