/* SPDX-License-Identifier: MIT */
/*
 * A successor that pulls every item that it is told to and keeps what it hears, and then leaves:
 * the upgrade fails, as it should, and the service goes on. CAPTURE_NAME is where the files go,
 * CAPTURE_ITEMS is "item=message,item=message" with the full names of message types.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "ekiden/handover.pb-c.h"

#define HANDOVER_SOCKET 3

static const struct ek_wait patience = {.idle_ms = 20000};
static struct ek_link *handover;
static FILE *frames, *descriptors;

static void leave(const char *why)
{
        fprintf(stderr, "recorder: %s\n", why);
        _exit(1);
}

static FILE *create(const char *suffix)
{
        const char *name = getenv("CAPTURE_NAME");
        char path[4096];
        FILE *file;

        snprintf(path, sizeof(path), "%s.%s", name ? name : "capture", suffix);
        file = fopen(path, "we");
        if (!file)
                leave("a file cannot be made");
        return file;
}

static struct ek_frame receive(uint16_t kind)
{
        struct ek_frame frame;

        if (ek_link_receive(handover, &patience, &frame) < 0)
                leave("the predecessor said nothing more");
        if (kind != 0 && frame.kind != kind)
                leave("the predecessor said something else");
        return frame;
}

static void keep(const struct ek_frame *frame)
{
        if (!capture_write(frames, frame))
                leave("a file cannot be written");
}

static void send_message(uint16_t kind, const ProtobufCMessage *message)
{
        int r = message ? ek_link_send_message(handover, kind, message, &patience)
                        : ek_link_send(handover, kind, NULL, 0, &patience);

        if (r < 0)
                leave("the predecessor does not listen");
}

/* It claims to be whatever is offered. */
static void say_hello(const struct ek_frame *frame)
{
        ProtobufCMessage *unpacked;
        Ekiden__Hello hello = EKIDEN__HELLO__INIT;
        const Ekiden__Offer *offer;
        Ekiden__SchemaId *known[1];

        if (ek_frame_message(frame, &ekiden__offer__descriptor, &unpacked) < 0)
                leave("the offer is none");
        offer = (const Ekiden__Offer *)unpacked;
        known[0] = offer->schema;
        hello.protocol = offer->protocol;
        hello.program = offer->program;
        hello.version = offer->schema->version;
        hello.known = known;
        hello.n_known = 1;
        send_message(EKIDEN__FRAME_KIND__HELLO, &hello.base);
        protobuf_c_message_free_unpacked(unpacked, NULL);
}

/* Two descriptors of one socket have one inode. */
static void describe(int descriptor)
{
        static ino_t sockets[CAPTURED_DESCRIPTORS_MAX];
        static size_t count;
        struct stat status = {0};
        int listens = 0;
        socklen_t size = sizeof(listens);
        size_t same = 0;

        fstat(descriptor, &status);
        getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
        while (same < count && sockets[same] != status.st_ino)
                same++;
        if (same < count)
                fprintf(descriptors, "duplicate %zu\n", same);
        else
                fprintf(descriptors, "%s\n", listens ? "listener" : "connection");
        if (count == CAPTURED_DESCRIPTORS_MAX)
                leave("there are too many descriptors");
        sockets[count++] = status.st_ino;
}

static void keep_descriptors(const struct ek_frame *frame)
{
        int taken[EK_DESCRIPTORS_MAX];
        int count = ek_link_take_descriptors(handover, frame, taken);

        if (count < 0)
                leave("descriptors are missing");
        for (int i = 0; i < count; i++) {
                describe(taken[i]);
                close(taken[i]);
        }
        send_message(EKIDEN__FRAME_KIND__RECEIVED, NULL);
}

static void pull(char *item, char *message)
{
        Ekiden__Pull pull = EKIDEN__PULL__INIT;
        struct ek_frame frame;

        pull.item = item;
        pull.message = message;
        send_message(EKIDEN__FRAME_KIND__PULL, &pull.base);
        do {
                frame = receive(0);
                keep(&frame);
                if (frame.kind == EKIDEN__FRAME_KIND__REFUSAL)
                        leave("the predecessor refused");
                if (frame.kind == EKIDEN__FRAME_KIND__ABSENT)
                        leave("there is no such item");
                if (frame.kind == EKIDEN__FRAME_KIND__DESCRIPTORS)
                        keep_descriptors(&frame);
        } while (frame.kind != EKIDEN__FRAME_KIND__END);
}

int main(void)
{
        const char *variable = getenv("CAPTURE_ITEMS");
        char *items = strdup(variable ? variable : "");
        struct ek_frame frame;
        char *rest = items;

        if (ek_link_new(HANDOVER_SOCKET, &handover) < 0)
                leave("let ekiden-upgrade start it, as the new binary");
        frames = create("frames");
        descriptors = create("descriptors");
        frame = receive(EKIDEN__FRAME_KIND__OFFER);
        keep(&frame);
        say_hello(&frame);
        send_message(EKIDEN__FRAME_KIND__WARM, NULL);
        frame = receive(EKIDEN__FRAME_KIND__PAUSED);
        keep(&frame);
        for (char *item; (item = strsep(&rest, ",")) && item[0];) {
                char *message = strchr(item, '=');

                if (!message)
                        leave("CAPTURE_ITEMS has an item without a message");
                *message++ = '\0';
                pull(item, message);
        }
        if (fclose(frames) != 0 || fclose(descriptors) != 0)
                leave("a file cannot be written");
        free(items);
        leave("all is kept");
}
