/* SPDX-License-Identifier: MIT */
/*
 * Requests as they come: arrays of bulk strings (RESP2), or inline, a line of words. It is parsed
 * as it arrives, so a request that comes in many parts is not looked at again from its beginning.
 * Nothing of that is state: who has the bytes can begin anew.
 */
#pragma once

#include "text.h"

#define REQUEST_ARGUMENTS_MAX (1024 * 1024)
#define REQUEST_LINE_MAX (64 * 1024) /* bytes of an inline request, or of a number */

/** All zero: nothing was parsed yet. */
struct request {
        struct text *arguments; /* bytes are offsets while it is parsed, pointers when it is done */
        size_t count, capacity;
        size_t position; /* what was parsed, in bytes from the beginning of the request */
        size_t expected; /* arguments; 0: not known yet */
        size_t bulk_size; /* of the argument that is coming */
        bool has_bulk_size;
};

enum request_state {
        REQUEST_INCOMPLETE, /* more bytes are needed */
        REQUEST_DONE, /* `arguments`, none or more; `position` is the request's size */
        REQUEST_BROKEN, /* what follows cannot be understood */
        REQUEST_NO_MEMORY,
};

/**
 * Goes on parsing.
 *
 * @param bytes         all that has come since the beginning of the request; inline requests are
 *                      unquoted in place
 * @param ret_sentence  what is wrong, if it is broken
 */
enum request_state request_parse(struct request *request, uint8_t *bytes, size_t size,
                                 const char **ret_sentence);

/** Makes it ready for the next one. */
void request_reset(struct request *request);

/** Frees what it has. */
void request_deinit(struct request *request);
