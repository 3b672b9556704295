/* SPDX-License-Identifier: MIT */
#include "state/standard_schemas.h"

/* Made by protoc when the library is built. */
static const uint8_t descriptor_set[] = {
#include "standard_schemas.bytes"
};

const uint8_t *ek_standard_schemas(size_t *ret_size_bytes)
{
        *ret_size_bytes = sizeof(descriptor_set);
        return descriptor_set;
}
