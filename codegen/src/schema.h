/* SPDX-License-Identifier: MIT */
/*
 * One file to generate, as what it is to Ekiden: a version of a program's state with its items.
 */
#pragma once

#include "model.h"

#define EK_FINGERPRINT_SIZE 32 /* bytes of a SHA-256 */
#define EK_ITEM_NAME_MAX 63 /* bytes, as the library has it */

struct ek_item {
        const char *name;
        struct ek_message *message;
        bool stream;
        bool ahead; /* it can be sent while the program serves */
        bool objects; /* what pointers point to, under the name of its message; never tagged */
        const char *key_name; /* NULL: none */
        uint32_t key; /* its field number, 0: none */
        struct ek_place place; /* of the option */
        uint8_t shape[EK_FINGERPRINT_SIZE];
};

struct ek_schema {
        struct ek_model *model;
        struct ek_file *file;
        const char *program;
        uint32_t version;
        const char *c_name; /* counter_v2; NULL where the program has no good name */
        struct ek_item *items;
        size_t item_count;
        uint8_t fingerprint[EK_FINGERPRINT_SIZE];
};

/** Collects items in the order of declaration, then those that are objects; strings are never NULL,
 * but may be bad. */
void ek_schema_init(struct ek_schema *schema, struct ek_model *model, struct ek_file *file);

/** What a message is called among objects: its name without the package, "Outer.Bar". */
const char *ek_schema_object_name(const struct ek_message *message);

/** Puts the items in the order of their names. */
void ek_schema_sort(struct ek_schema *schema);

/** Whether a name is as options.proto wants a program's: a letter, then letters, digits, '_', '-'.
 */
bool ek_schema_is_program_name(const char *name);

/** Whether a name is as options.proto wants an item's: a lower-case letter, then such, digits, '_'.
 */
bool ek_schema_is_item_name(const char *name);

/** A program's name as a part of C names, with '-' as '_'. */
char *ek_schema_c_program(struct ek_memory *arena, const char *program);
