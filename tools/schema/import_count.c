/* SPDX-License-Identifier: MIT */
/*
 * Members that serve others: they count an array's elements, say for how many there is room, or
 * which member of a union is in use. Each serves one; what they hold crosses with that.
 */
#include <string.h>

#include "import_member.h"
#include "names.h"

struct lookup {
        const char *name;
        bool is_found;
        CXType type;
        CXCursor cursor;
        const char *path;
};

static enum CXVisitorResult visit_lookup(CXCursor cursor, CXClientData data)
{
        struct lookup *lookup = data;
        CXString spelling = clang_getCursorSpelling(cursor);

        if (strcmp(clang_getCString(spelling), lookup->name) == 0) {
                lookup->is_found = true;
                lookup->cursor = cursor;
                lookup->type = clang_getCanonicalType(clang_getCursorType(cursor));
        }
        clang_disposeString(spelling);
        return lookup->is_found ? CXVisit_Break : CXVisit_Continue;
}

/* Beside the level's members, or beside what holds them. */
static struct lookup look_up(const struct import_level *level, const char *name)
{
        struct lookup lookup = {.name = name};

        for (; level != NULL && !lookup.is_found; level = level->above) {
                if (level->union_path != NULL)
                        continue; /* beside it nothing is in use */
                clang_Type_visitFields(level->type, visit_lookup, &lookup);
                lookup.path = ek_memory_printf(level->import->arena, "%s%s", level->path, name);
        }
        return lookup;
}

const char *import_count_path(const struct import_level *level, const char *name)
{
        return look_up(level, name).path;
}

const struct import_count *import_count_find(const struct import_level *level, const char *path)
{
        const struct import_count *count = *level->counts;

        while (count != NULL && strcmp(count->path, path) != 0)
                count = count->next;
        return count;
}

static bool is_integer(const struct lookup *lookup, bool may_be_enum)
{
        const char *number = import_number(lookup->type);

        if (clang_Cursor_isBitField(lookup->cursor))
                return false;
        if (number == NULL)
                return may_be_enum && lookup->type.kind == CXType_Enum;
        return strcmp(number, "float") != 0 && strcmp(number, "double") != 0;
}

static void add(struct import_member *member, const struct lookup *lookup, const char *role,
                const char *pointer, bool is_discriminator)
{
        struct import_level *level = member->level;
        struct ek_memory *arena = level->import->arena;
        const struct import_count *twin = import_count_find(level, lookup->path);
        const char *union_path = is_discriminator ? NULL : level->union_path;
        struct import_count *count;

        if (twin != NULL && (union_path == NULL || twin->union_path == NULL ||
                             strcmp(union_path, twin->union_path) != 0)) {
                import_member_fault(member,
                                    ek_memory_printf(arena,
                                                     "names the member \"%s\", which is %s "
                                                     "already: give it one of its own, or stay out "
                                                     "of it with IGNORE",
                                                     lookup->name, twin->role));
                return;
        }
        count = ek_memory_alloc(arena, 1, sizeof(*count));
        count->name = lookup->name;
        count->path = lookup->path;
        count->role = role;
        count->union_path = union_path;
        count->pointer = pointer;
        count->beside = level->path;
        count->next = *level->counts;
        *level->counts = count;
}

static void note(struct import_member *member, const char *name, const char *role,
                 const char *pointer, bool is_discriminator)
{
        struct ek_memory *arena = member->level->import->arena;
        struct lookup lookup = look_up(member->level, name);

        if (!lookup.is_found)
                import_member_fault(member,
                                    ek_memory_printf(arena,
                                                     "names the member \"%s\", which there is none "
                                                     "of beside it: name one that there is",
                                                     name));
        else if (!is_integer(&lookup, is_discriminator))
                import_member_fault(
                        member,
                        ek_memory_printf(
                                arena,
                                "names the member \"%s\", which is no integer%s: name one "
                                "that is",
                                name,
                                clang_Cursor_isBitField(lookup.cursor) ? ", but a bit-field" : ""));
        else
                add(member, &lookup, ek_memory_printf(arena, "the %s \"%s\"", role, member->path),
                    pointer, is_discriminator);
}

void import_count_note(struct import_member *member)
{
        const struct annotations *annotations = &member->annotations;
        const bool grows = member->type.kind == CXType_Pointer && annotations->capacity == NULL;

        if (member->type.kind == CXType_Record && annotations->discriminator != NULL)
                note(member, annotations->discriminator, "discriminator of", NULL, true);
        if (member->type.kind != CXType_Record && annotations->length != NULL)
                note(member, annotations->length, "count of", grows ? member->name : NULL, false);
        if (member->type.kind != CXType_Record && annotations->capacity != NULL && !member->failed)
                note(member, annotations->capacity, "room of", NULL, false);
}

static bool sounds_like_room(struct ek_memory *arena, const char *name)
{
        static const char *const words[] = {"cap", "size", "alloc", "room"};
        const char *lower = ek_name_lower(arena, name);

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strstr(lower, words[i]) != NULL)
                        return true;
        return false;
}

void import_count_suspect(const struct import_member *member)
{
        struct import *import = member->level->import;
        const char *number = import_number(member->type);

        if (number == NULL || strstr("float double bool", number) != NULL ||
            clang_Cursor_isBitField(member->cursor) ||
            !sounds_like_room(import->arena, member->name))
                return;
        for (const struct import_count *count = *member->level->counts; count != NULL;
             count = count->next)
                if (count->pointer != NULL && strcmp(count->beside, member->level->path) == 0) {
                        import_notice(
                                import, member->place,
                                "member \"%s\" crosses as a number: if it says how many "
                                "elements \"%s\" has room for, annotate that with PTRARRAY(%s, "
                                "%s), as it arrives with no more than there are",
                                member->path, count->pointer, count->name, member->name);
                        return;
                }
}
