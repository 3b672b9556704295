/* SPDX-License-Identifier: MIT */
/*
 * The members of a struct, each as a field of its message. Structs without a name of their own are
 * gone through in place, by paths ("peer.port"); a union with TAGGED() is a oneof.
 */
#include <string.h>

#include "import.h"

/* A struct or union on the way down from the message's own. */
struct level {
        const struct level *above; /* or NULL */
        struct import *import;
        struct import_message *message;
        CXType type;
        const char *path; /* before each member's name: "peer." */
        const struct import_oneof *oneof; /* the members are a union's */
        struct import_names *uncounted; /* paths of members that the schema has no field for */
        bool collects; /* the first time through: to learn which those are */
};

/* A member, while it becomes a field. */
struct member {
        struct level *level;
        CXCursor cursor, place;
        CXType type; /* canonical */
        const char *name, *path;
        struct annotations annotations;
        struct import_field field;
        bool failed;
};

/* A member that another one names: a count, or a discriminator. */
struct lookup {
        const char *name;
        bool is_found;
        CXType type;
        CXCursor cursor;
        const char *path;
};

static void walk(struct level *level);

static void fault(struct member *member, const char *sentence)
{
        struct import *import = member->level->import;

        member->failed = true;
        if (clang_equalCursors(member->place, member->cursor))
                import_fault(import, member->place, "member \"%s\" %s", member->path, sentence);
        else
                import_refuse_system(import, member->level->message, member->place);
}

static void add_option(struct member *member, const char *option)
{
        struct import_field *field = &member->field;

        field->options =
                ek_arena_grow(member->level->import->arena, field->options, field->option_count,
                              &field->option_size, sizeof(*field->options));
        field->options[field->option_count++] = option;
}

static void add_text_option(struct member *member, const char *name, const char *value)
{
        add_option(member,
                   ek_arena_printf(member->level->import->arena, "%s: \"%s\"", name, value));
}

static bool is_char(CXType type)
{
        return type.kind == CXType_Char_S || type.kind == CXType_Char_U;
}

static bool is_byte(CXType type)
{
        return is_char(type) || type.kind == CXType_UChar || type.kind == CXType_SChar;
}

static bool is_array(CXType type)
{
        return type.kind == CXType_ConstantArray || type.kind == CXType_IncompleteArray;
}

static CXType element_of(CXType array)
{
        return clang_getCanonicalType(clang_getArrayElementType(array));
}

static CXType pointee_of(CXType pointer)
{
        return clang_getCanonicalType(clang_getPointeeType(pointer));
}

static bool is_function(CXType type)
{
        return type.kind == CXType_FunctionProto || type.kind == CXType_FunctionNoProto;
}

static bool is_named_struct(CXType type)
{
        return type.kind == CXType_Record &&
               !clang_Cursor_isAnonymous(clang_getTypeDeclaration(type));
}

static void set_message(struct member *member, CXType type, bool is_pointer)
{
        struct level *level = member->level;

        if (!is_named_struct(type)) {
                fault(member, "has a type without a name, of which there can be no message: give "
                              "the struct a tag");
                return;
        }
        member->field.message = import_message(level->import, type, member->cursor, level->message);
        if (member->field.message == NULL)
                member->failed = true;
        else if (is_pointer)
                member->field.message->identity = true;
}

/* A value that is no array: of the member itself, or of each element. */
static void set_value(struct member *member, CXType type)
{
        const struct annotations *annotations = &member->annotations;

        if (type.kind == CXType_Enum) {
                member->field.enumeration =
                        import_enum(member->level->import, type, member->place, member->path);
                member->failed |= member->field.enumeration == NULL;
        } else if (type.kind == CXType_Record) {
                set_message(member, type, false);
        } else if (type.kind != CXType_Pointer) {
                member->field.scalar = import_number(type);
                if (member->field.scalar == NULL)
                        fault(member, "has a type that no schema has: change it, or stay out of it "
                                      "with IGNORE");
        } else if (is_function(pointee_of(type))) {
                fault(member, "points to a function: annotate it with FUNCTION(TABLE), which names "
                              "the table of those that it may point to, or with IGNORE");
        } else if (is_char(pointee_of(type)) && annotations->zt) {
                member->field.scalar = "string";
                add_option(member, "zt: true");
        } else if (pointee_of(type).kind == CXType_Record) {
                set_message(member, pointee_of(type), true);
        } else if (is_char(pointee_of(type))) {
                fault(member, "points to characters: annotate it with ZT if a NUL ends them, with "
                              "PTRARRAY(MEMBER) if a member counts them, or with IGNORE");
        } else if (annotations->ptr) {
                fault(member, "is annotated with PTR, but does not point to a struct: annotate it "
                              "with PTRARRAY(MEMBER), or make what it points to a struct");
        } else if (pointee_of(type).kind == CXType_Void) {
                fault(member, "points to nobody knows what: annotate it with PTRARRAY(MEMBER) if "
                              "it is bytes that a member counts, or with IGNORE");
        } else {
                fault(member, "is a pointer: annotate it with PTRARRAY(MEMBER) if a member counts "
                              "what it points to, or with IGNORE");
        }
}

/* An array's elements, in the struct or behind a pointer. */
static void set_elements(struct member *member, CXType element, bool counted, bool in_place)
{
        const bool in_system_header =
                clang_Location_isInSystemHeader(clang_getCursorLocation(member->cursor));

        if ((is_byte(element) && (counted || member->annotations.bytes || in_system_header)) ||
            element.kind == CXType_UChar || element.kind == CXType_SChar ||
            element.kind == CXType_Void) {
                member->field.scalar = "bytes";
                return;
        }
        if (is_char(element) && in_place) {
                member->field.scalar = "string";
                return;
        }
        if (member->level->oneof != NULL) {
                fault(member, "is an array in a union, and a oneof has none: put it into a struct "
                              "with a tag there, or stay out of it with IGNORE");
                return;
        }
        member->field.repeated = true;
        if (!is_array(element))
                set_value(member, element);
        else if (is_char(element_of(element)) && !member->annotations.bytes)
                member->field.scalar = "string";
        else
                fault(member, "is an array of arrays, which a schema has not: put the inner one "
                              "into a struct with a tag, or stay out of it with IGNORE");
}

static void set_array(struct member *member)
{
        const bool counted = member->annotations.length != NULL;
        const bool has_size =
                member->type.kind == CXType_ConstantArray && clang_getArraySize(member->type) > 0;

        if (!has_size && !counted) {
                fault(member, "has no size: annotate it with PTRARRAY(MEMBER), where the member "
                              "counts its elements, or with IGNORE");
                return;
        }
        if (!has_size) {
                add_option(member, "flexible: true");
                member->level->message->flexible = true;
        }
        set_elements(member, element_of(member->type), counted, true);
}

static void set_function(struct member *member)
{
        if (member->type.kind != CXType_Pointer || !is_function(pointee_of(member->type))) {
                fault(member, "is annotated with FUNCTION, but is no pointer to a function: remove "
                              "the annotation");
                return;
        }
        member->field.scalar = "string";
        add_text_option(member, "function", member->annotations.function);
}

static void set_type(struct member *member)
{
        const struct annotations *annotations = &member->annotations;

        if (annotations->function != NULL)
                set_function(member);
        else if (is_array(member->type))
                set_array(member);
        else if (annotations->length != NULL && member->type.kind != CXType_Pointer)
                fault(member, "is annotated with PTRARRAY, but is no array and points to none: "
                              "remove the annotation");
        else if (annotations->length != NULL)
                set_elements(member, pointee_of(member->type), true, false);
        else
                set_value(member, member->type);
}

static void set_descriptor(struct member *member)
{
        const bool is_pointed = member->type.kind == CXType_Pointer && member->field.repeated;
        const CXType type = is_array(member->type) ? element_of(member->type)
                            : is_pointed           ? pointee_of(member->type)
                                                   : member->type;

        if (type.kind == CXType_Int)
                add_option(member, "descriptor: true");
        else
                fault(member, "is annotated with DESCRIPTOR, but is no int: remove the annotation");
}

/* Annotations that do not fit what the member turned out to be. */
static void check_annotations(struct member *member)
{
        const struct annotations *annotations = &member->annotations;
        const struct import_field *field = &member->field;
        const bool is_object = field->message != NULL && field->message->identity;

        if (annotations->zt && (field->scalar == NULL || strcmp(field->scalar, "string") != 0 ||
                                annotations->function != NULL))
                fault(member, "is annotated with ZT, but is no pointer to char: remove the "
                              "annotation");
        else if (annotations->bytes &&
                 (field->scalar == NULL || strcmp(field->scalar, "bytes") != 0))
                fault(member, "is annotated with BYTES, but is no array of char: remove the "
                              "annotation");
        else if ((annotations->ptr || annotations->reference) && !is_object)
                fault(member, "is annotated with PTR or REFERENCE, but does not point to a struct: "
                              "remove the annotation");
        else if (annotations->discriminator != NULL)
                fault(member, "is annotated with TAGGED, but is no union: remove the annotation");
        else if (annotations->case_value != NULL && member->level->oneof == NULL)
                fault(member, "is annotated with CASE, but its union is not with TAGGED(MEMBER): "
                              "add that to the union, or remove CASE");
        else if (annotations->case_value == NULL && member->level->oneof != NULL)
                fault(member, "of a union needs CASE(VALUE), the value at which it is in use, or "
                              "IGNORE");
}

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
static struct lookup look_up(const struct level *level, const char *name)
{
        struct lookup lookup = {.name = name};

        for (; level != NULL && !lookup.is_found; level = level->above) {
                clang_Type_visitFields(level->type, visit_lookup, &lookup);
                lookup.path = ek_arena_printf(level->import->arena, "%s%s", level->path, name);
        }
        return lookup;
}

static void add_options(struct member *member)
{
        struct import *import = member->level->import;
        const struct annotations *annotations = &member->annotations;

        if (strcmp(member->field.name, member->path) != 0)
                add_text_option(member, "c_member", member->path);
        if (annotations->length != NULL)
                add_text_option(member, "length", look_up(member->level, annotations->length).path);
        if (annotations->reference)
                add_option(member, "reference: true");
        if (annotations->descriptor)
                set_descriptor(member);
        if (clang_Cursor_isBitField(member->cursor))
                add_option(member, ek_arena_printf(import->arena, "bits: %d",
                                                   clang_getFieldDeclBitWidth(member->cursor)));
        if (annotations->case_value != NULL)
                add_text_option(member, "c_case", annotations->case_value);
}

static void add_field(struct member *member)
{
        struct import *import = member->level->import;
        struct import_message *message = member->level->message;
        struct import_field *field = &member->field;
        CXString comment = clang_Cursor_getBriefCommentText(member->cursor);
        const bool has_presence = field->message == NULL && member->level->oneof == NULL &&
                                  (field->scalar == NULL || strcmp(field->scalar, "string") != 0);

        field->name =
                import_name_field(import, message, member->path, field->repeated, has_presence);
        field->oneof = member->level->oneof;
        field->comment = import_string(import, comment);
        if (strcmp(message->last_comment, field->comment) == 0)
                field->comment = ""; /* `int a, b; // what both are` */
        else
                message->last_comment = field->comment;
        add_options(member);
        if (member->failed)
                return;
        message->fields = ek_arena_grow(import->arena, message->fields, message->field_count,
                                        &message->field_size, sizeof(*field));
        message->fields[message->field_count++] = *field;
}

/* A count or a discriminator belongs to the array or the union, and has no field of its own. */
static void note_uncounted(struct member *member, const char *name, bool may_be_enum,
                           bool may_be_bits)
{
        struct level *level = member->level;
        struct import *import = level->import;
        struct lookup lookup = look_up(level, name);
        const char *number;

        if (!lookup.is_found) {
                fault(member, ek_arena_printf(import->arena,
                                              "names the member \"%s\", which there is none of "
                                              "beside it: name one that there is",
                                              name));
                return;
        }
        number = import_number(lookup.type);
        if ((number == NULL && !(may_be_enum && lookup.type.kind == CXType_Enum)) ||
            (number != NULL && strstr("float double", number) != NULL) ||
            (clang_Cursor_isBitField(lookup.cursor) && !may_be_bits)) {
                fault(member,
                      ek_arena_printf(import->arena,
                                      "names the member \"%s\", which is no integer%s: "
                                      "name one that is",
                                      name,
                                      clang_Cursor_isBitField(lookup.cursor) ? ", but a bit-field"
                                                                             : ""));
                return;
        }
        import_names_take(level->uncounted, lookup.path);
}

static void go_down(struct member *member, const struct import_oneof *oneof)
{
        struct level below = *member->level;

        below.above = member->level;
        below.type = member->type;
        below.oneof = oneof;
        if (member->name[0] != '\0')
                below.path = ek_arena_printf(below.import->arena, "%s.", member->path);
        walk(&below);
}

static void walk_union(struct member *member)
{
        struct level *level = member->level;
        struct import *import = level->import;
        struct import_oneof *oneof;

        import_annotations(import, clang_getTypeDeclaration(member->type), &member->annotations);
        if (level->oneof != NULL) {
                fault(member, "is a union in a union, which a schema has not: put it into a struct "
                              "with a tag, or stay out of it with IGNORE");
                return;
        }
        if (member->annotations.discriminator == NULL) {
                if (!level->collects)
                        fault(member,
                              "is a union: annotate it with TAGGED(MEMBER), which names the "
                              "member that says which of it is in use, and its members "
                              "with CASE(VALUE); or with IGNORE");
                return;
        }
        if (level->collects) {
                note_uncounted(member, member->annotations.discriminator, true, false);
                go_down(member, NULL);
                return;
        }
        oneof = ek_arena_alloc(import->arena, 1, sizeof(*oneof));
        oneof->name = import_name_oneof(import, level->message, member->path);
        oneof->discriminator = look_up(level, member->annotations.discriminator).path;
        oneof->none = member->annotations.none;
        go_down(member, oneof);
}

static void ignore(struct member *member)
{
        struct import *import = member->level->import;
        struct strings *ignored = &member->level->message->ignored;

        if (clang_Cursor_isBitField(member->cursor)) { /* no assertion can see where it is */
                fault(member, "is a bit-field, and none stays behind alone: remove IGNORE, or make "
                              "it a member that is no bit-field");
                return;
        }
        ignored->list = ek_arena_grow(import->arena, ignored->list, ignored->count, &ignored->size,
                                      sizeof(*ignored->list));
        ignored->list[ignored->count++] = member->path;
}

static enum CXVisitorResult visit_member(CXCursor cursor, CXClientData data)
{
        struct level *level = data;
        struct import *import = level->import;
        struct member member = {.level = level, .cursor = cursor};

        member.place = import_place(level->message, cursor);
        member.type = clang_getCanonicalType(clang_getCursorType(cursor));
        member.name = import_string(import, clang_getCursorSpelling(cursor));
        member.path = ek_arena_printf(import->arena, "%s%s", level->path, member.name);
        if (clang_Cursor_isBitField(cursor) && member.name[0] == '\0')
                return CXVisit_Continue; /* padding */
        import_annotations(import, cursor, &member.annotations);
        if (member.annotations.ignore) {
                if (!level->collects)
                        ignore(&member);
                return CXVisit_Continue;
        }
        if (member.type.kind == CXType_Record && !is_named_struct(member.type) &&
            clang_getCursorKind(clang_getTypeDeclaration(member.type)) == CXCursor_StructDecl &&
            level->oneof == NULL) {
                go_down(&member, NULL);
                return CXVisit_Continue;
        }
        if (member.type.kind == CXType_Record &&
            clang_getCursorKind(clang_getTypeDeclaration(member.type)) == CXCursor_UnionDecl) {
                walk_union(&member);
                return CXVisit_Continue;
        }
        if (level->collects) {
                if (member.annotations.length != NULL)
                        note_uncounted(&member, member.annotations.length, false, false);
                return CXVisit_Continue;
        }
        if (level->oneof == NULL && !import_names_take(level->uncounted, member.path))
                return CXVisit_Continue;
        set_type(&member);
        if (!member.failed)
                check_annotations(&member);
        if (!member.failed)
                add_field(&member);
        return CXVisit_Continue;
}

static void walk(struct level *level)
{
        clang_Type_visitFields(level->type, visit_member, level);
}

void import_members(struct import *import, struct import_message *message)
{
        struct import_names uncounted = {.arena = import->arena};
        struct level level = {
                .import = import,
                .message = message,
                .type = clang_getCanonicalType(clang_getCursorType(message->declaration)),
                .path = "",
                .uncounted = &uncounted,
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
