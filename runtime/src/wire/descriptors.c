/* SPDX-License-Identifier: MIT */
/* See descriptors.h. All that is received is close-on-exec until its frame says otherwise. */
#include "wire/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "wire/message.h"

void ek_descriptors_attach(struct msghdr *message, union ek_descriptor_control *control,
                           const int *descriptors, size_t count)
{
        struct cmsghdr *header;

        message->msg_control = control->bytes;
        message->msg_controllen = CMSG_SPACE(sizeof(int) * count);
        memset(control->bytes, 0, message->msg_controllen);
        header = CMSG_FIRSTHDR(message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
}

size_t ek_descriptors_describe(uint8_t payload[EK_DESCRIPTORS_PAYLOAD_MAX], const int *descriptors,
                               size_t count)
{
        uint8_t close_on_exec[EK_DESCRIPTORS_MAX];
        Ekiden__Descriptors message = EKIDEN__DESCRIPTORS__INIT;

        for (size_t i = 0; i < count; i++) {
                int flags = fcntl(descriptors[i], F_GETFD);

                if (flags < 0)
                        return 0;
                close_on_exec[i] = (flags & FD_CLOEXEC) != 0;
        }
        message.close_on_exec = (ProtobufCBinaryData){count, close_on_exec};
        return protobuf_c_message_pack(&message.base, payload);
}

int ek_descriptors_collect(struct msghdr *message, int *held, size_t *held_count, size_t room)
{
        bool surplus = false;

        for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
             header = CMSG_NXTHDR(message, header)) {
                size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

                if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
                        continue;
                for (size_t i = 0; i < count; i++) {
                        int fd;

                        memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
                        if (*held_count < room) {
                                held[(*held_count)++] = fd;
                        } else {
                                close(fd);
                                surplus = true;
                        }
                }
        }
        if (message->msg_flags & MSG_CTRUNC) {
                errno = EMFILE; /* the kernel does not say more; this is why it happens */
                return EKIDEN_ESYSTEM;
        }
        return surplus ? EKIDEN_EPROTOCOL : 0;
}

bool ek_descriptors_sender(struct msghdr *message, struct ucred *ret_sender)
{
        for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
             header = CMSG_NXTHDR(message, header)) {
                if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS)
                        continue;
                memcpy(ret_sender, CMSG_DATA(header), sizeof(*ret_sender));
                return ret_sender->pid > 0;
        }
        return false;
}

static int apply_flags(const ProtobufCBinaryData *close_on_exec, const int *descriptors)
{
        for (size_t i = 0; i < close_on_exec->len; i++) {
                if (close_on_exec->data[i] > 1)
                        return EKIDEN_EPROTOCOL;
                if (!close_on_exec->data[i] && fcntl(descriptors[i], F_SETFD, 0) < 0)
                        return EKIDEN_ESYSTEM;
        }
        return 0;
}

int ek_descriptors_take(const uint8_t *payload, size_t size_bytes, const int *held,
                        size_t held_count, int *ret_descriptors)
{
        ProtobufCMessage *unpacked;
        const Ekiden__Descriptors *message;
        size_t count;
        int r = ek_message_unpack(&ekiden__descriptors__descriptor, NULL, payload, size_bytes,
                                  &unpacked);

        if (r < 0)
                return r;
        message = (const Ekiden__Descriptors *)unpacked;
        count = message->close_on_exec.len;
        if (count == 0 || count > EK_DESCRIPTORS_MAX || count > held_count)
                r = EKIDEN_EPROTOCOL;
        else
                r = apply_flags(&message->close_on_exec, held);
        if (r == 0) {
                memcpy(ret_descriptors, held, count * sizeof(int));
                r = (int)count;
        }
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}
