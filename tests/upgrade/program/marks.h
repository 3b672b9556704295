/* SPDX-License-Identifier: MIT */
/* The witness's marks: built-in items of every type, and a descriptor of every kind. */
#pragma once

/** Tags all of them. */
void marks_tag(void);

/** Sets them, in the first leg. */
void marks_leave(void);

/** Prints "value NAME good" or "bad", and "descriptor NAME good" or "bad", for each. */
void marks_report(void);
