/* SPDX-License-Identifier: MIT */
/* Writes the schema that was made of a header, as a person would have. */
#include <string.h>

#include "import.h"

#define COLUMNS 100

/* A string between quotes, with what must not stand there escaped. */
static void add_quoted(struct ek_text *text, const char *string)
{
        ek_text_add_string(text, "\"");
        for (; *string != '\0'; string++) {
                if (*string == '"' || *string == '\\')
                        ek_text_printf(text, "\\%c", *string);
                else if ((unsigned char)*string < ' ' || *string == 0x7f)
                        ek_text_printf(text, "\\%03o", (unsigned int)(unsigned char)*string);
                else
                        ek_text_add(text, string, 1);
        }
        ek_text_add_string(text, "\"");
}

/* Words of a comment, broken at the width that the tree's files have. */
static void add_comment(struct ek_text *text, size_t indent, const char *comment)
{
        size_t column = 0;

        while (comment != NULL && *comment != '\0') {
                size_t length = 0;

                while (comment[length] != '\0' && (unsigned char)comment[length] > ' ' &&
                       comment[length] != 0x7f)
                        length++;
                if (length > 0) {
                        if (column == 0 || column + 1 + length > COLUMNS) {
                                ek_text_add_string(text, column == 0 ? "" : "\n");
                                ek_text_add_spaces(text, indent);
                                ek_text_add_string(text, "//");
                                column = indent + strlen("//");
                        }
                        ek_text_add_string(text, " ");
                        ek_text_add(text, comment, length);
                        column += 1 + length;
                }
                comment += length + (comment[length] != '\0');
        }
        if (column > 0)
                ek_text_add_string(text, "\n");
}

static const char *base_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash != NULL ? slash + 1 : path;
}

/* As the program includes it: below a directory of -I where it is. */
static const char *include_name(const struct options *options)
{
        const char *path = options->files.list[0], *name = path;

        for (size_t i = 0; i < options->include_dirs.count; i++) {
                const char *dir = options->include_dirs.list[i];
                size_t length = strlen(dir);

                while (length > 0 && dir[length - 1] == '/')
                        length--;
                if (length > 0 && strncmp(path, dir, length) == 0 && path[length] == '/' &&
                    strlen(path + length) < strlen(name))
                        name = path + length + strspn(path + length, "/");
        }
        return name;
}

/* The header's own, if it says so at its top: the schema is made of it. */
static void emit_license(const struct import *import, struct ek_text *text)
{
        static const char mark[] = "SPDX-License-Identifier:";
        const char *begin = strstr(import->top, mark);
        size_t length;

        if (begin == NULL)
                return;
        begin += strlen(mark);
        begin += strspn(begin, " \t");
        length = strspn(begin, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                               "-.+:() ");
        while (length > 0 && begin[length - 1] == ' ')
                length--;
        if (length > 0)
                ek_text_printf(text, "// %s %.*s\n//\n", mark, (int)length, begin);
}

static void emit_file(struct import *import, struct ek_text *text)
{
        const char *header = import->options->files.list[0];
        char *package = ek_memory_strdup(import->arena, import->program);

        for (char *c = package; *c != '\0'; c++)
                if (*c == '-')
                        *c = '_';
        emit_license(import, text);
        add_comment(
                text, 0,
                ek_memory_printf(import->arena,
                                 "The state of %s, version %u. `ekiden-schema import` made it of "
                                 "%s; from here on this file is what counts, and once it is "
                                 "released it does not change any more.",
                                 import->program, import->options->version, base_name(header)));
        ek_text_printf(text,
                       "\nsyntax = \"proto2\";\n\npackage %s.v%u;\n\n"
                       "import \"ekiden/options.proto\";\n\noption (ekiden.program) = {\n"
                       "  name: \"%s\"\n  version: %u\n  c_include: ",
                       package, import->options->version, import->program,
                       import->options->version);
        add_quoted(text, include_name(import->options));
        ek_text_add_string(text, "\n};\n");
}

static void emit_options(struct ek_text *text, size_t indent, const struct import_field *field,
                         size_t column)
{
        size_t length = 0;

        if (field->option_count == 0)
                return;
        if (field->option_count == 1) {
                const char *colon = strchr(field->options[0], ':');

                length = strlen(" [(ekiden.field). = ];") + strlen(field->options[0]) - 2;
                ek_text_add_string(text, column + length > COLUMNS ? "\n" : " ");
                if (column + length > COLUMNS)
                        ek_text_add_spaces(text, indent + 4);
                ek_text_printf(text, "[(ekiden.field).%.*s = %s]", (int)(colon - field->options[0]),
                               field->options[0], colon + 2);
                return;
        }
        for (size_t i = 0; i < field->option_count; i++)
                length += strlen(field->options[i]) + 1;
        if (column + length + strlen(" [(ekiden.field) = { }];") <= COLUMNS) {
                ek_text_add_string(text, " [(ekiden.field) = {");
                for (size_t i = 0; i < field->option_count; i++)
                        ek_text_printf(text, " %s", field->options[i]);
                ek_text_add_string(text, " }]");
                return;
        }
        ek_text_add_string(text, " [(ekiden.field) = {\n");
        for (size_t i = 0; i < field->option_count; i++) {
                ek_text_add_spaces(text, indent + 2);
                ek_text_printf(text, "%s\n", field->options[i]);
        }
        ek_text_add_spaces(text, indent);
        ek_text_add_string(text, "}]");
}

static void emit_field(struct ek_text *text, const struct import_field *field, unsigned int number)
{
        const size_t indent = field->oneof != NULL ? 4 : 2;
        const char *label = field->repeated ? "repeated " : "optional ";
        size_t begin;

        add_comment(text, indent, field->comment);
        begin = text->length;
        ek_text_add_spaces(text, indent);
        ek_text_printf(text, "%s%s %s = %u", field->oneof != NULL ? "" : label,
                       field->scalar != NULL    ? field->scalar
                       : field->message != NULL ? field->message->name
                                                : field->enumeration->name,
                       field->name, number);
        emit_options(text, indent, field, text->length - begin);
        ek_text_add_string(text, ";\n");
}

static void emit_oneof(struct ek_text *text, const struct import_oneof *oneof, bool follows)
{
        ek_text_printf(text,
                       "%s  oneof %s {\n    option (ekiden.oneof) = { c_discriminator: \"%s\"",
                       follows ? "\n" : "", oneof->name, oneof->discriminator);
        if (oneof->none != NULL)
                ek_text_printf(text, " c_none: \"%s\"", oneof->none);
        ek_text_add_string(text, " };\n\n");
}

static void emit_message_options(struct ek_text *text, const struct import_message *message)
{
        if (message->item != NULL)
                ek_text_printf(text, "  option (ekiden.item) = { name: \"%s\"%s%s%s%s };\n",
                               message->item,
                               message->flexible || message->stream ? " stream: true" : "",
                               message->key != NULL ? " key: \"" : "",
                               message->key != NULL ? message->key->name : "",
                               message->key != NULL ? "\"" : "");
        if (message->ignored.count == 0) {
                ek_text_printf(text, "  option (ekiden.message) = { c_struct: \"%s\" };\n\n",
                               message->c_struct);
                return;
        }
        ek_text_printf(text, "  option (ekiden.message) = {\n    c_struct: \"%s\"\n",
                       message->c_struct);
        for (size_t i = 0; i < message->ignored.count; i++)
                ek_text_printf(text, "    ignore: \"%s\"\n", message->ignored.list[i]);
        ek_text_add_string(text, "  };\n\n");
}

static const char *identity_name(struct import_message *message)
{
        static const char *const wanted[] = {"identity", "object_identity", "object_id"};
        const char *name = wanted[0];

        for (unsigned int i = 0; !import_names_take(&message->names, name); i++)
                name = i + 1 < sizeof(wanted) / sizeof(wanted[0])
                               ? wanted[i + 1]
                               : ek_memory_printf(message->names.arena, "object_id%u", i);
        return name;
}

static void emit_message(struct ek_text *text, struct import_message *message)
{
        const struct import_oneof *oneof = NULL;
        unsigned int number = 1;

        ek_text_add_string(text, "\n");
        add_comment(text, 0, message->comment);
        ek_text_printf(text, "message %s {\n", message->name);
        emit_message_options(text, message);
        if (message->identity)
                ek_text_printf(text,
                               "  optional uint64 %s = %u [(ekiden.field).identity = true];\n",
                               identity_name(message), number++);
        for (size_t i = 0; i < message->field_count; i++) {
                const struct import_field *field = &message->fields[i];

                if (oneof != NULL && field->oneof != oneof)
                        ek_text_add_string(text, field->oneof != NULL ? "  }\n" : "  }\n\n");
                if (field->oneof != NULL && field->oneof != oneof)
                        emit_oneof(text, field->oneof, number > 1);
                oneof = field->oneof;
                if (number == 19000) /* protobuf keeps those to itself */
                        number = 20000;
                emit_field(text, field, number++);
        }
        ek_text_add_string(text, oneof != NULL ? "  }\n}\n" : "}\n");
}

static void emit_enum(struct ek_text *text, const struct import_enum *enumeration)
{
        ek_text_add_string(text, "\n");
        add_comment(text, 0, enumeration->comment);
        ek_text_printf(text, "enum %s {\n", enumeration->name);
        for (size_t i = 0; i < enumeration->value_count; i++) {
                const struct import_value *value = &enumeration->values[i];

                ek_text_printf(text, "  %s = %d", value->name, value->number);
                if (strcmp(value->name, value->constant) != 0)
                        ek_text_printf(text, " [(ekiden.value).c_constant = \"%s\"]",
                                       value->constant);
                ek_text_add_string(text, ";\n");
        }
        ek_text_add_string(text, "}\n");
}

void import_emit(struct import *import, struct ek_text *text)
{
        emit_file(import, text);
        for (struct import_message *message = import->messages; message != NULL;
             message = message->next)
                emit_message(text, message);
        for (const struct import_enum *enumeration = import->enums; enumeration != NULL;
             enumeration = enumeration->next)
                emit_enum(text, enumeration);
}
