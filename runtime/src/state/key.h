/* SPDX-License-Identifier: MIT */
/*
 * "record 3" is the place of a record in a stream, which a person cannot look up in a program;
 * "record 3 (id 17)" can be found.
 */
#pragma once

#include <ekiden/native.h>

/**
 * Adds the key of a record to an error that names the record, unless it is there. Nothing is added
 * where the item has no key, or the record none that can be shown.
 *
 * @param number  of the record
 * @param item    which tells the record's type and key
 */
void ek_name_key(struct ekiden_error *error, uint64_t number, const struct ekiden_item *item,
                 const ProtobufCMessage *record);

/** The same, of a record that is a struct. */
void ek_name_native_key(struct ekiden_error *error, uint64_t number, const struct ekiden_item *item,
                        const struct ekiden_native *native, const void *object);
