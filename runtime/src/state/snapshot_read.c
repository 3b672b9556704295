/* SPDX-License-Identifier: MIT */
/* See snapshot_read.h. What an item is made of is in snapshot_index.c. */
#include "state/snapshot_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/snapshot_private.h"
#include "utf8.h"
#include "wire/cleanup.h"

int ek_snapshot_damaged(const struct ek_snapshot *snapshot, const char *what,
                        struct ekiden_error *error)
{
        return ekiden_error_set(
                error, EKIDEN_EPROTOCOL,
                "the snapshot is damaged in the frame that begins at byte %llu: %s; "
                "take another one",
                (unsigned long long)snapshot->frame_offset, what);
}

int ek_snapshot_receive(struct ek_snapshot *snapshot, struct ek_frame *ret_frame,
                        struct ekiden_error *error)
{
        int r;

        snapshot->frame_offset = ek_link_offset(snapshot->link);
        r = ek_link_receive(snapshot->link, NULL, ret_frame);
        switch (r) {
        case 0:
                return 0;
        case EKIDEN_EPEER:
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the snapshot ends in the middle, at byte %llu: it is half "
                                        "a file; copy it again, or take another one",
                                        (unsigned long long)snapshot->size_bytes);
        case EKIDEN_EPROTOCOL:
                return ek_snapshot_damaged(snapshot, "a frame's checksum is wrong", error);
        case EKIDEN_ELIMIT:
                return ek_snapshot_damaged(snapshot, "a frame is too long", error);
        case EKIDEN_ESYSTEM:
                return ekiden_error_set_errno(error, r, errno, "the snapshot cannot be read");
        default:
                return ekiden_error_set(error, r, "%s", ekiden_error_text(r));
        }
}

int ek_snapshot_message(struct ek_snapshot *snapshot, const struct ek_frame *frame,
                        const ProtobufCMessageDescriptor *descriptor,
                        ProtobufCMessage **ret_message, struct ekiden_error *error)
{
        int r;

        if (frame->kind != EKIDEN__FRAME_KIND__SNAPSHOT &&
            frame->size > EK_SNAPSHOT_SMALL_FRAME_MAX)
                return ek_snapshot_damaged(snapshot, "a frame is too long for its kind", error);
        r = ek_frame_message(frame, descriptor, ret_message);
        if (r == EKIDEN_ENOMEM)
                return ekiden_error_set(error, r, "memory ran out while reading the snapshot");
        return r < 0 ? ek_snapshot_damaged(snapshot, "a frame is malformed", error) : 0;
}

bool ek_snapshot_is_name(const char *name)
{
        size_t length = strnlen(name, EKIDEN_NAME_MAX + 1);

        return length > 0 && length <= EKIDEN_NAME_MAX && !ek_utf8_has_control(name);
}

static int check_header(struct ek_snapshot *snapshot, struct ekiden_error *error)
{
        const Ekiden__Snapshot *header = snapshot->header;

        if (header->format != EK_SNAPSHOT_FORMAT)
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the snapshot has format %u, and this library reads format "
                                        "%d; use a newer one",
                                        header->format, EK_SNAPSHOT_FORMAT);
        if (!ek_snapshot_is_name(header->program) || header->schema->version == 0 ||
            header->schema->fingerprint.len != EKIDEN_FINGERPRINT_SIZE)
                return ek_snapshot_damaged(snapshot, "it does not say what it is of", error);
        return 0;
}

static int read_header(struct ek_snapshot *snapshot, struct ekiden_error *error)
{
        ProtobufCMessage *unpacked;
        struct ek_frame frame;
        int r;

        ek_link_limit(snapshot->link, EK_SNAPSHOT_HEADER_MAX);
        r = ek_snapshot_receive(snapshot, &frame, error);
        if (r < 0)
                return r;
        if (frame.kind != EKIDEN__FRAME_KIND__SNAPSHOT)
                return ek_snapshot_damaged(snapshot, "it has no beginning", error);
        r = ek_snapshot_message(snapshot, &frame, &ekiden__snapshot__descriptor, &unpacked, error);
        if (r < 0)
                return r;
        snapshot->header = (Ekiden__Snapshot *)unpacked;
        ek_link_limit(snapshot->link, EK_FRAME_PAYLOAD_MAX);
        return check_header(snapshot, error);
}

static int check_end(struct ek_snapshot *snapshot, const struct ek_frame *frame,
                     struct ekiden_error *error)
{
        const struct ek_count *total = &snapshot->total;
        const Ekiden__SnapshotEnd *end;
        ProtobufCMessage *unpacked;
        int r = ek_snapshot_message(snapshot, frame, &ekiden__snapshot_end__descriptor, &unpacked,
                                    error);

        if (r < 0)
                return r;
        end = (const Ekiden__SnapshotEnd *)unpacked;
        if (end->items != snapshot->item_count || end->records != total->records ||
            end->objects != total->objects || end->bytes != total->bytes ||
            end->descriptors != total->descriptors)
                r = ek_snapshot_damaged(snapshot, "its figures are not those of its items", error);
        else if (ek_link_offset(snapshot->link) != snapshot->size_bytes)
                r = ek_snapshot_damaged(snapshot, "something comes behind its end", error);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

static int read_items(struct ek_snapshot *snapshot, struct ekiden_error *error)
{
        for (;;) {
                uint64_t offset = ek_link_offset(snapshot->link);
                struct ek_frame frame;
                int r = ek_snapshot_receive(snapshot, &frame, error);

                if (r < 0)
                        return r;
                if (frame.kind == EKIDEN__FRAME_KIND__SNAPSHOT_END)
                        return check_end(snapshot, &frame, error);
                if (frame.kind != EKIDEN__FRAME_KIND__ITEM)
                        return ek_snapshot_damaged(snapshot, "no item begins where one should",
                                                   error);
                r = ek_snapshot_index_item(snapshot, &frame, offset, error);
                if (r < 0)
                        return r;
        }
}

static int check_magic(int file, struct ekiden_error *error)
{
        char magic[EK_SNAPSHOT_MAGIC_SIZE];
        ssize_t n;

        do
                n = pread(file, magic, sizeof(magic), 0);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "the snapshot cannot be read");
        if (n != sizeof(magic) || memcmp(magic, EK_SNAPSHOT_MAGIC, sizeof(magic)) != 0)
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the file is not a snapshot of Ekiden, or was copied as "
                                        "if it were text");
        return 0;
}

static int open_link(int file, struct ek_snapshot *snapshot, struct ekiden_error *error)
{
        ek_auto_close int fd = file;
        struct stat status;
        int r;

        if (fstat(fd, &status) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "the snapshot cannot be read");
        if (!S_ISREG(status.st_mode))
                return ekiden_error_set(error, EKIDEN_EINVAL,
                                        "a snapshot is a regular file, and this is none");
        snapshot->size_bytes = (uint64_t)status.st_size;
        r = check_magic(fd, error);
        if (r < 0)
                return r;
        r = ek_link_new_file(ek_steal_fd(&fd), &snapshot->link);
        ek_link_keep_secret(snapshot->link); /* whether it has any is known when it is too late */
        if (r == 0)
                r = ek_link_seek(snapshot->link, EK_SNAPSHOT_MAGIC_SIZE);
        return r < 0 ? ekiden_error_set(error, r, "the snapshot cannot be read: %s",
                                        ekiden_error_text(r))
                     : 0;
}

int ek_snapshot_open(int file, struct ek_snapshot *ret_snapshot, struct ekiden_error *error)
{
        struct ek_snapshot snapshot = {0};
        int r = open_link(file, &snapshot, error);

        if (r == 0)
                r = read_header(&snapshot, error);
        if (r == 0)
                r = read_items(&snapshot, error);
        if (r == 0)
                r = ek_snapshot_sort(&snapshot, error);
        if (r < 0)
                ek_snapshot_close(&snapshot);
        *ret_snapshot = snapshot;
        return r;
}

int ek_snapshot_seek(struct ek_snapshot *snapshot, const struct ek_snapshot_item *item)
{
        ek_link_seek_beside(snapshot->link, item->first_descriptor);
        return ek_link_seek(snapshot->link, item->offset);
}

void ek_snapshot_close(struct ek_snapshot *snapshot)
{
        for (size_t i = 0; i < snapshot->item_count; i++)
                free(snapshot->items[i].message);
        free(snapshot->items);
        free(snapshot->by_name);
        if (snapshot->header)
                protobuf_c_message_free_unpacked(&snapshot->header->base, NULL);
        ek_link_free(snapshot->link);
        *snapshot = (struct ek_snapshot){0};
}
