/* SPDX-License-Identifier: MIT */
/* What of two snapshots of different versions cannot be compared: fields that only one has. */
#pragma once

#include "diff_record.h"

/** Tells of the fields, in a line for each item and side. Where both have one schema, of nothing.
 */
void diff_tell_gaps(const struct diff *diff);

/** The same as an array of objects; NULL when memory ran out. */
struct json_object *diff_gaps_json(const struct diff *diff);
