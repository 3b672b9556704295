/* SPDX-License-Identifier: MIT */
/*
 * Tagging: naming the state that must cross. (The paper's tag_st.) Generated code wraps the
 * functions for schema items in typed ones, `counter_v2_tag_clients()`; the built-in items for
 * plain C values are used as they are.
 *
 * A tag call does two things. It registers the item, so that this process can hand it over; what
 * was tagged is read only inside an update point, and must stay valid until it is untagged. And in
 * a successor it fetches the item from the predecessor: EKIDEN_RESUMED says that the state is
 * there, EKIDEN_FRESH that no predecessor had it and the program initialises it as always.
 *
 * Each returns EKIDEN_FRESH, EKIDEN_RESUMED, or
 *     EINVAL    a NULL, or a name that is empty, over 63 bytes, not UTF-8, or not for print
 *     EEXISTS   the name is tagged already
 *     ESTATE    before ekiden_start(), from an export or import callback, or in a successor whose
 *               upgrade was called off
 *     ENOMEM
 * and in a successor, whose upgrade is then called off (the predecessor serves on; this process
 * exits, at the latest in its first update point):
 *     ETYPE, ETRANSFORMER, EREFUSED, EPROTOCOL, ELIMIT, EPEER, ETIMEOUT
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ekiden/start.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct ekiden_scratch;
struct ekiden_objects;

/** Where an export or an import of a stream stands; the library's, valid during the callback. */
struct ekiden_cursor {
        uint64_t record; /* number of the record, from 0 */
        void *position; /* the program's own, NULL at record 0: its place in a list … */
        struct ekiden_scratch *scratch; /* of ekiden_cursor_alloc() */
        struct ekiden_error *error; /* of ekiden_cursor_refuse() */
        struct ekiden_objects *objects; /* that crossed, or will; of <ekiden/native.h>'s bindings */
};

/** Zeroed memory for the record's strings and arrays that lives until the next one; or NULL. */
void *ekiden_cursor_alloc(struct ekiden_cursor *cursor, size_t size_bytes);

/** A formatted string for the record that lives until the next one; or NULL. */
char *ekiden_cursor_printf(struct ekiden_cursor *cursor, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/** Refuses the record, and with it the upgrade, with a sentence. Returns EKIDEN_EREFUSED. */
int ekiden_cursor_refuse(struct ekiden_cursor *cursor, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/**
 * How an item's records leave and enter a program; the generated code fills it. `functions` is the
 * typed table that the program gave to the generated function.
 */
struct ekiden_binding {
        /* How many records export_record will give; NULL, or UINT64_MAX: not known. */
        uint64_t (*count)(const void *functions, void *data);
        /* Fills the next record: 1, 0 at the end, or EKIDEN_EREFUSED (what ekiden_cursor_refuse()
           returns) or EKIDEN_ENOMEM; any other number is told as a mistake. The record is
           initialised to its type's defaults, descriptor fields to -1. The records may be asked
           for up to any of them, and then again from record 0, also within one pause. */
        int (*export_record)(const void *functions, ProtobufCMessage *record,
                             struct ekiden_cursor *cursor, void *data);
        /* Takes a record over, which is borrowed for the call, its bytes aligned to nothing: 0, or
           as export_record. After 0 the descriptors in it are the program's; otherwise the library
           closes them. */
        int (*import_record)(const void *functions, const ProtobufCMessage *record,
                             struct ekiden_cursor *cursor, void *data);
};

/**
 * Tags a stream of records. Generated code calls it.
 *
 * @param item       of the schema given to ekiden_start()
 * @param binding    static
 * @param functions  passed to the binding; static
 * @param data       passed to the binding; valid until ekiden_untag()
 */
int ekiden_tag_stream(const struct ekiden_item *item, const struct ekiden_binding *binding,
                      const void *functions, void *data);

/**
 * Tags a singleton whose state is the message itself. Generated code calls it.
 *
 * @param item   of the schema given to ekiden_start()
 * @param state  initialised, of the item's type. After EKIDEN_RESUMED its strings, bytes, arrays
 *               and sub-messages are from malloc() and belong to the program; what it pointed to
 *               before the call is not freed
 */
int ekiden_tag_message(const struct ekiden_item *item, ProtobufCMessage *state);

/**
 * Takes an item out again, whatever its kind: before the memory it names goes out of scope.
 *
 * @return 0, EKIDEN_ENOTFOUND, or EKIDEN_ESTATE (from an export or import callback)
 */
int ekiden_untag(const char *name);

/**
 * Built-in items: a plain C value and a name. Between versions an integer may be widened or
 * narrowed (and signed become unsigned) as long as its value fits; everything else must agree.
 */
int ekiden_tag_int8(const char *name, int8_t *value);
int ekiden_tag_int16(const char *name, int16_t *value);
int ekiden_tag_int32(const char *name, int32_t *value);
int ekiden_tag_int64(const char *name, int64_t *value);
int ekiden_tag_uint8(const char *name, uint8_t *value);
int ekiden_tag_uint16(const char *name, uint16_t *value);
int ekiden_tag_uint32(const char *name, uint32_t *value);
int ekiden_tag_uint64(const char *name, uint64_t *value);
int ekiden_tag_double(const char *name, double *value);
int ekiden_tag_bool(const char *name, bool *value);

/** A descriptor; -1 is none. In a successor the program owns what it received. */
int ekiden_tag_descriptor(const char *name, int *value);

/**
 * A NUL-terminated string of UTF-8, or NULL. In a successor *value is set to memory from malloc()
 * that the program owns; what it pointed to before is not freed.
 */
int ekiden_tag_string(const char *name, char **value);

/** As ekiden_tag_string(), for any bytes: *data and their number, *size_bytes. */
int ekiden_tag_bytes(const char *name, void **data, size_t *size_bytes);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
