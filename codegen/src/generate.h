/* SPDX-License-Identifier: MIT */
/*
 * The whole way from a request to a response.
 */
#pragma once

#include "google/protobuf/compiler/plugin.pb-c.h"
#include "memory.h"
#include "text.h"

/** Adds the packed CodeGeneratorResponse: files, or what is wrong with the schemas. */
void ek_generate(struct ek_memory *arena,
                 const Google__Protobuf__Compiler__CodeGeneratorRequest *request,
                 struct ek_text *ret_response);
