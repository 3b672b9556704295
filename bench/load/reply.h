/* SPDX-License-Identifier: MIT */
/* What a server says in RESP2, as far as single values go. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct reply {
        enum reply_kind {
                REPLY_STATUS,
                REPLY_ERROR,
                REPLY_INTEGER,
                REPLY_BULK,
                REPLY_NIL,
        } kind;
        const char *data; /* of a status, an error or a bulk; in the buffer that was parsed */
        size_t size;
        int64_t integer;
};

/** Reads the first reply. Returns its size in bytes; 0: more bytes are needed; -1: this is no such
 * reply. */
ssize_t reply_parse(const char *data, size_t size, struct reply *ret_reply);
