/* SPDX-License-Identifier: MIT */
/*
 * The members of a struct, each as a field of its message. Structs without a name of their own are
 * gone through in place, by paths ("peer.port"); a union with TAGGED() is a oneof.
 */
#include "import_member.h"

#include <string.h>

#include "names.h"

static void walk(struct import_level *level);

void import_member_fault(struct import_member *member, const char *sentence)
{
        struct import *import = member->level->import;

        member->failed = true;
        if (clang_equalCursors(member->place, member->cursor))
                import_fault(import, member->place, "member \"%s\" %s", member->path, sentence);
        else
                import_refuse_system(import, member->level->message, member->place);
}

bool import_is_named(CXType type)
{
        return !clang_Cursor_isAnonymous(clang_getTypeDeclaration(type));
}

static void go_down(struct import_member *member, const char *union_path,
                    struct import_oneof *oneof)
{
        struct import_level below = *member->level;

        below.above = member->level;
        below.type = member->type;
        below.union_path = union_path;
        below.oneof = oneof;
        if (member->name[0] != '\0')
                below.path = ek_memory_printf(below.import->arena, "%s.", member->path);
        walk(&below);
}

static void add_oneof(struct import_member *member)
{
        struct import_level *level = member->level;
        struct ek_memory *arena = level->import->arena;
        struct import_oneof *oneof = ek_memory_alloc(arena, 1, sizeof(*oneof));

        oneof->name = import_name_oneof(level->import, level->message, member->path);
        oneof->discriminator = import_count_path(level, member->annotations.discriminator);
        oneof->none = member->annotations.none;
        oneof->cases.arena = arena;
        if (oneof->none != NULL)
                import_names_take(&oneof->cases, oneof->none);
        go_down(member, member->path, oneof);
}

static void walk_union(struct import_member *member)
{
        struct import_level *level = member->level;

        import_annotations(level->import, clang_getTypeDeclaration(member->type),
                           &member->annotations);
        if (level->union_path != NULL) {
                import_member_fault(member, "is a union in a union, which a schema has not: put it "
                                            "into a struct with a tag, or stay out of it with "
                                            "IGNORE");
        } else if (member->annotations.discriminator == NULL) {
                import_member_fault(member, "is a union: annotate it with TAGGED(MEMBER), which "
                                            "names the member that says which of it is in use, and "
                                            "its members with CASE(VALUE); or with IGNORE");
        } else if (!level->collects) {
                add_oneof(member);
        } else {
                import_count_note(member);
                if (!member->failed)
                        go_down(member, member->path, NULL);
        }
}

static void ignore(struct import_member *member)
{
        struct import *import = member->level->import;
        struct strings *ignored = &member->level->message->ignored;
        const struct import_count *count = import_count_find(member->level, member->path);
        const char *path = member->path;

        if (count != NULL) {
                import_member_fault(member, ek_memory_printf(import->arena, "is %s: remove IGNORE",
                                                             count->role));
                return;
        }
        if (clang_Cursor_isBitField(member->cursor))
                path = ek_memory_printf(import->arena, "%s:%d", path,
                                        clang_getFieldDeclBitWidth(member->cursor));
        ignored->list = ek_memory_grow(import->arena, ignored->list, ignored->count, &ignored->size,
                                       sizeof(*ignored->list));
        ignored->list[ignored->count++] = path;
}

/* What it is, as far as that needs no look at its annotations. */
static bool is_record(const struct import_member *member, enum CXCursorKind kind)
{
        return member->type.kind == CXType_Record &&
               clang_getCursorKind(clang_getTypeDeclaration(member->type)) == kind;
}

static void take_member(struct import_member *member)
{
        struct import_level *level = member->level;

        if (member->annotations.ignore) {
                if (!level->collects)
                        ignore(member);
        } else if (is_record(member, CXCursor_UnionDecl)) {
                walk_union(member);
        } else if (is_record(member, CXCursor_StructDecl) && !import_is_named(member->type) &&
                   level->union_path == NULL) {
                go_down(member, NULL, NULL);
        } else if (level->collects) {
                import_count_note(member);
        } else if (import_count_find(level, member->path) == NULL) {
                import_count_suspect(member);
                import_member_field(member);
        }
}

static enum CXVisitorResult visit_member(CXCursor cursor, CXClientData data)
{
        struct import_level *level = data;
        struct import *import = level->import;
        struct import_member member = {.level = level, .cursor = cursor};

        member.place = import_place(level->message, cursor);
        member.type = clang_getCanonicalType(clang_getCursorType(cursor));
        member.name = import_string(import, clang_getCursorSpelling(cursor));
        member.path = ek_memory_printf(import->arena, "%s%s", level->path, member.name);
        if (member.name[0] == '\0' && member.type.kind != CXType_Record)
                return CXVisit_Continue; /* a bit-field for padding */
        if (member.name[0] != '\0' && !ek_name_is_identifier(member.name)) {
                import_member_fault(&member, "has a name that the generator does not take: rename "
                                             "it with letters of ASCII, digits and '_'");
                return CXVisit_Continue;
        }
        import_annotations(import, cursor, &member.annotations);
        take_member(&member);
        return CXVisit_Continue;
}

static void walk(struct import_level *level)
{
        clang_Type_visitFields(level->type, visit_member, level);
}

void import_members(struct import *import, struct import_message *message)
{
        struct import_count *counts = NULL;
        struct import_level level = {
                .import = import,
                .message = message,
                .type = clang_getCanonicalType(clang_getCursorType(message->declaration)),
                .path = "",
                .counts = &counts,
                .collects = true,
        };

        walk(&level);
        level.collects = false;
        walk(&level);
        if (message->field_count == 0 && !import->failed)
                import_fault(import, import_place(message, message->declaration),
                             "%s has no member that crosses: take IGNORE from one, or stay out of "
                             "the struct with IGNORE",
                             message->c_struct);
}
