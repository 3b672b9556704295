/* SPDX-License-Identifier: MIT */
/* See frames.h. */
#include "frames.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "state/snapshot_read.h"

static struct ek_frame copy_of(const struct ek_frame *frame)
{
        uint8_t *payload = malloc(frame->size + 1);

        cr_assert(payload);
        if (frame->size > 0)
                memcpy(payload, frame->payload, frame->size);
        return (struct ek_frame){.kind = frame->kind, .payload = payload, .size = frame->size};
}

struct frames frames_read(const char *path)
{
        struct frames frames = {0};
        struct ek_frame frame;
        struct ek_link *link;

        cr_assert_eq(ek_link_new_file(open(path, O_RDONLY | O_CLOEXEC), &link), 0, "no %s", path);
        cr_assert_eq(ek_link_seek(link, EK_SNAPSHOT_MAGIC_SIZE), 0);
        while (ek_link_receive(link, NULL, &frame) == 0) {
                cr_assert_lt(frames.count, (size_t)FRAMES_MAX);
                frames.all[frames.count++] = copy_of(&frame);
        }
        ek_link_free(link);
        cr_assert_gt(frames.count, 2u);
        return frames;
}

void frames_free(struct frames *frames)
{
        for (size_t i = 0; i < frames->count; i++)
                free((void *)(uintptr_t)frames->all[i].payload);
        frames->count = 0;
}

void frames_insert(struct frames *frames, size_t at, struct ek_frame frame)
{
        cr_assert_lt(frames->count, (size_t)FRAMES_MAX);
        memmove(&frames->all[at + 1], &frames->all[at],
                (frames->count - at) * sizeof(frames->all[0]));
        frames->all[at] = copy_of(&frame);
        frames->count++;
}

void frames_remove(struct frames *frames, size_t at)
{
        free((void *)(uintptr_t)frames->all[at].payload);
        frames->count--;
        memmove(&frames->all[at], &frames->all[at + 1],
                (frames->count - at) * sizeof(frames->all[0]));
}

size_t frames_find(const struct frames *frames, uint16_t kind, size_t from)
{
        while (from < frames->count && frames->all[from].kind != kind)
                from++;
        return from;
}

void *frames_message(const struct frames *frames, size_t at,
                     const ProtobufCMessageDescriptor *descriptor)
{
        ProtobufCMessage *message;

        cr_assert_lt(at, frames->count);
        cr_assert_eq(ek_frame_message(&frames->all[at], descriptor, &message), 0);
        return message;
}

void frames_replace(struct frames *frames, size_t at, ProtobufCMessage *message)
{
        size_t size = protobuf_c_message_get_packed_size(message);
        uint8_t *payload = malloc(size + 1);

        cr_assert(payload);
        protobuf_c_message_pack(message, payload);
        protobuf_c_message_free_unpacked(message, NULL);
        free((void *)(uintptr_t)frames->all[at].payload);
        frames->all[at].payload = payload;
        frames->all[at].size = size;
}

int file_of(const void *bytes, size_t size_bytes)
{
        int fd = memfd_create("snapshot", MFD_CLOEXEC);

        cr_assert_geq(fd, 0);
        cr_assert_eq(write(fd, bytes, size_bytes), (ssize_t)size_bytes);
        return fd;
}

int frames_file(const struct frames *frames)
{
        int fd = file_of(EK_SNAPSHOT_MAGIC, EK_SNAPSHOT_MAGIC_SIZE);
        struct ek_link *link;

        cr_assert_eq(ek_link_new_file(fcntl(fd, F_DUPFD_CLOEXEC, 0), &link), 0);
        for (size_t i = 0; i < frames->count; i++)
                cr_assert_eq(ek_link_send(link, frames->all[i].kind, frames->all[i].payload,
                                          frames->all[i].size, NULL),
                             0);
        ek_link_free(link);
        return fd;
}
