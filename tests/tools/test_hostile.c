/* SPDX-License-Identifier: MIT */
/* A process that sends what no process should: the tool ends, with a sentence, and harms nobody. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "scene.h"

TestSuite(hostile, .init = scene_directory_make, .fini = scene_directory_remove, .timeout = 120);

#define FRAME_MAX 512

/* A whole frame with an event, as it is on the wire. */
static size_t make_frame(uint8_t *frame, const Ekiden__Event *event)
{
        size_t size = ekiden__event__pack(event, frame + EK_FRAME_HEADER_SIZE);

        cr_assert_lt(size, FRAME_MAX - EK_FRAME_HEADER_SIZE);
        ek_frame_header_write(frame, EKIDEN__FRAME_KIND__EVENT, frame + EK_FRAME_HEADER_SIZE, size);
        return size + EK_FRAME_HEADER_SIZE;
}

static size_t make_committed_frame(uint8_t *frame)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        char point[] = "chat_loop";

        event.kind = EKIDEN__EVENT_KIND__COMMITTED;
        event.has_to_version = true;
        event.to_version = 2;
        event.update_point = point;
        return make_frame(frame, &event);
}

static void send_raw(struct scene *scene, const void *data, size_t size)
{
        (void)!send(ek_link_socket(scene->link), data, size, MSG_NOSIGNAL);
}

/* Sends bytes instead of an event, closes, and expects the exit status. */
static void expect_for(const void *data, size_t size, int exit_status)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        scene_send_seen(&scene);
        send_raw(&scene, data, size);
        shutdown(ek_link_socket(scene.link), SHUT_WR);
        scene_expect_exit(&scene, exit_status);
        cr_assert_not_null(strstr(scene.tool.errors, "ekiden-upgrade: "));
        scene_deinit(&scene);
}

static void expect_event_is_refused(const Ekiden__Event *event)
{
        uint8_t frame[FRAME_MAX];

        expect_for(frame, make_frame(frame, event), ekiden_error_exit_status(EKIDEN_EPROTOCOL));
}

Test(hostile, the_frame_that_is_mangled_below_is_a_success_when_it_is_whole)
{
        uint8_t frame[FRAME_MAX];
        struct scene scene;

        scene_start_upgrade(&scene);
        send_raw(&scene, frame, make_committed_frame(frame));
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}

Test(hostile, an_event_that_ends_at_any_byte_is_no_success)
{
        uint8_t frame[FRAME_MAX];
        size_t size = make_committed_frame(frame);

        for (size_t length = 0; length < size; length++)
                expect_for(frame, length, ekiden_error_exit_status(EKIDEN_EPEER));
}

Test(hostile, an_event_with_any_bit_flipped_is_no_success)
{
        uint8_t frame[FRAME_MAX];
        size_t size = make_committed_frame(frame);

        for (size_t bit = 0; bit < size * 8; bit++) {
                struct scene scene;

                frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
                scene_start_upgrade(&scene);
                send_raw(&scene, frame, size);
                shutdown(ek_link_socket(scene.link), SHUT_WR);
                tool_wait(&scene.tool);
                cr_assert(scene.tool.exit_status == 13 || scene.tool.exit_status == 15 ||
                                  scene.tool.exit_status == 17,
                          "bit %zu: %d", bit, scene.tool.exit_status);
                scene_deinit(&scene);
                frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
}

Test(hostile, an_event_that_comes_byte_by_byte_is_taken)
{
        uint8_t frame[FRAME_MAX];
        size_t size = make_committed_frame(frame);
        struct scene scene;

        scene_start_upgrade(&scene);
        for (size_t i = 0; i < size; i++) {
                send_raw(&scene, frame + i, 1);
                usleep(1000);
        }
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}

Test(hostile, frames_of_other_kinds_are_a_breach_of_the_protocol)
{
        static const uint16_t kinds[] = {0,
                                         EKIDEN__FRAME_KIND__OFFER,
                                         EKIDEN__FRAME_KIND__COMMIT,
                                         EKIDEN__FRAME_KIND__REQUEST,
                                         66,
                                         UINT16_MAX};
        uint8_t frame[FRAME_MAX];
        size_t size = make_committed_frame(frame);

        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                ek_frame_header_write(frame, kinds[i], frame + EK_FRAME_HEADER_SIZE,
                                      size - EK_FRAME_HEADER_SIZE);
                expect_for(frame, size, 15);
        }
}

Test(hostile, noise_is_a_failure)
{
        uint8_t noise[FRAME_MAX];

        srandom(4711);
        for (int round = 0; round < 50; round++) {
                struct scene scene;

                for (size_t i = 0; i < sizeof(noise); i++)
                        noise[i] = (uint8_t)random();
                scene_start_upgrade(&scene);
                send_raw(&scene, noise, sizeof(noise));
                shutdown(ek_link_socket(scene.link), SHUT_WR);
                tool_wait(&scene.tool);
                cr_assert_gt(scene.tool.exit_status, 0);
                scene_deinit(&scene);
        }
}

Test(hostile, payloads_that_are_no_message_are_a_breach_of_the_protocol)
{
        uint8_t frame[FRAME_MAX];

        srandom(4720);
        for (int round = 0; round < 50; round++) {
                uint8_t *payload = frame + EK_FRAME_HEADER_SIZE;
                size_t size = (size_t)random() % 64;

                for (size_t i = 0; i < size; i++)
                        payload[i] = (uint8_t)random();
                if (size > 0)
                        payload[0] = 0x0f; /* a wire type that does not exist */
                ek_frame_header_write(frame, EKIDEN__FRAME_KIND__EVENT, payload, size);
                expect_for(frame, size + EK_FRAME_HEADER_SIZE, 15);
        }
}

Test(hostile, a_phase_that_is_none_is_a_breach_of_the_protocol)
{
        static const uint32_t phases[] = {0, 9, UINT32_MAX};
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        event.kind = EKIDEN__EVENT_KIND__PHASE;
        expect_event_is_refused(&event);
        event.has_phase = true;
        for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
                event.phase = phases[i];
                expect_event_is_refused(&event);
        }
}

Test(hostile, a_phase_that_goes_back_is_a_breach_of_the_protocol)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        scene_send_phase(&scene, EKIDEN_PHASE_WARM);
        scene_expect_exit(&scene, 15);
        scene_deinit(&scene);
}

Test(hostile, a_status_that_nobody_asked_for_is_a_breach_of_the_protocol)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        event.kind = EKIDEN__EVENT_KIND__STATUS;
        expect_event_is_refused(&event);
}

Test(hostile, events_of_a_later_library_are_passed_over)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        struct scene scene;

        scene_start_upgrade(&scene);
        event.kind = (Ekiden__EventKind)99;
        scene_send(&scene, &event);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}

/* Sends bytes, and beside them a descriptor. */
static void send_with_descriptor(struct scene *scene, void *data, size_t size)
{
        union {
                struct cmsghdr alignment;
                char bytes[CMSG_SPACE(sizeof(int))];
        } control = {0};
        struct iovec part = {data, size};
        struct msghdr message = {
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = control.bytes,
                .msg_controllen = sizeof(control.bytes),
        };
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        int descriptor = STDIN_FILENO;

        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
        cr_assert_eq(sendmsg(ek_link_socket(scene->link), &message, MSG_NOSIGNAL), (ssize_t)size);
}

Test(hostile, descriptors_that_nobody_asked_for_are_a_breach_of_the_protocol)
{
        uint8_t frame[FRAME_MAX];
        struct scene scene;

        scene_start_upgrade(&scene);
        send_with_descriptor(&scene, frame, make_committed_frame(frame));
        scene_expect_exit(&scene, 15);
        scene_deinit(&scene);
}

Test(hostile, no_sentence_moves_the_operators_cursor)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        scene_send_failed(&scene, EKIDEN_EREFUSED,
                          "a\033]0;title\a\r\n\xc2\x9b"
                          "31m\u202e");
        scene_expect_exit(&scene, 12);
        cr_assert_not_null(strstr(scene.tool.errors, "reason  a?]0;title????31m?\n"), "%s",
                           scene.tool.errors);
        scene_deinit(&scene);
}

Test(hostile, a_sentence_without_end_is_cut)
{
        static char sentence[100000];
        struct scene scene;

        memset(sentence, 'x', sizeof(sentence) - 1);
        scene_start_upgrade(&scene);
        scene_send_failed(&scene, EKIDEN_EREFUSED, sentence);
        scene_expect_exit(&scene, 12);
        cr_assert_lt(strlen(scene.tool.errors), 2000);
        scene_deinit(&scene);
}

Test(hostile, figures_at_their_limits_are_printed)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        struct scene scene;

        event.kind = EKIDEN__EVENT_KIND__COMMITTED;
        event.elapsed_us = UINT64_MAX;
        event.has_from_version = event.has_to_version = event.has_successor_pid = true;
        event.from_version = event.to_version = UINT32_MAX;
        event.successor_pid = INT32_MIN;
        event.has_records = event.has_bytes = event.has_descriptors = event.has_pause_us = true;
        event.records = event.bytes = event.descriptors = event.pause_us = UINT64_MAX;
        scene_start_upgrade(&scene);
        scene_send(&scene, &event);
        scene_expect_exit(&scene, 0);
        cr_assert_not_null(strstr(scene.tool.printed, "v4294967295"), "%s", scene.tool.printed);
        scene_deinit(&scene);
}
