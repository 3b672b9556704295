/* SPDX-License-Identifier: MIT */
/*
 * Fields whose bytes lie in an arena. In a message they are bytes as any others, wherever those
 * are; on the wire, and only there, such a field holds an ekiden.ArenaBlock, which says where they
 * are. So transformers, digests and comparisons see the bytes, and a snapshot holds them.
 */
#pragma once

#include "state/tagged.h"

struct ekiden_scratch;

/** The arena that is tagged under this name, or will be (arena_held.h); or NULL. */
struct ekiden_arena *ek_arena_tagged(const char *name);

/** A record on its way out: what its fields held, and what they hold while it is packed. */
struct ek_arena_patches {
        struct ek_arena_patch {
                ProtobufCBinaryData *place;
                ProtobufCBinaryData bytes;
                struct ekiden_arena *arena;
                uint32_t number; /* 0: the bytes lie in no arena */
        } * list;
        size_t count, capacity;
        uint8_t *blocks; /* encoded, one after the other */
        size_t block_capacity;
        bool is_ahead; /* bytes that lie elsewhere are refused */
        bool is_object; /* what is in hand; otherwise it is a record … */
        uint64_t number; /* … of this number */
        bool is_secret; /* what is encoded may be so, where bytes lie elsewhere */
};

/**
 * Replaces the bytes of a record by where they are, until ek_arena_fields_restore().
 *
 * @return 0, or an error with its sentence: the record is as it was
 */
int ek_arena_fields_refer(struct ek_arena_patches *patches, const struct ekiden_message *type,
                          ProtobufCMessage *record, struct ekiden_error *error);

void ek_arena_fields_restore(struct ek_arena_patches *patches);

void ek_arena_fields_free(struct ek_arena_patches *patches);

/** What becomes of a record that came. */
enum ek_arena_arrival {
        EK_ARENA_TAKEN, /* the program takes it: whose the blocks are is noted (claims.c) */
        EK_ARENA_SHOWN, /* it is looked at, and let go */
        EK_ARENA_AHEAD, /* the arenas may come later: where the bytes will be is known all the same
                         */
};

/**
 * A record that came: finds the bytes, in this process's arenas or in the record itself.
 *
 * @return 0, or an error with its sentence
 */
int ek_arena_fields_locate(const struct ekiden_message *type, ProtobufCMessage *record,
                           uint64_t number, enum ek_arena_arrival arrival,
                           struct ekiden_error *error);

/**
 * What a struct's member takes over: the block in which the bytes are, or one that they are copied
 * to.
 *
 * @return the block; NULL: memory ran out, or no arena of this name is tagged (*ret_is_tagged)
 */
void *ek_arena_take_over(const char *name, const ProtobufCBinaryData *bytes, bool *ret_is_tagged);

/** Where in the arena of this name an address is, in bytes from 1; 0: it is in none. */
uint64_t ek_arena_place(const char *name, const void *memory);

/** Gives back what ek_arena_take_over() gave. NULL is allowed. */
void ek_arena_release(const char *name, void *memory);
