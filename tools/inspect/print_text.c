/* SPDX-License-Identifier: MIT */
/* Protobuf's text format. */
#include <inttypes.h>
#include <string.h>

#include "fields.h"
#include "print.h"
#include "record.h"
#include "scalar.h"
#include "utf8.h"

#define INDENT 2

static void print_byte(FILE *out, uint8_t byte)
{
        static const char named[] = "\n\r\t\"'\\";
        static const char letters[] = "nrt\"'\\";
        const char *found = byte ? strchr(named, byte) : NULL;

        if (found)
                fprintf(out, "\\%c", letters[found - named]);
        else if (byte >= 0x20 && byte < 0x7f)
                fputc(byte, out);
        else
                fprintf(out, "\\%03o", byte);
}

/* Whether a character may be printed as it is: text_clean() decides, and would make it a '?'. */
static bool may_stand(const uint8_t *character, size_t length, enum text_allowed allowed)
{
        char text[8] = "", clean[8];

        if (length < 2)
                return false;
        memcpy(text, character, length);
        text_clean(text, allowed, clean, sizeof(clean));
        return strcmp(text, clean) == 0;
}

void print_escaped(FILE *out, const uint8_t *bytes, size_t size_bytes, enum text_allowed allowed)
{
        while (size_bytes > 0) {
                size_t length = ek_utf8_character(bytes, size_bytes);

                if (may_stand(bytes, length, allowed)) {
                        fwrite(bytes, 1, length, out);
                } else {
                        length = 1;
                        print_byte(out, bytes[0]);
                }
                bytes += length;
                size_bytes -= length;
        }
}

static void print_quoted(FILE *out, const uint8_t *bytes, size_t size_bytes,
                         enum text_allowed allowed)
{
        fputc('"', out);
        print_escaped(out, bytes, size_bytes, allowed);
        fputc('"', out);
}

static void print_scalar(const struct print *print, FILE *out,
                         const ProtobufCFieldDescriptor *field, const void *value)
{
        char text[SCALAR_TEXT_MAX];
        const ProtobufCBinaryData *bytes = value;
        const char *string;

        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                string = *(const char *const *)value;
                print_quoted(out, (const uint8_t *)string, string ? strlen(string) : 0,
                             print->allowed);
                return;
        case PROTOBUF_C_TYPE_BYTES:
                print_quoted(out, bytes->data, bytes->len, TEXT_ASCII);
                return;
        default:
                fputs(scalar_text(field, value, text), out);
        }
}

static const char *description(const struct print *print, const struct ekiden_field *entry,
                               const void *value)
{
        int32_t number;

        if (!entry || !(entry->flags & EKIDEN_FIELD_DESCRIPTOR))
                return NULL;
        number = *(const int32_t *)value;
        if (number < 1 || (size_t)number > print->descriptor_count)
                return NULL;
        return print->descriptors[number - 1];
}

/* Its place among the record's, which is no number of the system's, and what it is. */
static void print_description(const struct print *print, FILE *out, int32_t place,
                              const char *untrusted)
{
        char text[512];

        fprintf(out, "#%" PRId32 " %s", place,
                text_clean(untrusted, print->allowed == TEXT_ASCII ? TEXT_ASCII : TEXT_PRINTABLE,
                           text, sizeof(text)));
}

static const struct ekiden_message *table_of(const struct ekiden_field *entry)
{
        return entry ? entry->nested : NULL;
}

static void print_field(const struct print *print, FILE *out, const struct ekiden_field *entry,
                        const ProtobufCFieldDescriptor *field, const void *value, int indent)
{
        const char *described = description(print, entry, value);
        const ProtobufCMessage *message;

        fprintf(out, "%*s%s", indent, "", field->name);
        if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
                message = *(const ProtobufCMessage *const *)value;
                fputs(" {\n", out);
                if (message)
                        print_text(print, out, table_of(entry), message, indent + INDENT);
                fprintf(out, "%*s}\n", indent, "");
                return;
        }
        fputs(": ", out);
        if (described)
                print_description(print, out, *(const int32_t *)value, described);
        else
                print_scalar(print, out, field, value);
        fputc('\n', out);
}

void print_text(const struct print *print, FILE *out, const struct ekiden_message *type,
                const ProtobufCMessage *message, int indent)
{
        const ProtobufCMessageDescriptor *descriptor = message->descriptor;

        for (unsigned int i = 0; i < descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
                const struct ekiden_field *entry = ek_message_field(type, i);
                const char *values;
                size_t count;

                if (!ek_field_is_set(message, field))
                        continue;
                if (print_is_secret(print, entry)) {
                        fprintf(out, "%*s%s: " PRINT_SECRET "\n", indent, "", field->name);
                        continue;
                }
                values = print_values(message, field, &count);
                for (size_t k = 0; k < count; k++)
                        print_field(print, out, entry, field,
                                    values + k * ek_value_size(field->type), indent);
        }
        /* Nobody says whether what is in them is a secret. */
        for (unsigned int i = 0; i < message->n_unknown_fields; i++)
                fprintf(out, "%*s# field %u is not in the schema\n", indent, "",
                        message->unknown_fields[i].tag);
}

void print_value(const struct print *print, FILE *out, const struct ekiden_field *entry,
                 const ProtobufCFieldDescriptor *field, const void *value)
{
        const char *described = description(print, entry, value);
        char text[512];

        if (print_is_secret(print, entry))
                fputs(PRINT_SECRET, out);
        else if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                fputs("{...}", out);
        else if (described)
                fputs(text_clean(described,
                                 print->allowed == TEXT_ASCII ? TEXT_ASCII : TEXT_PRINTABLE, text,
                                 sizeof(text)),
                      out);
        else
                print_scalar(print, out, field, value);
}
