/* SPDX-License-Identifier: MIT */
/* What a descriptor is, in a few words for people: a snapshot has those in the descriptor's place.
 */
#pragma once

#include <stddef.h>

#define EK_DESCRIPTION_SIZE 160 /* bytes, with the NUL */

/**
 * Describes an open descriptor, "TCP 127.0.0.1:7000, listening" or "file /var/log/chat.log".
 *
 * @param fd        borrowed
 * @param ret_text  UTF-8, cut where it is too long
 */
void ek_describe_descriptor(int fd, char ret_text[EK_DESCRIPTION_SIZE]);
