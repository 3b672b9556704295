/* SPDX-License-Identifier: MIT */
/* What all commands print alike: failures, tables, lines of JSON. */
#pragma once

#include <stdio.h>

#include <ekiden/error.h>

#include <json-c/json.h>

#include "../src/terminal.h"
#include "options.h"
#include "print.h"
#include "records.h"

#define OUTPUT_NAME_MAX 256 /* bytes of a name or a key that is shown; what is longer is cut */

struct output {
        const struct options *options;
        struct terminal terminal; /* standard output */
        struct ekiden_error error; /* what the command failed with */
};

void output_init(struct output *output, const struct options *options);

/** A text of the file's, made fit to be shown. */
const char *output_clean(const struct output *output, const char *untrusted, char *ret_text,
                         size_t size_bytes);

/** How the messages of a record are to be printed. */
struct print output_print(const struct output *output, const struct record *record);

/**
 * Tells of the failure in output->error: on standard error, or as a line of JSON.
 *
 * @param path  the file that it concerns, or NULL
 * @return the exit status
 */
int output_failure(const struct output *output, const char *path);

/** A new object with its "event". */
struct json_object *output_event(const char *event);

/** An untrusted text; NULL and "" become null. */
void output_add_text(struct json_object *object, const char *key, const char *untrusted);
void output_add_number(struct json_object *object, const char *key, uint64_t number);

/** Prints the line and frees the object; EKIDEN_ENOMEM for one that is NULL. */
int output_line(struct json_object *object);
