/* SPDX-License-Identifier: MIT */
/*
 * The C names that protoc-c gives to what a .proto file declares. They are its habits, written in
 * no specification: tests/codegen compares them with what the installed protoc-c does.
 */
#pragma once

#include <stdbool.h>

#include "memory.h"

/** Of a type: "counter.v2.Client_list" → "Counter__V2__ClientList". */
char *ek_name_type(struct ek_memory *arena, const char *full_name);

/** In functions and descriptors: "counter.v2.ClientList" → "counter__v2__client_list". */
char *ek_name_lower(struct ek_memory *arena, const char *full_name);

/** In macros and enum values: "counter.v2.ClientList" → "COUNTER__V2__CLIENT_LIST". */
char *ek_name_upper(struct ek_memory *arena, const char *full_name);

/** Of a struct member: "Port" → "port", "int" → "int_". */
char *ek_name_member(struct ek_memory *arena, const char *field_name);

/** Whether C or C++ has another use for what ek_name_member() returned. */
bool ek_name_is_word(const char *member);

/** Whether it is a letter or '_', then letters, digits or '_'. */
bool ek_name_is_identifier(const char *name);

/** Whether it is identifiers with dots between them. */
bool ek_name_is_qualified(const char *name);
