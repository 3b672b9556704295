/* SPDX-License-Identifier: MIT */
/* See capture.h. */
#include "capture.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ekiden/handover.pb-c.h"
#include "wire/descriptors.h"

struct ekiden_objects *replay_objects;

static const struct ek_wait patient = {.idle_ms = LONG_MS};

struct exporter {
        const struct ek_tagged *tagged;
        struct ek_link *link;
        struct ekiden_error error;
        int result;
};

static void *export_item(void *data)
{
        struct exporter *exporter = data;
        struct ek_export export_ = {.link = exporter->link, .wait = &patient};

        exporter->result = ek_export_item(&export_, exporter->tagged, &exporter->error);
        if (exporter->result == 0)
                exporter->result = ek_link_flush(exporter->link, &patient);
        ek_objects_free(export_.objects);
        shutdown(ek_link_socket(exporter->link), SHUT_WR);
        return NULL;
}

void keep_frame(struct captured_frame *ret_kept, struct ek_link *link, const struct ek_frame *frame)
{
        ret_kept->kind = frame->kind;
        ret_kept->size = frame->size;
        ret_kept->payload = malloc(frame->size + 1);
        cr_assert_not_null(ret_kept->payload);
        memcpy(ret_kept->payload, frame->payload, frame->size);
        ret_kept->descriptor_count = 0;
        if (frame->kind != EKIDEN__FRAME_KIND__DESCRIPTORS)
                return;
        ret_kept->descriptor_count =
                (size_t)ek_link_take_descriptors(link, frame, ret_kept->descriptors);
        cr_assert_eq(ek_link_send(link, EKIDEN__FRAME_KIND__RECEIVED, NULL, 0, &patient), 0);
}

void capture_item(const struct ek_tagged *tagged, struct capture *ret_capture)
{
        struct exporter exporter = {.tagged = tagged};
        struct ek_link *links[2];
        struct ek_frame frame;
        pthread_t thread;

        ret_capture->count = 0;
        two_links(links);
        exporter.link = links[0];
        cr_assert_eq(pthread_create(&thread, NULL, export_item, &exporter), 0);
        while (ek_link_receive(links[1], &patient, &frame) == 0) {
                cr_assert_lt(ret_capture->count, CAPTURED_FRAMES_MAX);
                keep_frame(&ret_capture->frames[ret_capture->count++], links[1], &frame);
        }
        cr_assert_eq(pthread_join(thread, NULL), 0);
        cr_assert_eq(exporter.result, 0, "%s", exporter.error.sentence);
        ek_link_free(links[0]);
        ek_link_free(links[1]);
}

void free_capture(struct capture *capture)
{
        for (size_t i = 0; i < capture->count; i++) {
                for (size_t k = 0; k < capture->frames[i].descriptor_count; k++)
                        close(capture->frames[i].descriptors[k]);
                free(capture->frames[i].payload);
        }
        capture->count = 0;
}

/* Sends the first `bytes_max` bytes of a frame, with its descriptors. How many there were. */
static size_t send_frame(int socket, const struct captured_frame *frame, size_t bytes_max)
{
        uint8_t header[EK_FRAME_HEADER_SIZE];
        union ek_descriptor_control control;
        struct iovec parts[2] = {{header, sizeof(header)}, {frame->payload, frame->size}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

        ek_frame_header_write(header, frame->kind, frame->payload, frame->size);
        if (bytes_max < sizeof(header))
                parts[0].iov_len = bytes_max;
        if (bytes_max < sizeof(header) + frame->size)
                parts[1].iov_len = bytes_max < sizeof(header) ? 0 : bytes_max - sizeof(header);
        if (frame->descriptor_count > 0)
                ek_descriptors_attach(&message, &control, frame->descriptors,
                                      frame->descriptor_count);
        if (parts[0].iov_len > 0)
                cr_assert_eq(sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT),
                             (ssize_t)(parts[0].iov_len + parts[1].iov_len));
        return parts[0].iov_len + parts[1].iov_len;
}

static struct ek_link *send_frames(const struct capture *capture, size_t bytes_max, int *ret_peer)
{
        struct ek_link *link = link_and_peer(ret_peer);

        for (size_t i = 0; i < capture->count; i++)
                bytes_max -= send_frame(*ret_peer, &capture->frames[i], bytes_max);
        shutdown(*ret_peer, SHUT_WR);
        return link;
}

int replay(const struct capture *capture, size_t bytes_max, const struct ek_tagged *tagged,
           const struct ek_route *route, struct ekiden_error *error)
{
        int peer, r;
        struct ek_link *link = send_frames(capture, bytes_max, &peer);

        memset(error, 0, sizeof(*error));
        r = ek_import_item(link, &patient, tagged, route, replay_objects, error);
        ek_link_free(link);
        close(peer);
        return r;
}

int replay_to(const struct ek_visitor *visitor, const struct capture *capture,
              const struct ekiden_item *source, const struct ekiden_schema *from,
              struct ekiden_error *error)
{
        int peer, r;
        struct ek_link *link = send_frames(capture, SIZE_MAX, &peer);

        r = ek_import_visit(link, &patient, source, from, visitor, error);
        ek_link_free(link);
        close(peer);
        return r;
}

size_t captured_bytes(const struct capture *capture)
{
        size_t size = 0;

        for (size_t i = 0; i < capture->count; i++)
                size += EK_FRAME_HEADER_SIZE + capture->frames[i].size;
        return size;
}
