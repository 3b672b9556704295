/* SPDX-License-Identifier: MIT */
/* What both ways of printing a message have in common. */
#include "print.h"

const void *print_values(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                         size_t *ret_count)
{
        const char *place = (const char *)message + field->offset;

        *ret_count = 1;
        if (field->label != PROTOBUF_C_LABEL_REPEATED)
                return place;
        *ret_count =
                *(const size_t *)(const void *)((const char *)message + field->quantifier_offset);
        return *(const void *const *)(const void *)place;
}

bool print_is_secret(const struct print *print, const struct ekiden_field *entry)
{
        return entry && (entry->flags & EKIDEN_FIELD_SECRET) && !print->show_secrets;
}
