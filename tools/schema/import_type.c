/* SPDX-License-Identifier: MIT */
/*
 * What becomes of C's types: structs become messages, enums become enums, and arithmetic types the
 * narrowest of protobuf's that holds all their values on every machine.
 */
#include <string.h>

#include "import.h"
#include "names.h"

const char *import_number(CXType canonical)
{
        switch ((int)canonical.kind) {
        case CXType_Bool:
                return "bool";
        case CXType_Char_S:
        case CXType_Char_U:
        case CXType_SChar:
        case CXType_WChar:
        case CXType_Short:
        case CXType_Int:
                return "int32";
        case CXType_UChar:
        case CXType_UShort:
        case CXType_UInt:
        case CXType_Char16:
        case CXType_Char32:
                return "uint32";
        case CXType_Long:
        case CXType_LongLong:
                return "int64";
        case CXType_ULong:
        case CXType_ULongLong:
                return "uint64";
        case CXType_Float:
                return "float";
        case CXType_Double:
                return "double";
        default:
                return NULL;
        }
}

CXCursor import_place(const struct import_message *message, CXCursor at)
{
        if (message != NULL && message->has_origin &&
            clang_Location_isInSystemHeader(clang_getCursorLocation(at)))
                return message->origin;
        return at;
}

/* The first paragraph of what stands beside a declaration, or NULL. */
static const char *comment_of(struct import *import, CXCursor cursor)
{
        CXString comment = clang_Cursor_getBriefCommentText(cursor);
        const char *text = clang_getCString(comment);

        if (text == NULL || text[0] == '\0') {
                clang_disposeString(comment);
                return NULL;
        }
        return import_string(import, comment);
}

static struct import_message **find_message(struct import *import, CXCursor declaration)
{
        struct import_message **message = &import->messages;

        while (*message != NULL && !clang_equalCursors((*message)->declaration, declaration))
                message = &(*message)->next;
        return message;
}

struct import_message *import_message(struct import *import, CXType type, CXCursor at,
                                      const struct import_message *from)
{
        CXCursor declaration = clang_getTypeDeclaration(type), place = import_place(from, at);
        CXCursor definition = clang_getCursorDefinition(declaration);
        const char *c_struct =
                import_string(import, clang_getTypeSpelling(clang_getCursorType(declaration)));
        struct import_message **slot, *message;
        const char *tag;
        const bool is_struct = clang_getCursorKind(declaration) == CXCursor_StructDecl;
        const bool is_whole = !clang_Cursor_isNull(definition) && clang_Type_getSizeOf(type) >= 0;

        if (!clang_equalCursors(place, at) && (!is_struct || !is_whole)) {
                import_refuse_system(import, from, place);
                return NULL;
        }
        if (!is_whole) {
                import_fault(import, place,
                             "%s has no members here: include the header that has them, or stay "
                             "out of it with IGNORE",
                             c_struct);
                return NULL;
        }
        if (!is_struct) {
                import_fault(import, place,
                             "%s is a union, and a union alone does not say which member is in "
                             "use: put it into a struct with a member that does, and annotate it "
                             "with TAGGED(MEMBER), or stay out of it with IGNORE",
                             c_struct);
                return NULL;
        }
        slot = find_message(import, definition);
        if (*slot != NULL)
                return *slot;
        tag = strncmp(c_struct, "struct ", strlen("struct ")) == 0 ? c_struct + strlen("struct ")
                                                                   : c_struct;
        if (!ek_name_is_identifier(tag)) {
                import_fault(import, place,
                             "%s has a name that the generator does not take: rename it with "
                             "letters of ASCII, digits and '_'",
                             c_struct);
                return NULL;
        }
        message = ek_memory_alloc(import->arena, 1, sizeof(*message));
        message->declaration = definition;
        message->origin = place;
        message->has_origin = from != NULL;
        message->c_struct = c_struct;
        message->comment = comment_of(import, definition);
        message->name = import_name_type(import, tag);
        message->last_comment = "";
        message->names.arena = import->arena;
        import_names_take(&message->names, "base"); /* protoc-c's own member */
        *slot = message;
        return message;
}

void import_refuse_system(struct import *import, const struct import_message *message,
                          CXCursor place)
{
        import_fault(import, place,
                     "%s is of a header that cannot be annotated, and has members that do not "
                     "cross: stay out of it with IGNORE",
                     message->c_struct);
}

struct values {
        struct import *import;
        struct import_enum *enumeration;
        CXCursor at;
        bool is_unsigned;
        bool failed;
};

static bool has_number(const struct import_enum *enumeration, int32_t number)
{
        for (size_t i = 0; i < enumeration->value_count; i++)
                if (enumeration->values[i].number == number)
                        return true;
        return false;
}

static enum CXChildVisitResult visit_value(CXCursor cursor, CXCursor parent, CXClientData data)
{
        struct values *values = data;
        struct import *import = values->import;
        struct import_enum *enumeration = values->enumeration;
        struct import_value value = {0};
        long long number;

        (void)parent;
        if (clang_getCursorKind(cursor) != CXCursor_EnumConstantDecl)
                return CXChildVisit_Continue;
        number = clang_getEnumConstantDeclValue(cursor);
        value.constant = import_string(import, clang_getCursorSpelling(cursor));
        if (number < INT32_MIN || number > INT32_MAX || (values->is_unsigned && number < 0)) {
                import_fault(import, values->at,
                             "constant %s is outside of what a schema's enum holds, 32 bits with a "
                             "sign: make the member an integer, or stay out of it with IGNORE",
                             value.constant);
                values->failed = true;
                return CXChildVisit_Break;
        }
        if (!ek_name_is_identifier(value.constant)) {
                import_fault(import, values->at,
                             "constant %s has a name that the generator does not take: rename it "
                             "with letters of ASCII, digits and '_'",
                             value.constant);
                values->failed = true;
                return CXChildVisit_Break;
        }
        value.number = (int32_t)number;
        if (has_number(enumeration, value.number))
                return CXChildVisit_Continue; /* another name of the same value */
        value.name = import_name_value(import, value.constant);
        enumeration->values =
                ek_memory_grow(import->arena, enumeration->values, enumeration->value_count,
                               &enumeration->value_size, sizeof(value));
        enumeration->values[enumeration->value_count++] = value;
        return CXChildVisit_Continue;
}

struct import_enum *import_enum(struct import *import, CXType type, CXCursor at, const char *hint)
{
        CXCursor declaration = clang_getTypeDeclaration(type);
        CXCursor definition = clang_getCursorDefinition(declaration);
        struct import_enum **slot = &import->enums, *enumeration;
        struct values values = {.import = import, .at = at};
        const char *name;

        while (*slot != NULL && !clang_equalCursors((*slot)->declaration, definition))
                slot = &(*slot)->next;
        if (*slot != NULL)
                return *slot;
        name = import_string(import, clang_getTypeSpelling(clang_getCursorType(declaration)));
        if (strncmp(name, "enum ", strlen("enum ")) == 0)
                name += strlen("enum ");
        if (clang_Cursor_isAnonymous(declaration))
                name = hint;
        enumeration = ek_memory_alloc(import->arena, 1, sizeof(*enumeration));
        enumeration->declaration = definition;
        values.enumeration = enumeration;
        values.is_unsigned =
                clang_getCanonicalType(clang_getEnumDeclIntegerType(definition)).kind ==
                CXType_ULong;
        if (!clang_Cursor_isNull(definition))
                clang_visitChildren(definition, visit_value, &values);
        if (values.failed)
                return NULL;
        if (enumeration->value_count == 0) {
                import_fault(import, at,
                             "enum %s has no constants here: include the header that "
                             "has them, or stay out of it with IGNORE",
                             name);
                return NULL;
        }
        enumeration->name = import_name_type(import, name);
        enumeration->comment = comment_of(import, definition);
        *slot = enumeration;
        return enumeration;
}
