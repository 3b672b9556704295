/* SPDX-License-Identifier: MIT */
/* Random values, the same ones for the same seed, with the extremes among them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Starts over. */
void draw_seed(uint64_t seed);

/** 0 to `end` - 1. */
size_t draw(size_t end);

/** True one time in `times`. */
bool draw_one_in(size_t times);

/** 64 bits: small ones, those at the ends of integers of all widths, any. */
uint64_t draw_bits(void);

/** A number of C, cut from draw_bits(); every NaN is the usual one. */
double draw_double(void);
float draw_float(void);

/** Valid UTF-8 of at most `size_max` bytes, NUL not counted, into a buffer of size_max + 1. */
void draw_text(char *ret_text, size_t size_max);

void draw_bytes(void *ret_bytes, size_t size);

/** The environment variable as a number; `usual` where there is none. */
uint64_t draw_setting(const char *variable, uint64_t usual);
