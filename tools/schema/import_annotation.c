/* SPDX-License-Identifier: MIT */
/*
 * What <ekiden/annotate.h> leaves beside members: attributes with a text, "ekiden:NAME" or
 * "ekiden:NAME=ARGUMENT".
 */
#include <string.h>

#include "import.h"
#include "names.h"
#include "validate.h"

#define PREFIX "ekiden:"

struct reading {
        struct import *import;
        struct annotations *annotations;
};

static const char *trim(struct ek_memory *arena, const char *begin, const char *end)
{
        while (begin < end && *begin == ' ')
                begin++;
        while (end > begin && end[-1] == ' ')
                end--;
        return ek_memory_printf(arena, "%.*s", (int)(end - begin), begin);
}

static void set(struct reading *reading, CXCursor at, const char *name, const char *argument,
                const char **value, bool (*is_good)(const char *), const char *wanted)
{
        if (*value != NULL && strcmp(*value, argument) != 0)
                import_fault(reading->import, at, "annotation %s is there twice: keep one", name);
        else if (!is_good(argument))
                import_fault(reading->import, at, "%s(%s): give it %s", name, argument, wanted);
        else
                *value = argument;
}

static void set_tagged(struct reading *reading, CXCursor at, const char *argument)
{
        struct ek_memory *arena = reading->import->arena;
        const char *comma = strchrnul(argument, ',');

        set(reading, at, "TAGGED", trim(arena, argument, comma),
            &reading->annotations->discriminator, ek_name_is_identifier,
            "the member of the struct that says which member of the union is in use");
        if (*comma != '\0')
                set(reading, at, "TAGGED", trim(arena, comma + 1, strchr(comma, '\0')),
                    &reading->annotations->none, ek_validate_is_constant,
                    "one value at most at which no member is in use, an integer or a constant");
}

static void set_ptrarray(struct reading *reading, CXCursor at, const char *argument)
{
        struct ek_memory *arena = reading->import->arena;
        const char *comma = strchrnul(argument, ',');

        set(reading, at, "PTRARRAY", trim(arena, argument, comma), &reading->annotations->length,
            ek_name_is_identifier, "the name of the member that counts the elements");
        if (*comma != '\0')
                set(reading, at, "PTRARRAY", trim(arena, comma + 1, strchr(comma, '\0')),
                    &reading->annotations->capacity, ek_name_is_identifier,
                    "one other member at most, which says for how many elements there is room");
}

static void read_annotation(struct reading *reading, CXCursor at, const char *text)
{
        struct annotations *annotations = reading->annotations;
        const struct {
                const char *name;
                bool *flag;
        } flags[] = {
                {"zt", &annotations->zt},
                {"ptr", &annotations->ptr},
                {"ignore", &annotations->ignore},
                {"bytes", &annotations->bytes},
                {"descriptor", &annotations->descriptor},
                {"reference", &annotations->reference},
        };
        const char *equals = strchrnul(text, '=');
        const size_t length = (size_t)(equals - text);
        const char *argument =
                *equals == '=' ? trim(reading->import->arena, equals + 1, strchr(equals, '\0'))
                               : "";

        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
                if (strcmp(text, flags[i].name) == 0) {
                        *flags[i].flag = true;
                        return;
                }
        if (length == strlen("ptrarray") && strncmp(text, "ptrarray", length) == 0)
                set_ptrarray(reading, at, argument);
        else if (length == strlen("function") && strncmp(text, "function", length) == 0)
                set(reading, at, "FUNCTION", argument, &annotations->function,
                    ek_name_is_identifier,
                    "the name of the program's table, const struct ekiden_function NAME[]");
        else if (length == strlen("case") && strncmp(text, "case", length) == 0)
                set(reading, at, "CASE", argument, &annotations->case_value,
                    ek_validate_is_constant, "an integer or a constant");
        else if (length == strlen("tagged") && strncmp(text, "tagged", length) == 0)
                set_tagged(reading, at, argument);
        else
                import_fault(reading->import, at,
                             "annotation \"%s\" is not known here: use those of "
                             "<ekiden/annotate.h>, or upgrade ekiden-schema",
                             text);
}

static enum CXChildVisitResult visit(CXCursor cursor, CXCursor parent, CXClientData data)
{
        struct reading *reading = data;
        const char *text;

        if (clang_getCursorKind(cursor) != CXCursor_AnnotateAttr)
                return CXChildVisit_Continue;
        text = import_string(reading->import, clang_getCursorSpelling(cursor));
        if (strncmp(text, PREFIX, strlen(PREFIX)) == 0)
                read_annotation(reading, parent, text + strlen(PREFIX));
        return CXChildVisit_Continue;
}

void import_annotations(struct import *import, CXCursor cursor, struct annotations *annotations)
{
        struct reading reading = {.import = import, .annotations = annotations};

        clang_visitChildren(cursor, visit, &reading);
}
