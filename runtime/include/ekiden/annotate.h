/* SPDX-License-Identifier: MIT */
/*
 * What a struct's declaration does not say about its members, said beside them. From a header with
 * these annotations `ekiden-schema import` makes version 1 of a schema; to a compiler they are
 * nothing.
 *
 *     struct foo {
 *             char *ZT name;
 *             size_t bar_count;
 *             struct bar **PTRARRAY(bar_count) bars;
 *             struct foo *next;
 *             IGNORE void *cache;
 *     };
 *
 * An annotation stands before the member, before its name, or behind it; but not behind the name
 * inside of the parentheses of a pointer to a function. The first four are those of Hayden et al.,
 * "State Transfer for Clear and Efficient Runtime Updates" (HotSWUp 2011), Figure 2.
 *
 * Each has a short name, without EKIDEN_ (EKIDEN_FUNCTION_IN is FUNCTION). A program that uses
 * those for something else defines EKIDEN_NO_SHORT_NAMES before it includes this header.
 */
#pragma once

#ifdef EKIDEN_ANNOTATE
#define EKIDEN_ANNOTATION_(text) __attribute__((annotate("ekiden:" text)))
#else
#define EKIDEN_ANNOTATION_(text)
#endif

/**
 * A pointer to text that ends with a NUL; or an array of, or pointer to, such pointers.
 *
 *     char *ZT name;
 *     char *aliases[4] ZT;
 */
#define EKIDEN_ZT EKIDEN_ANNOTATION_("zt")

/**
 * A pointer to an array, or an array, of which as many elements are in use as the integer member
 * `count` says. Of characters, and of void, they are bytes. Where the array grows, a second
 * argument, as in EKIDEN_PTRARRAY(count, room), is the integer member that says how many elements a
 * pointer has room for: after an upgrade that is as many as there are.
 *
 *     size_t bar_count;
 *     struct bar **PTRARRAY(bar_count) bars;
 *     unsigned char data[512] PTRARRAY(used);
 *     int used;
 *     size_t length, capacity;
 *     char *PTRARRAY(length, capacity) buffer;
 */
#define EKIDEN_PTRARRAY(...) EKIDEN_ANNOTATION_("ptrarray=" #__VA_ARGS__)

/**
 * The member stays behind.
 *
 *     IGNORE void *cache;
 */
#define EKIDEN_IGNORE EKIDEN_ANNOTATION_("ignore")

/**
 * A pointer to one struct, whose identity is kept. A pointer to a struct is that anyway.
 *
 *     struct bar *PTR first;
 */
#define EKIDEN_PTR EKIDEN_ANNOTATION_("ptr")

/**
 * A pointer to a struct that another item holds: it is not followed.
 *
 *     struct bar *REFERENCE borrowed;
 */
#define EKIDEN_REFERENCE EKIDEN_ANNOTATION_("reference")

/**
 * An int that is a file descriptor.
 *
 *     int listener DESCRIPTOR;
 */
#define EKIDEN_DESCRIPTOR EKIDEN_ANNOTATION_("descriptor")

/**
 * An array of char that is no text: all of it crosses, whatever it holds.
 *
 *     char token[16] BYTES;
 */
#define EKIDEN_BYTES EKIDEN_ANNOTATION_("bytes")

/**
 * A pointer to one of the functions in the program's `const struct ekiden_function table[]`.
 *
 *     void (*call)(int) FUNCTION(table);
 *     FUNCTION(table) int (*compare)(const void *, const void *);
 */
#define EKIDEN_FUNCTION_IN(table) EKIDEN_ANNOTATION_("function=" #table)

/**
 * A union of which one member is in use: the integer or enum member `kind` of the struct says
 * which. Every member of the union has EKIDEN_CASE() or EKIDEN_IGNORE. A second argument, as in
 * EKIDEN_TAGGED(kind, KIND_NONE), is the value at which none is in use.
 *
 *     enum kind kind;
 *     TAGGED(kind, KIND_NONE)
 *     union {
 *             CASE(KIND_NUMBER) int64_t number;
 *             CASE(KIND_TEXT) char text[32];
 *             IGNORE void *scratch;
 *     } value;
 */
#define EKIDEN_TAGGED(...) EKIDEN_ANNOTATION_("tagged=" #__VA_ARGS__)

/**
 * The value of `kind`, an integer or a constant of an enum, at which a union's member is in use.
 */
#define EKIDEN_CASE(value) EKIDEN_ANNOTATION_("case=" #value)

/* Those with an argument repeat what theirs are: passed on, it would be expanded. */
#ifndef EKIDEN_NO_SHORT_NAMES
#define ZT EKIDEN_ZT
#define PTRARRAY(...) EKIDEN_ANNOTATION_("ptrarray=" #__VA_ARGS__)
#define IGNORE EKIDEN_IGNORE
#define PTR EKIDEN_PTR
#define REFERENCE EKIDEN_REFERENCE
#define DESCRIPTOR EKIDEN_DESCRIPTOR
#define BYTES EKIDEN_BYTES
#define FUNCTION(table) EKIDEN_ANNOTATION_("function=" #table)
#define TAGGED(...) EKIDEN_ANNOTATION_("tagged=" #__VA_ARGS__)
#define CASE(value) EKIDEN_ANNOTATION_("case=" #value)
#endif
