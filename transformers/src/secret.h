/* SPDX-License-Identifier: MIT */
/*
 * Memory that may hold what a schema marks as secret: where it does, nothing of it is left behind
 * when the memory is given back. The compiler may not leave that out (explicit_bzero(3)).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <ekiden/schema.h>

/** Whether a message of this type may hold a secret, itself or in messages below. Where there
 * are too many types to look at, it may. (fields.c) */
bool ek_message_has_secrets(const struct ekiden_message *type);

/** Whether a field of the message is marked, by its number. */
bool ek_message_field_is_secret(const struct ekiden_message *type, unsigned int number);

/** realloc(); where it is secret, the old memory is wiped. NULL: memory ran out, it is as it was.
 */
void *ek_secret_realloc(bool is_secret, void *memory, size_t size_bytes, size_t new_size_bytes);

/** free(), after wiping what is secret. NULL is allowed. */
void ek_secret_free(bool is_secret, void *memory, size_t size_bytes);

/** Wipes what functions that have returned left on the stack, as far as the C library's go down. */
void ek_secret_wipe_stack(void);
