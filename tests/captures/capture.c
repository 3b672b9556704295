/* SPDX-License-Identifier: MIT */
/* See capture.h. */
#include "capture.h"

#include <stdlib.h>
#include <string.h>

#define FILE_MAX (16 << 20) /* bytes: captures are small, so that they can be kept */

bool capture_write(FILE *frames, const struct ek_frame *frame)
{
        uint8_t header[EK_FRAME_HEADER_SIZE];

        ek_frame_header_write(header, frame->kind, frame->payload, frame->size);
        return fwrite(header, sizeof(header), 1, frames) == 1 &&
               (frame->size == 0 || fwrite(frame->payload, frame->size, 1, frames) == 1);
}

static FILE *open_part(const char *name, const char *suffix)
{
        char path[4096];

        snprintf(path, sizeof(path), "%s.%s", name, suffix);
        return fopen(path, "re");
}

static bool read_frames(const char *name, struct capture *capture)
{
        FILE *file = open_part(name, "frames");

        if (!file)
                return false;
        capture->bytes = malloc(FILE_MAX);
        capture->size = capture->bytes ? fread(capture->bytes, 1, FILE_MAX, file) : 0;
        fclose(file);
        return capture->size > 0 && capture->size < FILE_MAX;
}

static bool parse_descriptor(const char *line, size_t index, struct captured_descriptor *descriptor)
{
        *descriptor = (struct captured_descriptor){.kind = CAPTURED_LISTENER};
        if (strcmp(line, "listener\n") == 0)
                return true;
        descriptor->kind = CAPTURED_CONNECTION;
        if (strcmp(line, "connection\n") == 0)
                return true;
        descriptor->kind = CAPTURED_DUPLICATE;
        return sscanf(line, "duplicate %zu", &descriptor->of) == 1 && descriptor->of < index;
}

static bool read_descriptors(const char *name, struct capture *capture)
{
        FILE *file = open_part(name, "descriptors");
        char line[64];
        bool is_good = file;

        while (is_good && fgets(line, sizeof(line), file)) {
                size_t index = capture->descriptor_count++;

                is_good = index < CAPTURED_DESCRIPTORS_MAX &&
                          parse_descriptor(line, index, &capture->descriptors[index]);
        }
        if (file)
                fclose(file);
        return is_good;
}

bool capture_read(const char *name, struct capture *ret_capture)
{
        *ret_capture = (struct capture){0};
        if (read_frames(name, ret_capture) && read_descriptors(name, ret_capture))
                return true;
        capture_free(ret_capture);
        return false;
}

void capture_free(struct capture *capture)
{
        free(capture->bytes);
        *capture = (struct capture){0};
}

bool capture_next(const struct capture *capture, size_t *offset, struct ek_frame *ret_frame)
{
        const uint8_t *at = capture->bytes + *offset;
        struct ek_frame_header header;

        if (capture->size - *offset < EK_FRAME_HEADER_SIZE ||
            ek_frame_header_read(at, &header) < 0 ||
            header.length > capture->size - *offset - EK_FRAME_HEADER_SIZE ||
            ek_frame_verify(at, at + EK_FRAME_HEADER_SIZE) < 0)
                return false;
        *ret_frame = (struct ek_frame){
                .kind = header.kind,
                .payload = at + EK_FRAME_HEADER_SIZE,
                .size = header.length,
        };
        *offset += EK_FRAME_HEADER_SIZE + header.length;
        return true;
}
