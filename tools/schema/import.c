/* SPDX-License-Identifier: MIT */
/* `import`: from an annotated header to version 1 of a schema. See import.h. */
#include "import.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "file.h"
#include "output.h"
#include "schema.h"

/* The header's name without directory and ".h", with '_' for what no program's name has. */
static const char *default_program(struct ek_arena *arena, const char *path)
{
        const char *slash = strrchr(path, '/');
        char *name = ek_arena_strdup(arena, slash != NULL ? slash + 1 : path);
        char *dot = strrchr(name, '.');

        if (dot != NULL && dot != name)
                *dot = '\0';
        for (char *c = name; *c != '\0'; c++)
                if (!ek_schema_is_program_name((char[]){'a', *c, '\0'}))
                        *c = '_';
        return name;
}

static bool choose_program(struct import *import)
{
        const struct options *options = import->options;

        import->program = options->program != NULL
                                  ? options->program
                                  : default_program(import->arena, options->files.list[0]);
        if (ek_schema_is_program_name(import->program))
                return true;
        output_error(import->arena,
                     "\"%s\" is no name for a program: give --program a letter, then letters, "
                     "digits, '_' or '-', 63 characters at most",
                     import->program);
        return false;
}

static bool is_readable(struct import *import, const char *path)
{
        FILE *file = fopen(path, "re");
        int c = file != NULL ? fgetc(file) : EOF;
        bool good = file != NULL && !ferror(file);

        (void)c;
        if (!good)
                output_error(import->arena, "%s cannot be read: %m", path);
        if (file != NULL)
                fclose(file);
        return good;
}

/* Each may lead to others, which are behind it in the list. */
static bool import_all(struct import *import)
{
        for (struct import_message *message = import->messages; message != NULL;
             message = message->next)
                import_members(import, message);
        return !import->failed;
}

static int write_schema(struct import *import)
{
        const char *path = import->options->output;
        struct ek_text text;
        int error;

        ek_text_init(&text, import->arena);
        import_emit(import, &text);
        if (path == NULL) {
                fwrite(text.bytes, 1, text.length, stdout);
                return STATUS_GOOD;
        }
        error = file_write(import->arena, path, &text, false);
        if (error == 0)
                return STATUS_GOOD;
        output_error(import->arena, "%s cannot be written: %s%s", path, strerror(-error),
                     error == -EEXIST ? "; choose another name, or remove it first" : "");
        return STATUS_SYSTEM;
}

int command_import(const struct options *options)
{
        struct import import = {
                .options = options,
                .arena = options->arena,
                .names.arena = options->arena,
                .items.arena = options->arena,
                .told.arena = options->arena,
        };
        int status = STATUS_FAULT;
        CXIndex index;

        if (!is_readable(&import, options->files.list[0]) || !choose_program(&import))
                return STATUS_FAULT;
        index = clang_createIndex(0, 0);
        if (index == NULL)
                ek_die("libclang could not be set up");
        if (import_parse(&import, index) && import_all(&import))
                status = write_schema(&import);
        clang_disposeTranslationUnit(import.unit);
        clang_disposeIndex(index);
        return status;
}
