/* SPDX-License-Identifier: MIT */
/*
 * One JSON object a line. Every object of a kind has all the keys of its kind: what is not known is
 * null. docs/json-events.md is the schema.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include <json-c/json.h>

#include "upgrade.h"

/** A new object with its "event"; json_print() frees it. */
struct json_object *json_event(const char *event);

/** An untrusted text; what is not UTF-8 in it is replaced. NULL and "" become null. */
void json_add_text(struct json_object *object, const char *key, const char *untrusted);

void json_add_number(struct json_object *object, const char *key, uint64_t number);
void json_add_figure(struct json_object *object, const char *key, const struct figure *figure);

/** Prints the line on standard output, and frees the object. */
void json_print(struct json_object *object);
