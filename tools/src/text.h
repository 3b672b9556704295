/* SPDX-License-Identifier: MIT */
/*
 * Figures and words as people read them; and what a stranger wrote, made fit to be shown: a peer's
 * sentence must not move the operator's cursor.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define TEXT_FIGURE_MAX 32

/* What may stand in a cleaned text. All else becomes '?', a character at a time. */
enum text_allowed {
        TEXT_ANY_UTF8, /* all that is valid UTF-8: for JSON, which escapes what must be */
        TEXT_PRINTABLE, /* without control characters and without those that turn the line around */
        TEXT_ASCII, /* printable ASCII */
};

/** Copies an untrusted text; one that is too long is cut between two characters. Returns the copy.
 */
char *text_clean(const char *untrusted, enum text_allowed allowed, char *ret_text,
                 size_t size_bytes);

/** How many columns a cleaned text takes on a terminal of this locale. */
size_t text_columns(const char *text);

/** How many bytes of a cleaned text fit in so many columns: whole characters. */
size_t text_fitting(const char *text, size_t columns);

/** A figure that was computed of what a stranger told, and may be beyond all figures. */
uint64_t text_figure(double value);

/** "1,204" */
const char *text_count(uint64_t count, char ret_text[TEXT_FIGURE_MAX]);

/** "512 B", "96.3 KiB", "1.2 GiB" */
const char *text_bytes(uint64_t bytes, char ret_text[TEXT_FIGURE_MAX]);

/** Always in milliseconds: "0.42 ms", "3.1 ms", "12,004 ms" */
const char *text_milliseconds(uint64_t duration_us, char ret_text[TEXT_FIGURE_MAX]);

/** Whole seconds: "0 s", "59 s", and from a minute on as text_duration() */
const char *text_seconds(uint64_t seconds, char ret_text[TEXT_FIGURE_MAX]);

/** In the unit that fits: "0.42 ms", "3.1 s", "2 min 5 s", "3 h 4 min", "12 d 3 h" */
const char *text_duration(uint64_t duration_us, char ret_text[TEXT_FIGURE_MAX]);

/** Local time, of seconds since 1970: "2026-11-25 14:03:20"; "?": there is none. */
const char *text_time(int64_t seconds, char ret_text[TEXT_FIGURE_MAX]);
