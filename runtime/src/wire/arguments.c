/* SPDX-License-Identifier: MIT */
/* See arguments.h. */
#include "wire/arguments.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/error.h>

ProtobufCBinaryData *ek_arguments_fill(char *const *arguments, size_t count)
{
        ProtobufCBinaryData *values = calloc(count + 1, sizeof(*values));

        for (size_t i = 0; values && i < count; i++)
                values[i] = (ProtobufCBinaryData){
                        .len = strlen(arguments[i]),
                        .data = (uint8_t *)arguments[i],
                };
        return values;
}

/* What lies in a message is far from any overflow. */
int ek_arguments_read(const ProtobufCBinaryData *values, size_t count, char ***ret_arguments)
{
        size_t size = (count + 1) * sizeof(char *);
        char **arguments, *at;

        for (size_t i = 0; i < count; i++) {
                if (values[i].len > 0 && memchr(values[i].data, '\0', values[i].len))
                        return EKIDEN_EPROTOCOL;
                size += values[i].len + 1;
        }
        arguments = calloc(1, size);
        if (!arguments)
                return EKIDEN_ENOMEM;
        at = (char *)(arguments + count + 1);
        for (size_t i = 0; i < count; i++) {
                arguments[i] = at;
                if (values[i].len > 0)
                        memcpy(at, values[i].data, values[i].len);
                at += values[i].len + 1;
        }
        *ret_arguments = arguments;
        return 0;
}
