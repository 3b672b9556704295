/* SPDX-License-Identifier: MIT */
/*
 * Descriptors beside the bytes: groups of at most 253 in SCM_RIGHTS messages (unix(7)), each with a
 * DESCRIPTORS frame that says how many there are and which of them are close-on-exec.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "wire/link.h"

/* Largest payload of a DESCRIPTORS frame: a tag, a length of two bytes, a byte for each. */
#define EK_DESCRIPTORS_PAYLOAD_MAX (3 + EK_DESCRIPTORS_MAX)

union ek_descriptor_control {
        struct cmsghdr alignment;
        char bytes[CMSG_SPACE(sizeof(int) * EK_DESCRIPTORS_MAX) + CMSG_SPACE(sizeof(struct ucred))];
};

/** Puts descriptors (borrowed) into a message that is to be sent. `control` outlives the call. */
void ek_descriptors_attach(struct msghdr *message, union ek_descriptor_control *control,
                           const int *descriptors, size_t count);

/** Writes the payload of their frame: its length in bytes, or 0 when one of them is not open. */
size_t ek_descriptors_describe(uint8_t payload[EK_DESCRIPTORS_PAYLOAD_MAX], const int *descriptors,
                               size_t count);

/**
 * Appends what came with a received message to `held`, which then owns it: 0; ESYSTEM with EMFILE
 * when the kernel cut some off, as it does when this process may open no more; EPROTOCOL when more
 * than `room` would be held. The surplus is closed.
 */
int ek_descriptors_collect(struct msghdr *message, int *held, size_t *held_count, size_t room);

/** Who has sent a received message, by the kernel's word; false: it does not say. */
bool ek_descriptors_sender(struct msghdr *message, struct ucred *ret_sender);

/** Copies the descriptors of a frame from the front of `held`: how many, or EPROTOCOL. Sets
 * FD_CLOEXEC. */
int ek_descriptors_take(const uint8_t *payload, size_t size_bytes, const int *held,
                        size_t held_count, int *ret_descriptors);
