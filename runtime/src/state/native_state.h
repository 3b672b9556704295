/* SPDX-License-Identifier: MIT */
/* Items that are structs, as export.c and import.c see them. */
#pragma once

#include "state/objects.h"
#include "state/tagged.h"

/** The binding of such items: `functions` is the struct ek_tagged itself. */
extern const struct ekiden_binding ek_native_binding;

/** Whether a struct with these tables can be an item's. */
bool ek_native_is_sound(const struct ekiden_native *native, bool is_entry);

/** Whether nothing can be shared: it has no identity, and holds no pointers to objects. */
bool ek_native_is_plain(const struct ekiden_native *native);

/** Fills a record from the entry in hand, cursor->objects->entry: 1 or an error. */
int ek_native_export_entry(const struct ek_tagged *tagged, ProtobufCMessage *record,
                           struct ekiden_cursor *cursor);

/** Gives an entry to the program; on failure it is the library's still. */
int ek_native_insert(const struct ek_tagged *tagged, void *entry, struct ekiden_cursor *cursor);

/** So many entries are about to come: the program may make room. */
void ek_native_reserve(const struct ek_tagged *tagged, uint64_t count);

/**
 * Takes a record that stands for an object that came before, by its identity alone.
 *
 * @param type    of the record, as it was unpacked
 * @return 1: it was such a record; 0: it is one like others; or an error
 */
int ek_native_take_stub(const struct ek_tagged *tagged, const struct ekiden_message *type,
                        const ProtobufCMessage *record, struct ekiden_cursor *cursor);

/** All records and objects of an item have come: they become the program's, or an error. */
int ek_native_finish(const struct ek_tagged *tagged, struct ekiden_cursor *cursor);

/** The item failed: what was made for it is taken back and freed. */
void ek_native_undo(const struct ek_tagged *tagged, struct ekiden_objects *objects);
