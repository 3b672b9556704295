/* SPDX-License-Identifier: MIT */
/* A link over a file: the same frames, no waiting, no descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "open_descriptors.h"
#include "wire/link.h"

#define KIND 9

static struct ek_link *new_link(int file)
{
        struct ek_link *link;

        cr_assert_eq(ek_link_new_file(file, &link), 0);
        cr_assert(ek_link_is_file(link));
        return link;
}

static struct ek_link *empty_link(void)
{
        return new_link(memfd_create("frames", MFD_CLOEXEC));
}

LeakTest(link_file, reads_what_was_written_from_any_frame_on)
{
        static const size_t sizes[] = {0, 1, 100, 4000, 5000, 70000, 3 << 20, 2};
        struct ek_link *link = empty_link();
        uint8_t *payload = malloc(3 << 20);
        uint64_t offsets[8];
        struct ek_frame frame;

        cr_assert(payload);
        for (size_t i = 0; i < 8; i++) {
                memset(payload, (int)i, sizes[i]);
                cr_assert_eq(ek_link_queue(link, KIND, payload, sizes[i], NULL), 0);
        }
        cr_assert_eq(ek_link_flush(link, NULL), 0);
        cr_assert_eq(ek_link_seek(link, 0), 0);
        for (size_t i = 0; i < 8; i++) {
                offsets[i] = ek_link_offset(link);
                cr_assert_eq(ek_link_receive(link, NULL, &frame), 0);
                cr_assert_eq(frame.size, sizes[i]);
                cr_assert_eq(offsets[i], i == 0 ? 0 : offsets[i - 1] + 12 + sizes[i - 1]);
        }
        cr_assert_eq(ek_link_receive(link, NULL, &frame), EKIDEN_EPEER, "the end of the file");
        for (size_t i = 8; i-- > 0;) {
                cr_assert_eq(ek_link_seek(link, offsets[i]), 0);
                cr_assert_eq(ek_link_receive(link, NULL, &frame), 0);
                cr_assert_eq(frame.size, sizes[i]);
                cr_assert(frame.size == 0 || frame.payload[frame.size - 1] == (uint8_t)i);
        }
        free(payload);
        ek_link_free(link);
}

LeakTest(link_file, takes_the_end_in_the_middle_of_a_frame_for_the_peers_end)
{
        for (int length = 1; length < 12 + 100; length++) {
                int file = memfd_create("frames", MFD_CLOEXEC);
                struct ek_link *link = new_link(fcntl(file, F_DUPFD_CLOEXEC, 0));
                uint8_t payload[100] = {0};
                struct ek_frame frame;

                cr_assert_eq(ek_link_send(link, KIND, payload, sizeof(payload), NULL), 0);
                cr_assert_eq(ftruncate(file, length), 0);
                cr_assert_eq(ek_link_seek(link, 0), 0);
                cr_assert_eq(ek_link_receive(link, NULL, &frame), EKIDEN_EPEER, "at %d", length);
                ek_link_free(link);
                close(file);
        }
}

LeakTest(link_file, says_why_a_frame_could_not_be_written)
{
        const struct rlimit small = {.rlim_cur = 1000, .rlim_max = RLIM_INFINITY};
        char path[] = "/tmp/ekiden-test-XXXXXX";
        struct ek_link *link = new_link(mkstemp(path));
        uint8_t payload[2000] = {0};
        struct rlimit before;

        unlink(path);
        getrlimit(RLIMIT_FSIZE, &before);
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
        cr_assert_eq(ek_link_send(link, KIND, payload, sizeof(payload), NULL), EKIDEN_ESYSTEM);
        cr_expect_eq(errno, EFBIG);
        cr_expect(ek_link_is_torn(link), "a part of the frame is there");
        setrlimit(RLIMIT_FSIZE, &before);
        ek_link_free(link);
}

LeakTest(link_file, sends_no_descriptors_and_is_no_socket)
{
        const struct ek_wait wait = {.idle_ms = 1000};
        struct ek_link *link = empty_link();
        int ends[2];

        cr_assert_eq(ek_link_send_descriptors(link, (int[]){0}, 1, &wait), EKIDEN_EINVAL);
        ek_link_free(link);
        cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
        cr_assert_eq(ek_link_new_file(ends[0], &link), EKIDEN_EINVAL, "and it is consumed");
        cr_assert_eq(ek_link_new(ends[1], &link), 0);
        cr_expect(!ek_link_is_file(link));
        cr_expect_eq(ek_link_seek(link, 0), EKIDEN_EINVAL);
        ek_link_free(link);
}
