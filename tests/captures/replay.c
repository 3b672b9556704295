/* SPDX-License-Identifier: MIT */
/* See replay.h. */
#include "replay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "handover/spawn.h"
#include "processes.h"

extern char **environ;

/* In place of the captured one, if any. */
static struct ek_token token = {.bytes = "0123456789abcdef"};

static const struct ek_wait patience = {.idle_ms = 20000};

struct predecessor {
        struct replay *replay;
        const struct capture *capture;
        struct ek_link *link;
        size_t items; /* offset of the first ITEM */
        int descriptors[CAPTURED_DESCRIPTORS_MAX];
};

static bool fail(struct replay *replay, const char *why)
{
        if (replay->failure[0] == '\0')
                snprintf(replay->failure, sizeof(replay->failure), "%s", why);
        return false;
}

static int listen_somewhere(unsigned int *ret_port)
{
        struct sockaddr_in address = {.sin_family = AF_INET};
        socklen_t size = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(fd, 64) < 0 || getsockname(fd, (struct sockaddr *)&address, &size) < 0)
                return -1;
        *ret_port = ntohs(address.sin_port);
        return fd;
}

/* A descriptor in the place of each that was captured. */
static bool make_descriptors(struct predecessor *predecessor)
{
        struct replay *replay = predecessor->replay;
        unsigned int port;
        int own = listen_somewhere(&port);

        for (size_t i = 0; i < predecessor->capture->descriptor_count; i++) {
                const struct captured_descriptor *captured = &predecessor->capture->descriptors[i];
                struct client *client = &replay->talk.clients[replay->connection_count + 1];

                if (captured->kind == CAPTURED_LISTENER) {
                        predecessor->descriptors[i] = listen_somewhere(&replay->talk.port);
                        continue;
                }
                if (captured->kind == CAPTURED_DUPLICATE) {
                        predecessor->descriptors[i] =
                                fcntl(predecessor->descriptors[captured->of], F_DUPFD_CLOEXEC, 0);
                        continue;
                }
                if (own < 0 || replay->connection_count == TALKERS_MAX ||
                    !client_connect(client, port))
                        return fail(replay, "a connection cannot be made");
                replay->connection_count++;
                predecessor->descriptors[i] = accept4(own, NULL, NULL, SOCK_CLOEXEC);
        }
        close(own);
        return true;
}

static int spawn(struct replay *replay, const char *binary,
                 const posix_spawn_file_actions_t *actions)
{
        char *arguments[] = {(char *)(uintptr_t)binary, (char *)(uintptr_t) "0", NULL};
        char value[EK_TOKEN_TEXT_SIZE];
        posix_spawnattr_t attributes;
        int r;

        posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        posix_spawnattr_setpgroup(&attributes, replay->keeper);
        ek_token_write(&token, value);
        setenv(EK_HANDOVER_VARIABLE, value, 1);
        r = posix_spawn(&replay->pid, binary, actions, &attributes, arguments, environ);
        unsetenv(EK_HANDOVER_VARIABLE);
        posix_spawnattr_destroy(&attributes);
        if (r != 0)
                replay->pid = 0;
        return r;
}

static bool start(struct predecessor *predecessor, const char *binary)
{
        posix_spawn_file_actions_t actions;
        int sockets[2], executable = open(binary, O_PATH | O_CLOEXEC);
        int r;

        if (executable < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
                return fail(predecessor->replay, "the binary cannot be opened");
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, sockets[1], EK_HANDOVER_SOCKET);
        posix_spawn_file_actions_adddup2(&actions, executable, EK_HANDOVER_BINARY);
        posix_spawn_file_actions_addclosefrom_np(&actions, EK_HANDOVER_BINARY + 1);
        r = spawn(predecessor->replay, binary, &actions);
        posix_spawn_file_actions_destroy(&actions);
        close(executable);
        close(sockets[1]);
        return (r == 0 && ek_link_new(sockets[0], &predecessor->link) == 0) ||
               fail(predecessor->replay, "the binary cannot be started");
}

static void say_why(struct replay *replay, const struct ek_frame *frame)
{
        ProtobufCMessage *unpacked;

        if (ek_frame_message(frame, &ekiden__refusal__descriptor, &unpacked) < 0)
                return;
        fail(replay, ((const Ekiden__Refusal *)unpacked)->sentence);
        protobuf_c_message_free_unpacked(unpacked, NULL);
}

static bool receive(struct predecessor *predecessor, struct ek_frame *ret_frame)
{
        if (ek_link_receive(predecessor->link, &patience, ret_frame) < 0)
                return fail(predecessor->replay, "the successor went away");
        if (ret_frame->kind != EKIDEN__FRAME_KIND__REFUSAL)
                return true;
        say_why(predecessor->replay, ret_frame);
        return false;
}

static bool expect(struct predecessor *predecessor, uint16_t kind)
{
        struct ek_frame frame;

        return receive(predecessor, &frame) &&
               (frame.kind == kind ||
                fail(predecessor->replay, "the successor said something else"));
}

static bool send_frame(struct predecessor *predecessor, const struct ek_frame *frame)
{
        return ek_link_send(predecessor->link, frame->kind, frame->payload, frame->size,
                            &patience) == 0 ||
               fail(predecessor->replay, "the successor does not listen");
}

static bool send_message(struct predecessor *predecessor, uint16_t kind,
                         const ProtobufCMessage *message)
{
        return ek_link_send_message(predecessor->link, kind, message, &patience) == 0 ||
               fail(predecessor->replay, "the successor does not listen");
}

static size_t descriptors_of(const struct ek_frame *frame)
{
        ProtobufCMessage *unpacked;
        size_t count;

        if (ek_frame_message(frame, &ekiden__descriptors__descriptor, &unpacked) < 0)
                return 0;
        count = ((const Ekiden__Descriptors *)unpacked)->close_on_exec.len;
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return count;
}

static bool is_item(const struct ek_frame *frame, const char *name)
{
        ProtobufCMessage *unpacked;
        bool is;

        if (frame->kind != EKIDEN__FRAME_KIND__ITEM ||
            ek_frame_message(frame, &ekiden__item__descriptor, &unpacked) < 0)
                return false;
        is = strcmp(((const Ekiden__Item *)unpacked)->item, name) == 0;
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return is;
}

static bool send_descriptors(struct predecessor *predecessor, size_t first, size_t count)
{
        if (first + count > predecessor->capture->descriptor_count)
                return fail(predecessor->replay, "the capture lacks descriptors");
        if (ek_link_send_descriptors(predecessor->link, predecessor->descriptors + first, count,
                                     &patience) < 0)
                return fail(predecessor->replay, "a descriptor cannot be sent");
        return expect(predecessor, EKIDEN__FRAME_KIND__RECEIVED);
}

/* All of an item's frames, as they were sent then. */
static bool send_item(struct predecessor *predecessor, const char *name)
{
        Ekiden__Absent absent = EKIDEN__ABSENT__INIT;
        size_t offset = predecessor->items, descriptor = 0;
        struct ek_frame frame;
        bool is_inside = false, is_sent = true;

        while (is_sent && capture_next(predecessor->capture, &offset, &frame)) {
                is_inside = is_inside || is_item(&frame, name);
                if (frame.kind == EKIDEN__FRAME_KIND__DESCRIPTORS) {
                        size_t count = descriptors_of(&frame);

                        if (is_inside)
                                is_sent = send_descriptors(predecessor, descriptor, count);
                        descriptor += count;
                } else if (is_inside) {
                        is_sent = send_frame(predecessor, &frame);
                }
                if (is_inside && frame.kind == EKIDEN__FRAME_KIND__END)
                        return is_sent;
        }
        if (!is_sent || is_inside || offset != predecessor->capture->size)
                return fail(predecessor->replay, "the capture is damaged");
        absent.item = (char *)(uintptr_t)name;
        return send_message(predecessor, EKIDEN__FRAME_KIND__ABSENT, &absent.base);
}

static bool answer_pull(struct predecessor *predecessor, const struct ek_frame *frame)
{
        ProtobufCMessage *unpacked;
        bool is_sent;

        if (ek_frame_message(frame, &ekiden__pull__descriptor, &unpacked) < 0)
                return fail(predecessor->replay, "the successor's PULL is damaged");
        is_sent = send_item(predecessor, ((const Ekiden__Pull *)unpacked)->item);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return is_sent;
}

/* As it was sent then, but for the token, which is drawn anew for each handover. */
static bool send_offer(struct predecessor *predecessor, const struct ek_frame *frame)
{
        ProtobufCMessage *unpacked;
        Ekiden__Offer offer;
        bool is_sent;

        if (ek_frame_message(frame, &ekiden__offer__descriptor, &unpacked) < 0)
                return fail(predecessor->replay, "the captured OFFER is damaged");
        offer = *(Ekiden__Offer *)unpacked;
        offer.has_token = true;
        offer.token = ek_token_field(&token);
        is_sent = send_message(predecessor, EKIDEN__FRAME_KIND__OFFER, &offer.base);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return is_sent;
}

static bool hand_over(struct predecessor *predecessor)
{
        struct ek_frame frame;

        if (!capture_next(predecessor->capture, &predecessor->items, &frame) ||
            frame.kind != EKIDEN__FRAME_KIND__OFFER)
                return fail(predecessor->replay, "the capture does not begin with an OFFER");
        if (!send_offer(predecessor, &frame) || !expect(predecessor, EKIDEN__FRAME_KIND__HELLO) ||
            !expect(predecessor, EKIDEN__FRAME_KIND__WARM) ||
            !capture_next(predecessor->capture, &predecessor->items, &frame) ||
            frame.kind != EKIDEN__FRAME_KIND__PAUSED || !send_frame(predecessor, &frame))
                return false;
        while (receive(predecessor, &frame)) {
                if (frame.kind == EKIDEN__FRAME_KIND__READY) {
                        frame = (struct ek_frame){.kind = EKIDEN__FRAME_KIND__COMMIT};
                        return send_frame(predecessor, &frame) &&
                               expect(predecessor, EKIDEN__FRAME_KIND__TAKEN);
                }
                if (frame.kind != EKIDEN__FRAME_KIND__PULL)
                        return fail(predecessor->replay, "the successor said something else");
                if (!answer_pull(predecessor, &frame))
                        return false;
        }
        return false;
}

bool replay_start(struct replay *replay, const struct capture *capture, const char *binary)
{
        struct predecessor predecessor = {.replay = replay, .capture = capture};
        bool is_done;

        *replay = (struct replay){.pid = 0};
        for (size_t i = 0; i <= TALKERS_MAX; i++)
                replay->talk.clients[i].connection = -1;
        for (size_t i = 0; i < CAPTURED_DESCRIPTORS_MAX; i++)
                predecessor.descriptors[i] = -1;
        replay->keeper = process_keeper(&replay->keeper_pipe);
        is_done = replay->keeper > 0 && make_descriptors(&predecessor) &&
                  start(&predecessor, binary) && hand_over(&predecessor);
        ek_link_free(predecessor.link);
        for (size_t i = 0; i < CAPTURED_DESCRIPTORS_MAX; i++)
                if (predecessor.descriptors[i] >= 0)
                        close(predecessor.descriptors[i]);
        return is_done;
}

void replay_stop(struct replay *replay)
{
        for (size_t i = 0; i <= TALKERS_MAX; i++)
                client_close(&replay->talk.clients[i]);
        if (replay->pid > 0) {
                kill(replay->pid, SIGKILL);
                waitpid(replay->pid, NULL, 0);
        }
        if (replay->keeper > 0) {
                close(replay->keeper_pipe);
                waitpid(replay->keeper, NULL, 0);
        }
        replay->pid = replay->keeper = 0;
}
