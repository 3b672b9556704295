/* SPDX-License-Identifier: MIT */
/*
 * The plugin protocol of protoc (google/protobuf/compiler/plugin.proto): a request on stdin, a
 * response on stdout.
 */
#pragma once

#include <stdbool.h>

#include "google/protobuf/compiler/plugin.pb-c.h"
#include "text.h"

/** Reads a descriptor to its end. Ends the program if that fails. */
void ek_read_all(int descriptor, struct ek_text *text);

/**
 * Decodes a request from any bytes.
 *
 * @return NULL where they are no request, or messages in it are nested too deep
 */
Google__Protobuf__Compiler__CodeGeneratorRequest *ek_read_request(struct ek_memory *arena,
                                                                  const uint8_t *bytes,
                                                                  size_t size_bytes);

/** Writes all bytes. Ends the program if that fails. */
void ek_write_all(int descriptor, const void *bytes, size_t size_bytes);
