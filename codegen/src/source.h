/* SPDX-License-Identifier: MIT */
/*
 * Where something stands in a .proto file, and the comments beside it: from source_code_info, whose
 * paths (field numbers and indices, from FileDescriptorProto down) descriptor.proto explains.
 */
#pragma once

#include <stdbool.h>

#include "google/protobuf/descriptor.pb-c.h"
#include "memory.h"

#define EK_PLACE_MAX 80 /* path elements: two for each nested message, and some for a field */

struct ek_source {
        const char *name;
        unsigned int order; /* of the file in the request */
        const Google__Protobuf__SourceCodeInfo *info;
};

struct ek_place {
        const struct ek_source *source;
        int32_t path[EK_PLACE_MAX];
        size_t length;
};

struct ek_position {
        int line, column; /* from 1 */
};

/** The place `a`, `b`, … below another one; -1 ends the list. */
struct ek_place ek_place_below(const struct ek_place *place, int32_t a, int32_t b, int32_t c,
                               int32_t d);

/** Of a place or, where protoc noted none, of the nearest that holds it. */
struct ek_position ek_place_position(const struct ek_place *place);

/** The comment right before it, or else right behind it, or NULL. */
const char *ek_place_comment(const struct ek_place *place);
