/* SPDX-License-Identifier: MIT */
/*
 * The header as libclang has it: faults of the C in it, the structs that are asked for, and what
 * stands beside members.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "installed.h"
#include "output.h"

const char *import_string(struct import *import, CXString string)
{
        const char *text = clang_getCString(string);
        const char *copy = ek_memory_strdup(import->arena, text != NULL ? text : "");

        clang_disposeString(string);
        return copy;
}

static const char *position(struct import *import, CXSourceLocation location)
{
        unsigned int line, column;
        CXFile file;
        const char *name;

        clang_getExpansionLocation(location, &file, &line, &column, NULL);
        name = import_string(import, clang_getFileName(file));
        return ek_memory_printf(import->arena, "%s:%u:%u",
                                name[0] != '\0' ? name : import->options->files.list[0], line,
                                column);
}

static void tell(struct import *import, CXCursor at, const char *kind, const char *format,
                 va_list arguments)
{
        char *sentence, *line;

        if (vasprintf(&sentence, format, arguments) < 0)
                ek_die("memory ran out");
        line = ek_memory_printf(import->arena, "%s: %s: %s",
                                position(import, clang_getCursorLocation(at)), kind, sentence);
        free(sentence);
        if (import_names_take(&import->told, line))
                output_lines(import->arena, stderr, line);
}

void import_fault(struct import *import, CXCursor at, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        tell(import, at, "error", format, arguments);
        va_end(arguments);
        import->failed = true;
}

void import_notice(struct import *import, CXCursor at, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        tell(import, at, "note", format, arguments);
        va_end(arguments);
}

static bool is_annotation(const char *word, size_t length)
{
        static const char *const names[] = {"ZT",         "PTRARRAY", "IGNORE",   "PTR",
                                            "REFERENCE",  "BYTES",    "FUNCTION", "FUNCTION_IN",
                                            "DESCRIPTOR", "TAGGED",   "CASE"};
        static const char prefix[] = "EKIDEN_";

        if (length > strlen(prefix) && strncmp(word, prefix, strlen(prefix)) == 0) {
                word += strlen(prefix);
                length -= strlen(prefix);
        }
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (strlen(names[i]) == length && strncmp(word, names[i], length) == 0)
                        return true;
        return false;
}

/* Whether what is at a place of the header, or right behind it, is an annotation. */
static bool is_at_annotation(struct import *import, CXSourceLocation location)
{
        unsigned int offset;
        CXFile file;
        size_t size = 0, length = 0;
        const char *text;

        clang_getExpansionLocation(location, &file, NULL, NULL, &offset);
        text = file != NULL ? clang_getFileContents(import->unit, file, &size) : NULL;
        if (text == NULL || offset >= size)
                return false;
        text += offset;
        size -= offset;
        for (; size > 0 && (*text == ' ' || *text == '\t' || *text == '\n'); size--)
                text++;
        while (length < size && (isalnum((unsigned char)text[length]) || text[length] == '_'))
                length++;
        return is_annotation(text, length);
}

/* The compiler's errors; without them cursors mean nothing. */
static bool has_errors(struct import *import)
{
        const unsigned int count = clang_getNumDiagnostics(import->unit);
        bool has_one = false, is_annotated = false;

        for (unsigned int i = 0; i < count; i++) {
                CXDiagnostic diagnostic = clang_getDiagnostic(import->unit, i);

                if (clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error) {
                        has_one = true;
                        is_annotated |=
                                is_at_annotation(import, clang_getDiagnosticLocation(diagnostic));
                        output_lines(
                                import->arena, stderr,
                                ek_memory_printf(
                                        import->arena, "%s: error: %s",
                                        position(import, clang_getDiagnosticLocation(diagnostic)),
                                        import_string(import,
                                                      clang_getDiagnosticSpelling(diagnostic))));
                }
                clang_disposeDiagnostic(diagnostic);
        }
        if (is_annotated)
                output_error(
                        import->arena,
                        "an annotation cannot stand there, or lacks its argument: put it before "
                        "the member or behind it, as in `FUNCTION(table) void (*call)(int);` or "
                        "`void (*call)(int) FUNCTION(table);`");
        else if (has_one)
                output_error(import->arena,
                             "the header does not compile by itself: include in it what it needs, "
                             "and give -I and -D as the program's build does");
        return has_one;
}

static void add_argument(struct import *import, struct strings *arguments, const char *argument)
{
        arguments->list = ek_memory_grow(import->arena, arguments->list, arguments->count,
                                         &arguments->size, sizeof(*arguments->list));
        arguments->list[arguments->count++] = argument;
}

static bool parse_file(struct import *import, CXIndex index)
{
        static const char *const fixed[] = {"-x",
                                            "c",
                                            "-std=gnu11",
                                            "-DEKIDEN_ANNOTATE",
                                            "-Wno-everything",
                                            "-fparse-all-comments"};
        const struct options *options = import->options;
        const char *path = options->files.list[0];
        const char *installed = installed_include_dir(import->arena);
        struct strings arguments = {0};
        enum CXErrorCode error;

        for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
                add_argument(import, &arguments, fixed[i]);
        for (size_t i = 0; i < options->include_dirs.count; i++)
                add_argument(
                        import, &arguments,
                        ek_memory_printf(import->arena, "-I%s", options->include_dirs.list[i]));
        for (size_t i = 0; i < options->defines.count; i++)
                add_argument(import, &arguments,
                             ek_memory_printf(import->arena, "-D%s", options->defines.list[i]));
        if (installed != NULL)
                add_argument(import, &arguments,
                             ek_memory_printf(import->arena, "-I%s", installed));
        if (path[0] == '-')
                path = ek_memory_printf(import->arena, "./%s", path);
        error = clang_parseTranslationUnit2(index, path, arguments.list, (int)arguments.count, NULL,
                                            0, CXTranslationUnit_SkipFunctionBodies, &import->unit);
        if (error == CXError_Success && import->unit != NULL)
                return !has_errors(import);
        output_error(import->arena, "%s: libclang could not parse it%s", path,
                     error == CXError_Crashed ? ", but crashed: simplify what it includes" : "");
        return false;
}

/* A search for a struct, by its tag or its typedef. */
struct search {
        struct import *import;
        const char *name;
        bool tags_only; /* "struct NAME" was given */
        CXCursor found, mentioned;
        bool is_found, is_mentioned;
};

static enum CXChildVisitResult visit_declaration(CXCursor cursor, CXCursor parent,
                                                 CXClientData data)
{
        struct search *search = data;
        enum CXCursorKind kind = clang_getCursorKind(cursor);
        CXString spelling = clang_getCursorSpelling(cursor);
        const char *name = clang_getCString(spelling);
        bool matches = name != NULL && strcmp(name, search->name) == 0 &&
                       (kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl ||
                        (kind == CXCursor_TypedefDecl && !search->tags_only));

        (void)parent;
        clang_disposeString(spelling);
        if (!matches)
                return kind == CXCursor_FunctionDecl ? CXChildVisit_Continue : CXChildVisit_Recurse;
        search->is_mentioned = true;
        search->mentioned = cursor;
        if (clang_Type_getSizeOf(clang_getCursorType(cursor)) < 0)
                return CXChildVisit_Recurse;
        search->is_found = true;
        search->found = cursor;
        return CXChildVisit_Break;
}

/* "session", "session:stream" or "session:stream:id". */
static void add_root(struct import *import, const char *wanted)
{
        const char *colon = strchrnul(wanted, ':');
        const char *key = *colon != '\0' ? strchr(colon + 1, ':') : NULL;
        const char *name = ek_memory_printf(import->arena, "%.*s", (int)(colon - wanted), wanted);
        struct search search = {.import = import, .name = name};
        struct import_message *message;
        CXType type;

        if (strncmp(name, "struct ", strlen("struct ")) == 0) {
                search.name = name + strlen("struct ");
                search.tags_only = true;
        }
        clang_visitChildren(clang_getTranslationUnitCursor(import->unit), visit_declaration,
                            &search);
        if (!search.is_found && search.is_mentioned) {
                import_fault(import, search.mentioned,
                             "struct \"%s\" is declared, but has no members here: include the "
                             "header that has them",
                             search.name);
                return;
        }
        if (!search.is_found) {
                import->failed = true;
                output_error(import->arena, "%s has no struct \"%s\"",
                             import->options->files.list[0], search.name);
                return;
        }
        type = clang_getCanonicalType(clang_getCursorType(search.found));
        if (type.kind != CXType_Record) {
                import_fault(import, search.found, "\"%s\" is no struct", search.name);
                return;
        }
        message = import_message(import, type, search.found, NULL);
        if (message == NULL)
                return;
        if (message->item == NULL)
                message->item = import_name_item(import, search.name);
        message->stream |= *colon != '\0';
        if (key != NULL)
                message->wanted_key = key + 1;
}

bool import_parse(struct import *import, CXIndex index)
{
        if (!parse_file(import, index))
                return false;
        for (size_t i = 0; i < import->options->structs.count; i++)
                add_root(import, import->options->structs.list[i]);
        return !import->failed;
}
