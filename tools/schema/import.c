/* SPDX-License-Identifier: MIT */
/* `import`: from an annotated header to a schema. See import.h. */
#include "import.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "file.h"
#include "output.h"
#include "schema.h"

/* The header's name without directory and ".h", with '_' for what no program's name has. */
static const char *default_program(struct ek_memory *arena, const char *path)
{
        const char *slash = strrchr(path, '/');
        char *name = ek_memory_strdup(arena, slash != NULL ? slash + 1 : path);
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
        const size_t length =
                file != NULL ? fread(import->top, 1, sizeof(import->top) - 1, file) : 0;
        const bool good = file != NULL && !ferror(file);

        import->top[length] = '\0';
        if (!good)
                output_error(import->arena, "%s cannot be read: %m", path);
        if (file != NULL)
                fclose(file);
        return good;
}

/* What has no size of its own can only be pointed to. */
static void check_flexible(struct import *import, const struct import_message *message)
{
        for (size_t i = 0; i < message->field_count; i++) {
                const struct import_field *field = &message->fields[i];

                if (field->is_embedded && field->message->flexible)
                        import_fault(import, field->place,
                                     "member \"%s\" is %s, which ends with an array without a "
                                     "size: make it a pointer, or stay out of it with IGNORE",
                                     field->name, field->message->c_struct);
        }
}

static bool is_descriptor(const struct import_field *field)
{
        for (size_t i = 0; i < field->option_count; i++)
                if (strcmp(field->options[i], "descriptor: true") == 0)
                        return true;
        return false;
}

/* What the generator takes for a key. */
static bool can_be_key(const struct import_field *field)
{
        return !field->repeated && field->oneof == NULL && field->message == NULL &&
               !is_descriptor(field) &&
               (field->enumeration != NULL ||
                (strcmp(field->scalar, "float") != 0 && strcmp(field->scalar, "double") != 0));
}

static void find_key(struct import *import, struct import_message *message)
{
        for (size_t i = 0; i < message->field_count; i++) {
                const struct import_field *field = &message->fields[i];

                if (strcmp(field->path, message->wanted_key) == 0 && can_be_key(field))
                        message->key = field;
        }
        if (message->key == NULL)
                import_fault(
                        import, message->declaration,
                        "--struct: %s has no member \"%s\" that can be a key: name an integer, "
                        "an enum, a bool, text or bytes, in no union, array or count",
                        message->c_struct, message->wanted_key);
}

/* Each may lead to others, which are behind it in the list. */
static bool import_all(struct import *import)
{
        for (struct import_message *message = import->messages; message != NULL;
             message = message->next)
                import_members(import, message);
        for (struct import_message *message = import->messages; message != NULL;
             message = message->next)
                check_flexible(import, message);
        for (struct import_message *message = import->messages; message != NULL && !import->failed;
             message = message->next)
                if (message->wanted_key != NULL)
                        find_key(import, message);
        return !import->failed;
}

/* The generator writes it between quotes, into C and into comments. */
static bool is_good_header(struct import *import)
{
        const char *name = import->options->files.list[0];

        if (name[strcspn(name, "\"\\")] == '\0' && name[0] != '<') {
                while (*name != '\0' && (unsigned char)*name >= ' ' && *name != 0x7f)
                        name++;
                if (*name == '\0')
                        return true;
        }
        output_error(import->arena,
                     "%s: the name cannot be written into C: rename the header without quotes, "
                     "backslashes and control characters",
                     import->options->files.list[0]);
        return false;
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

        if (!is_readable(&import, options->files.list[0]) || !is_good_header(&import) ||
            !choose_program(&import))
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
