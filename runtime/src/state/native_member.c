/* SPDX-License-Identifier: MIT */
/* What the ways out of a struct and into it share: where values are, and how a member is named. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/native.h"
#include "utf8.h"

bool ek_member_in_use(const struct ekiden_member *member, const void *object)
{
        const struct ekiden_choice *choice = member->choice;
        struct ek_number number;

        if (!choice)
                return true;
        return ek_number_load((const char *)object + choice->offset, choice->size, choice->flags,
                              &number) &&
               number.integer == member->chosen;
}

const struct ekiden_memory *ek_native_memory(const struct ekiden_native *native)
{
        static const struct ekiden_memory heap = {malloc, free};

        return native->memory ? native->memory : &heap;
}

const struct ekiden_member *ek_native_flexible(const struct ekiden_native *native)
{
        for (size_t i = 0; i < native->member_count; i++)
                if (native->members[i].room == EKIDEN_ROOM_FLEXIBLE)
                        return &native->members[i];
        return NULL;
}

int ek_native_refuse(struct ekiden_cursor *cursor, int code, const struct ekiden_native *native,
                     const struct ekiden_member *member, const char *format, ...)
{
        const char *field = native->descriptor->fields[member->field].name;
        char reason[256];
        va_list arguments;

        if (!cursor->error || cursor->error->code != 0)
                return code;
        va_start(arguments, format);
        vsnprintf(reason, sizeof(reason), format, arguments);
        va_end(arguments);
        ek_utf8_copy(cursor->error->field, sizeof(cursor->error->field), field);
        return ekiden_error_set(
                cursor->error, code, "%s %llu: member \"%s\" of %s (field \"%s\") %s",
                cursor->objects && cursor->objects->is_object ? "object" : "record",
                (unsigned long long)cursor->record, member->name, native->name, field, reason);
}
