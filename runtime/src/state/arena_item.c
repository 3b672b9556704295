/* SPDX-License-Identifier: MIT */
/* See arena_item.h. */
#include "state/arena_item.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "arena/arena.h"
#include "state/arena_held.h"
#include "state/tagged.h"
#include "wire/look.h"

/* Where the kernel may not be asked which pages were written, they are compared. */
static int carry(struct ekiden_arena *arena)
{
        return ek_arena_carry_by(arena, ek_may_look() ? EK_FIND_SCANNED : EK_FIND_COMPARED);
}

int ek_arena_put(struct ekiden_arena *const *arena, Ekiden__Value *value,
                 struct ekiden_cursor *cursor)
{
        Ekiden__Arena *message;

        if (!*arena)
                return 1;
        if (!ek_arena_is_whole(*arena))
                return ekiden_error_set(cursor->error, EKIDEN_EREFUSED,
                                        "the arena was closed, or one of its descriptors was; set "
                                        "the variable to NULL when an arena is closed");
        if (!*(*arena)->is_owner)
                return ekiden_error_set(cursor->error, EKIDEN_EREFUSED,
                                        "the arena is the parent's, which may go on with it: this "
                                        "process was forked when it had been made; fork first");
        if (!(*arena)->is_shared && carry(*arena) < 0)
                return ekiden_error_set(
                        cursor->error, EKIDEN_ENOMEM,
                        "what this process has written since it took the arena "
                        "over is still its own, as there was no memory to share it; "
                        "try again when there is");
        message = ekiden_cursor_alloc(cursor, sizeof(*message));
        if (!message)
                return EKIDEN_ENOMEM;
        ekiden__arena__init(message);
        message->has_data = message->has_table = message->has_reserved_bytes = 1;
        message->data = (*arena)->data.descriptor;
        message->table = (*arena)->table.descriptor;
        message->reserved_bytes = (*arena)->data.reserved_bytes;
        value->value_case = EKIDEN__VALUE__VALUE_ARENA;
        value->arena = message;
        return 1;
}

static int refuse(struct ekiden_cursor *cursor, int code, uint64_t reserved_bytes)
{
        if (code == EKIDEN_EPROTOCOL)
                return ekiden_error_set(cursor->error, code,
                                        "what came as an arena is none, or is damaged");
        if (code == EKIDEN_ENOMEM)
                return ekiden_error_set(cursor->error, code,
                                        "an arena that may grow to %llu bytes finds no address "
                                        "space; is RLIMIT_AS high enough?",
                                        (unsigned long long)reserved_bytes);
        return ekiden_error_set_errno(cursor->error, code, errno, "an arena cannot be taken over");
}

/* The predecessor has it under several names; or this process has taken it over before. */
static bool take_known(const Ekiden__Arena *message, struct ekiden_arena **ret_arena)
{
        struct ekiden_arena *known = ek_arena_of(message->data, message->table);

        if (!known)
                return false;
        close(message->data);
        close(message->table);
        *ret_arena = known;
        return true;
}

/* Its address space was reserved; but it is mapped already, and twice would be one too many: what
   is written to one is not in the other. */
static int refuse_second(struct ekiden_cursor *cursor, const char *name)
{
        return ekiden_error_set(cursor->error, EKIDEN_EREFUSED,
                                "arena \"%s\" has come under another name, and an item that has "
                                "bytes in it by this one was sent ahead; let all items name it "
                                "alike, or remove `ahead`",
                                name);
}

/* How large it would be, nobody knew when space was reserved for it. */
static int refuse_large(struct ekiden_cursor *cursor, const char *name, uint64_t reserved_bytes)
{
        return ekiden_error_set(cursor->error, EKIDEN_ELIMIT,
                                "arena \"%s\" may grow to %llu bytes, and where an item with bytes "
                                "in it is sent ahead, it may to %llu; make it with a smaller "
                                "maximum, or remove `ahead`",
                                name, (unsigned long long)reserved_bytes,
                                (unsigned long long)ek_arena_promised_bytes(name));
}

/* Bytes that were sent ahead lie in it, wherever that is. */
static int fulfil(const char *name, const Ekiden__Arena *message, struct ekiden_arena **ret_arena)
{
        struct ekiden_arena *arena = NULL;
        bool is_short;
        int r = ek_arena_fulfil(name, message->data, message->table, message->reserved_bytes,
                                &arena, &is_short);

        if (r < 0)
                return r;
        if (is_short) {
                /* Its descriptors are the caller's still. */
                arena->data.descriptor = arena->table.descriptor = -1;
                ek_arena_unmap(arena);
                return EKIDEN_EPROTOCOL;
        }
        *ret_arena = arena;
        return 0;
}

int ek_arena_get(const char *name, const Ekiden__Value *value, struct ekiden_arena **ret_arena,
                 struct ekiden_cursor *cursor)
{
        const Ekiden__Arena *message = value->arena;
        uint64_t reserved_bytes;
        int r;

        if (value->value_case != EKIDEN__VALUE__VALUE_ARENA) {
                if (ek_arena_is_promised_name(name))
                        return refuse(cursor, EKIDEN_EPROTOCOL, 0);
                *ret_arena = NULL;
                return 0;
        }
        reserved_bytes = message->reserved_bytes;
        if (message->data >= 0 && message->table >= 0) {
                if (ek_arena_is_promised_name(name) && ek_arena_of(message->data, message->table))
                        return refuse_second(cursor, name);
                if (take_known(message, ret_arena))
                        return 0;
                if (ek_arena_is_promised_name(name) && reserved_bytes <= EK_ARENA_MOST &&
                    reserved_bytes > ek_arena_promised_bytes(name))
                        return refuse_large(cursor, name, reserved_bytes);
                r = fulfil(name, message, ret_arena);
        } else if (ek_arena_is_promised_name(name)) {
                r = EKIDEN_EPROTOCOL;
        } else if (message->data >= 0 || message->table >= 0 || reserved_bytes == 0 ||
                   reserved_bytes > EK_ARENA_MOST || reserved_bytes % EK_ARENA_STEP != 0) {
                r = EKIDEN_EPROTOCOL;
        } else {
                r = ek_arena_make(name, reserved_bytes, ret_arena);
        }
        return r < 0 ? refuse(cursor, r, reserved_bytes) : 0;
}

void ek_arena_strip(const struct ekiden_message *type, ProtobufCMessage *record)
{
        Ekiden__Value *value = (Ekiden__Value *)record;

        if (type == &ek_value_message && value->value_case == EKIDEN__VALUE__VALUE_ARENA)
                value->arena->data = value->arena->table = -1;
}

void ek_arenas_settle(void)
{
        ek_arena_drop_held();
        for (struct ekiden_arena *arena = ek_arenas; arena; arena = arena->next) {
                ek_arena_settle_claims(arena);
                arena->is_shared = false;
                (void)carry(arena);
        }
}

void ek_arenas_before_split(void)
{
        for (struct ekiden_arena *arena = ek_arenas; arena; arena = arena->next)
                arena->was_owner = *arena->is_owner;
}

/* The other is about to execute another binary, and goes on with none of them. */
void ek_arenas_after_split(void)
{
        for (struct ekiden_arena *arena = ek_arenas; arena; arena = arena->next)
                *arena->is_owner = arena->was_owner;
}

void ek_arenas_let_go(void)
{
        for (struct ekiden_arena *arena = ek_arenas; arena; arena = arena->next)
                ek_arena_withdraw(arena);
}
