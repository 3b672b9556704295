/* SPDX-License-Identifier: MIT */
/* What becomes of a member's type: its field's type, label and options. */
#include <string.h>

#include "import_member.h"

static void add_option(struct import_member *member, const char *option)
{
        struct import_field *field = &member->field;

        field->options =
                ek_memory_grow(member->level->import->arena, field->options, field->option_count,
                               &field->option_size, sizeof(*field->options));
        field->options[field->option_count++] = option;
}

static void add_text_option(struct import_member *member, const char *name, const char *value)
{
        add_option(member,
                   ek_memory_printf(member->level->import->arena, "%s: \"%s\"", name, value));
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

static void set_message(struct import_member *member, CXType type, bool is_pointer)
{
        struct import_level *level = member->level;

        if (!(type.kind == CXType_Record && import_is_named(type))) {
                import_member_fault(
                        member, "has a type without a name, of which there can be no message: give "
                                "the struct a tag");
                return;
        }
        member->field.message = import_message(level->import, type, member->cursor, level->message);
        if (member->field.message == NULL)
                member->failed = true;
        else if (is_pointer)
                member->field.message->identity = true;
        member->field.is_embedded = !is_pointer;
        member->field.place = member->place;
}

/* A pointer that C says too little of. */
static const char *pointer_fault(CXType pointee, bool is_ptr)
{
        if (is_function(pointee))
                return "points to a function: annotate it with FUNCTION(TABLE), which names the "
                       "table of those that it may point to, or with IGNORE";
        if (is_char(pointee))
                return "points to characters: annotate it with ZT if a NUL ends them, with "
                       "PTRARRAY(MEMBER) if a member counts them, or with IGNORE";
        if (is_ptr)
                return "is annotated with PTR, but does not point to a struct: annotate it with "
                       "PTRARRAY(MEMBER), or make what it points to a struct";
        if (pointee.kind == CXType_Void)
                return "points to nobody knows what: annotate it with PTRARRAY(MEMBER) if it is "
                       "bytes that a member counts, or with IGNORE";
        return "is a pointer: annotate it with PTRARRAY(MEMBER) if a member counts what it points "
               "to, or with IGNORE";
}

static void set_pointer(struct import_member *member, CXType pointee)
{
        if (pointee.kind == CXType_Record) {
                set_message(member, pointee, true);
        } else if (is_char(pointee) && member->annotations.zt) {
                member->field.scalar = "string";
                add_option(member, "zt: true");
        } else {
                import_member_fault(member, pointer_fault(pointee, member->annotations.ptr));
        }
}

/* A value that is no array: of the member itself, or of each element. */
static void set_value(struct import_member *member, CXType type)
{
        struct import_field *field = &member->field;

        if (type.kind == CXType_Pointer) {
                set_pointer(member, pointee_of(type));
        } else if (type.kind == CXType_Record) {
                set_message(member, type, false);
        } else if (type.kind == CXType_Enum) {
                field->enumeration =
                        import_enum(member->level->import, type, member->place, member->path);
                member->failed |= field->enumeration == NULL;
        } else {
                field->scalar = import_number(type);
                if (field->scalar == NULL)
                        import_member_fault(member, "has a type that no schema has: change it, or "
                                                    "stay out of it with IGNORE");
        }
}

/* An array's elements, in the struct or behind a pointer. */
static void set_elements(struct import_member *member, CXType element, bool counted, bool in_place)
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
                import_member_fault(
                        member,
                        "is an array in a union, and a oneof has none: put it into a struct "
                        "with a tag there, or stay out of it with IGNORE");
                return;
        }
        member->field.repeated = true;
        if (!is_array(element))
                set_value(member, element);
        else if (is_char(element_of(element)) && !member->annotations.bytes)
                member->field.scalar = "string";
        else
                import_member_fault(
                        member, "is an array of arrays, which a schema has not: put the inner one "
                                "into a struct with a tag, or stay out of it with IGNORE");
}

static void set_array(struct import_member *member)
{
        const bool counted = member->annotations.length != NULL;
        const bool has_size =
                member->type.kind == CXType_ConstantArray && clang_getArraySize(member->type) > 0;

        if (!has_size && !counted) {
                import_member_fault(
                        member, "has no size: annotate it with PTRARRAY(MEMBER), where the member "
                                "counts its elements, or with IGNORE");
                return;
        }
        if (!has_size && member->level->oneof != NULL) {
                import_member_fault(member, "has no size, and is in a union: move it out of that, "
                                            "or stay out of it with IGNORE");
                return;
        }
        if (!has_size) {
                add_option(member, "flexible: true");
                member->level->message->flexible = true;
        }
        set_elements(member, element_of(member->type), counted, true);
}

static void set_function(struct import_member *member)
{
        if (member->type.kind != CXType_Pointer || !is_function(pointee_of(member->type))) {
                import_member_fault(
                        member,
                        "is annotated with FUNCTION, but is no pointer to a function: remove "
                        "the annotation");
                return;
        }
        member->field.scalar = "string";
        add_text_option(member, "function", member->annotations.function);
}

static void set_type(struct import_member *member)
{
        const struct annotations *annotations = &member->annotations;

        if (annotations->function != NULL)
                set_function(member);
        else if (is_array(member->type))
                set_array(member);
        else if (annotations->length != NULL && member->type.kind != CXType_Pointer)
                import_member_fault(
                        member, "is annotated with PTRARRAY, but is no array and points to none: "
                                "remove the annotation");
        else if (annotations->length != NULL)
                set_elements(member, pointee_of(member->type), true, false);
        else
                set_value(member, member->type);
}

static void set_descriptor(struct import_member *member)
{
        const bool is_pointed = member->type.kind == CXType_Pointer && member->field.repeated;
        const CXType type = is_array(member->type) ? element_of(member->type)
                            : is_pointed           ? pointee_of(member->type)
                                                   : member->type;

        if (type.kind == CXType_Int && !clang_Cursor_isBitField(member->cursor))
                add_option(member, "descriptor: true");
        else
                import_member_fault(
                        member,
                        "is annotated with DESCRIPTOR, but is no int: remove the annotation");
}

/* Annotations that do not fit what the member turned out to be. */
static void check_annotations(struct import_member *member)
{
        const struct annotations *annotations = &member->annotations;
        const struct import_field *field = &member->field;
        const bool is_object = field->message != NULL && field->message->identity;

        if (annotations->zt && (field->scalar == NULL || strcmp(field->scalar, "string") != 0 ||
                                annotations->function != NULL))
                import_member_fault(member,
                                    "is annotated with ZT, but is no pointer to char: remove the "
                                    "annotation");
        else if (annotations->bytes &&
                 (field->scalar == NULL || strcmp(field->scalar, "bytes") != 0))
                import_member_fault(member,
                                    "is annotated with BYTES, but is no array of char: remove the "
                                    "annotation");
        else if ((annotations->ptr || annotations->reference) && !is_object)
                import_member_fault(
                        member,
                        "is annotated with PTR or REFERENCE, but does not point to a struct: "
                        "remove the annotation");
        else if (annotations->capacity != NULL && member->type.kind != CXType_Pointer)
                import_member_fault(
                        member, "is annotated with PTRARRAY(MEMBER, ROOM), but is no pointer: what "
                                "it has room for never changes, so remove the second argument");
        else if (annotations->discriminator != NULL)
                import_member_fault(
                        member, "is annotated with TAGGED, but is no union: remove the annotation");
        else if (annotations->case_value != NULL && member->level->oneof == NULL)
                import_member_fault(
                        member, "is annotated with CASE, but its union is not with TAGGED(MEMBER): "
                                "add that to the union, or remove CASE");
        else if (annotations->case_value == NULL && member->level->oneof != NULL)
                import_member_fault(
                        member, "of a union needs CASE(VALUE), the value at which it is in use, or "
                                "IGNORE");
}

static void add_options(struct import_member *member)
{
        struct import *import = member->level->import;
        const struct annotations *annotations = &member->annotations;

        if (strcmp(member->field.name, member->path) != 0)
                add_text_option(member, "c_member", member->path);
        if (annotations->length != NULL)
                add_text_option(member, "length",
                                import_count_path(member->level, annotations->length));
        if (annotations->capacity != NULL)
                add_text_option(member, "capacity",
                                import_count_path(member->level, annotations->capacity));
        if (annotations->reference)
                add_option(member, "reference: true");
        if (annotations->descriptor)
                set_descriptor(member);
        if (clang_Cursor_isBitField(member->cursor))
                add_option(member, ek_memory_printf(import->arena, "bits: %d",
                                                    clang_getFieldDeclBitWidth(member->cursor)));
        if (annotations->case_value != NULL) {
                add_text_option(member, "c_case", annotations->case_value);
                if (!import_names_take(&member->level->oneof->cases, annotations->case_value))
                        import_member_fault(member, "has the CASE of another member, or the value "
                                                    "at which none is in use: give it another");
        }
}

static void add_field(struct import_member *member)
{
        struct import *import = member->level->import;
        struct import_message *message = member->level->message;
        struct import_field *field = &member->field;
        CXString comment = clang_Cursor_getBriefCommentText(member->cursor);
        const bool has_presence = field->message == NULL && member->level->oneof == NULL &&
                                  (field->scalar == NULL || strcmp(field->scalar, "string") != 0);

        field->name =
                import_name_field(import, message, member->path, field->repeated, has_presence);
        field->path = member->path;
        field->oneof = member->level->oneof;
        field->comment = import_string(import, comment);
        if (strcmp(message->last_comment, field->comment) == 0)
                field->comment = ""; /* `int a, b; // what both are` */
        else
                message->last_comment = field->comment;
        add_options(member);
        if (member->failed)
                return;
        message->fields = ek_memory_grow(import->arena, message->fields, message->field_count,
                                         &message->field_size, sizeof(*field));
        message->fields[message->field_count++] = *field;
}

void import_member_field(struct import_member *member)
{
        set_type(member);
        if (!member->failed)
                check_annotations(member);
        if (!member->failed)
                add_field(member);
}
