/* SPDX-License-Identifier: MIT */
/*
 * The options of ekiden/options.proto, and of protobuf-c/protobuf-c.proto. To a program that was
 * not compiled with them they are unknown fields of google.protobuf.*Options: this is the one place
 * that decodes those.
 */
#pragma once

#include <stdbool.h>

#include "ekiden/options.pb-c.h"
#include "memory.h"

/** What became of an option's bytes. */
enum ek_option_state {
        EK_OPTION_ABSENT,
        EK_OPTION_GOOD,
        EK_OPTION_NEWER, /* it holds a field that this program does not know */
        EK_OPTION_BROKEN,
};

struct ek_option {
        enum ek_option_state state;
        const ProtobufCMessage *message; /* of GOOD and NEWER */
        uint32_t unknown; /* NEWER: the number of that field */
};

/** (ekiden.program): an Ekiden__ProgramOptions. `options` may be NULL, here and below. */
struct ek_option ek_option_program(struct ek_memory *arena,
                                   const Google__Protobuf__FileOptions *options);

/** (ekiden.item): an Ekiden__ItemOptions. */
struct ek_option ek_option_item(struct ek_memory *arena,
                                const Google__Protobuf__MessageOptions *options);

/** (ekiden.message): an Ekiden__MessageOptions. */
struct ek_option ek_option_message(struct ek_memory *arena,
                                   const Google__Protobuf__MessageOptions *options);

/** (ekiden.field): an Ekiden__FieldOptions. */
struct ek_option ek_option_field(struct ek_memory *arena,
                                 const Google__Protobuf__FieldOptions *options);

/** (ekiden.oneof): an Ekiden__OneofOptions. */
struct ek_option ek_option_oneof(struct ek_memory *arena,
                                 const Google__Protobuf__OneofOptions *options);

/** (ekiden.value): an Ekiden__EnumValueOptions. */
struct ek_option ek_option_value(struct ek_memory *arena,
                                 const Google__Protobuf__EnumValueOptions *options);

#define EK_OPTION_EKIDEN_NUMBER 51821 /* of all in options.proto but … */
#define EK_OPTION_MESSAGE_NUMBER 51822 /* … (ekiden.message), which is beside (ekiden.item) */
#define EK_OPTION_PROTOBUF_C_NUMBER 1019 /* of pb_c_file, pb_c_msg and pb_c_field */

/** Whether protoc-c is told to write something else than the rest of this program expects. */
bool ek_option_changes_c(const ProtobufCMessage *options);
