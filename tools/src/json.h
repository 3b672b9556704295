/* SPDX-License-Identifier: MIT */
/*
 * One JSON object a line. Every object of a kind has all the keys of its kind: what is not known is
 * null. docs/json-events.md is the schema.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <json-c/json.h>

#include "upgrade.h"

/*
 * What finds no memory is NULL, and all functions take NULL: an event that is not whole is not
 * printed, and json_is_lost() says so.
 */
struct json_object *json_new_object(void);
struct json_object *json_new_array(void);
struct json_object *json_new_boolean(bool truth);

/** A new object with its "event"; json_print() frees it. */
struct json_object *json_event(const char *event);

/** Gives a value away to an object; NULL is null. */
void json_add(struct json_object *object, const char *key, struct json_object *value);

/** Gives a value away to an array. */
void json_append(struct json_object *array, struct json_object *value);

/** An untrusted text; what is not UTF-8 in it is replaced. NULL and "" become null. */
void json_add_text(struct json_object *object, const char *key, const char *untrusted);

void json_add_number(struct json_object *object, const char *key, uint64_t number);
void json_add_figure(struct json_object *object, const char *key, const struct figure *figure);

/** Prints the line on standard output, and frees the object. */
void json_print(struct json_object *object);

/** Whether an event could not be printed for want of memory. */
bool json_is_lost(void);
