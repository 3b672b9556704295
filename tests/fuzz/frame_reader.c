/* SPDX-License-Identifier: MIT */
/*
 * Target "frame_reader": any bytes, in pieces of any size, with descriptors where nobody expects
 * them, into a link. It must give the frames that are there, in order, and no others; judged by a
 * second reader, which is as simple as can be.
 *
 * The last byte of an input says how large the pieces are.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "peer.h"
#include "reference_crc32c.h"
#include "wire/descriptors.h"

#define PAYLOAD_MAX 4096

struct stream {
        const uint8_t *data;
        size_t size, offset; /* of what was sent; of the next frame */
        int error; /* of the frame that comes next; 0: none known */
};

static uint32_t read_le32(const uint8_t *bytes)
{
        return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
               (uint32_t)bytes[3] << 24;
}

/* Whether a whole frame is there; its bytes are then at `offset`, as they were before. */
static int has_frame(struct stream *stream)
{
        const uint8_t *at = stream->data + stream->offset;
        size_t left = stream->size - stream->offset;
        uint8_t copy[8 + PAYLOAD_MAX];
        uint32_t length;

        if (stream->error != 0 || left < 12)
                return 0;
        length = read_le32(at);
        if (at[6] != 0 || at[7] != 0)
                stream->error = EKIDEN_EPROTOCOL;
        else if (length > PAYLOAD_MAX)
                stream->error = EKIDEN_ELIMIT;
        if (stream->error != 0 || left - 12 < length)
                return 0;
        memcpy(copy, at, 8);
        memcpy(copy + 8, at + 12, length);
        if (read_le32(at + 8) != reference_crc32c(copy, 8 + length))
                stream->error = EKIDEN_EPROTOCOL;
        return stream->error == 0;
}

static void take_descriptors(struct ek_link *link, const struct ek_frame *frame)
{
        int taken[EK_DESCRIPTORS_MAX];
        size_t before = ek_link_untaken(link);
        int count = ek_link_take_descriptors(link, frame, taken);

        expect(count != 0);
        expect(ek_link_untaken(link) == before - (size_t)(count > 0 ? count : 0));
        for (int i = 0; i < count; i++)
                expect(close(taken[i]) == 0);
}

static void expect_same(const struct stream *stream, const struct ek_frame *frame)
{
        const uint8_t *at = stream->data + stream->offset;

        expect(frame->size == read_le32(at));
        expect(frame->kind == (at[4] | at[5] << 8));
        expect(frame->size == 0 || memcmp(frame->payload, at + 12, frame->size) == 0);
}

/* All frames that are there by now. Returns what the link answered in the end. */
static int read_frames(struct ek_link *link, struct stream *stream)
{
        struct ek_frame frame;
        int r;

        while (has_frame(stream)) {
                r = ek_link_receive(link, NULL, &frame);
                expect(r == 0);
                expect_same(stream, &frame);
                if (frame.kind == EKIDEN__FRAME_KIND__DESCRIPTORS)
                        take_descriptors(link, &frame);
                stream->offset += 12 + frame.size;
        }
        r = ek_link_receive(link, NULL, &frame);
        expect(r < 0);
        expect(stream->error == 0 || r == stream->error);
        return r;
}

static void send_piece(int peer, const uint8_t *bytes, size_t size, int descriptor)
{
        union ek_descriptor_control control;
        struct iovec part = {(void *)(uintptr_t)bytes, size};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

        if (descriptor >= 0)
                ek_descriptors_attach(&message, &control, &descriptor, 1);
        expect(sendmsg(peer, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size);
}

static void run(struct ek_link *link, int peer, struct stream *stream, size_t size)
{
        size_t step = 16 + stream->data[size - 1] * (size_t)8;
        int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
        int r = EKIDEN_ETIMEOUT;

        for (size_t i = 0; stream->size < size && r == EKIDEN_ETIMEOUT; i++) {
                size_t piece = size - stream->size < step ? size - stream->size : step;

                send_piece(peer, stream->data + stream->size, piece, i % 3 == 1 ? nothing : -1);
                stream->size += piece;
                r = read_frames(link, stream);
        }
        peer_end(peer);
        if (r == EKIDEN_ETIMEOUT) {
                expect(read_frames(link, stream) == EKIDEN_EPEER);
                target_succeeded();
        }
        close(nothing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct stream stream = {.data = data};
        struct ek_link *link;
        int ours, peer, before = open_descriptors();

        if (size == 0 || size > 8192)
                return 0;
        peer_sockets(&ours, &peer);
        expect(ek_link_new(ours, &link) == 0);
        ek_link_limit(link, PAYLOAD_MAX);
        run(link, peer, &stream, size);
        ek_link_free(link);
        close(peer);
        expect(open_descriptors() == before);
        return 0;
}
