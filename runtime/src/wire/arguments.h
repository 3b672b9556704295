/* SPDX-License-Identifier: MIT */
/*
 * A program's arguments as a field of a message. To the kernel an argument is any bytes but NUL,
 * and many are no UTF-8: the names of files, say. So the field is one of bytes, which know their
 * length and end in no NUL; argv is the other way round.
 */
#pragma once

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

/** The field's values, which point to the arguments: to be freed, the array alone. NULL: memory ran
    out. */
ProtobufCBinaryData *ek_arguments_fill(char *const *arguments, size_t count);

/**
 * Copies such a field.
 *
 * @param ret_arguments  ended by NULL; one block, to be freed
 * @return 0; EPROTOCOL (there is a NUL in one), ENOMEM
 */
int ek_arguments_read(const ProtobufCBinaryData *values, size_t count, char ***ret_arguments);
