/* SPDX-License-Identifier: MIT */
/* A captured batch is plain protobuf: protoc, which knows nothing of us, reads it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "crates.h"
#include "ekiden/handover.pb-c.h"

static void fill(struct crates *crates, Yard__V1__Crate *crate, struct ekiden_cursor *cursor)
{
        static uint8_t content[] = {0, 1, 255};

        crate->has_id = 1;
        crate->id = UINT64_MAX - cursor->record;
        crate->label = ekiden_cursor_printf(cursor, "crate %u", (unsigned int)cursor->record);
        crate->has_content = 1;
        crate->content = (ProtobufCBinaryData){sizeof(content), content};
        crate->has_handle = 1;
        crate->handle = crates->pool[0];
}

/* What protoc prints for an encoded message. */
static void decode(const char *type, const char *file, const uint8_t *bytes, size_t size,
                   char *ret_text, size_t text_size)
{
        char path[] = "/tmp/ekiden-decode-XXXXXX", command[1024];
        int fd = mkstemp(path);
        FILE *protoc;
        size_t length;

        cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
        close(fd);
        snprintf(command, sizeof(command), "%s %s --decode=%s %s < %s", TEST_PROTOC,
                 TEST_PROTO_PATHS, type, file, path);
        protoc = popen(command, "re");
        cr_assert_not_null(protoc);
        length = fread(ret_text, 1, text_size - 1, protoc);
        ret_text[length] = '\0';
        cr_assert_eq(pclose(protoc), 0, "%s", command);
        unlink(path);
}

static const struct captured_frame *frame_of(const struct capture *capture, uint16_t kind)
{
        for (size_t i = 0; i < capture->count; i++)
                if (capture->frames[i].kind == kind)
                        return &capture->frames[i];
        cr_assert_fail("no frame of kind %u", kind);
        return NULL;
}

LeakTest(decode, records_of_a_batch_are_read_by_protoc)
{
        int pool[1] = {open("/dev/null", O_RDONLY | O_CLOEXEC)};
        struct crates from = {.count = 2, .fill = fill, .pool = pool};
        const struct ek_tagged tagged = tag_item(&yard_v1, "crates", &crates_binding, &from);
        const struct captured_frame *batch;
        struct capture capture;
        const uint8_t *at;
        char text[1000];

        capture_item(&tagged, &capture);
        batch = frame_of(&capture, EKIDEN__FRAME_KIND__BATCH);
        at = batch->payload;
        cr_assert_lt(at[0], 128, "a length of one byte, for this test's small records");
        decode("yard.v1.Crate", "yard_v1.proto", at + 1, at[0], text, sizeof(text));
        cr_expect_str_eq(text, "id: 18446744073709551615\nlabel: \"crate 0\"\n"
                               "content: \"\\000\\001\\377\"\nhandle: 1\n");
        at += 1 + at[0];
        decode("yard.v1.Crate", "yard_v1.proto", at + 1, at[0], text, sizeof(text));
        cr_expect_str_eq(text, "id: 18446744073709551614\nlabel: \"crate 1\"\n"
                               "content: \"\\000\\001\\377\"\nhandle: 2\n");
        cr_expect_eq(at + 1 + at[0], batch->payload + batch->size, "and no more");
        free_capture(&capture);
        close(pool[0]);
}

LeakTest(decode, control_frames_are_read_by_protoc)
{
        int pool[1] = {open("/dev/null", O_RDONLY)};
        struct crates from = {.count = 2, .fill = fill, .pool = pool};
        const struct ek_tagged tagged = tag_item(&yard_v1, "crates", &crates_binding, &from);
        const struct captured_frame *frame;
        struct capture capture;
        char text[1000], expected[200];

        capture_item(&tagged, &capture);
        frame = frame_of(&capture, EKIDEN__FRAME_KIND__ITEM);
        decode("ekiden.Item", "ekiden/handover.proto", frame->payload, frame->size, text,
               sizeof(text));
        cr_expect_str_eq(text, "item: \"crates\"\nstream: true\ncount: 2\n");
        frame = frame_of(&capture, EKIDEN__FRAME_KIND__DESCRIPTORS);
        decode("ekiden.Descriptors", "ekiden/handover.proto", frame->payload, frame->size, text,
               sizeof(text));
        cr_expect_str_eq(text, "close_on_exec: \"\\000\\000\"\n");
        frame = frame_of(&capture, EKIDEN__FRAME_KIND__END);
        decode("ekiden.End", "ekiden/handover.proto", frame->payload, frame->size, text,
               sizeof(text));
        snprintf(expected, sizeof(expected), "records: 2\nbytes: %zu\ndescriptors: 2\n",
                 frame_of(&capture, EKIDEN__FRAME_KIND__BATCH)->size - 2);
        cr_expect_str_eq(text, expected);
        free_capture(&capture);
        close(pool[0]);
}
