/* SPDX-License-Identifier: MIT */
/*
 * The function that packs a message that has had a size: nothing is looked at for the second time.
 * The length of a message or of a packed run goes into a byte that was left free for it, or where
 * it needs more, what is behind that byte makes room, as protobuf-c does it.
 */
#include "emit_codec_private.h"

#define BODY "        "
#define INNER "                "

/* The statements for one value with its tag. */
static void emit_value(const struct ek_codec_code *code, const struct ek_codec_field *field,
                       const char *indent, const char *value)
{
        const char *template;

        switch (field->wire) {
        case EK_CODEC_VARINT:
                template = "$indent$out = ekiden_put_varint(out, $more$);\n";
                break;
        case EK_CODEC_FIXED32:
                template = "$indent$out = ekiden_put_fixed32(out, $more$);\n";
                break;
        case EK_CODEC_FIXED64:
                template = "$indent$out = ekiden_put_fixed64(out, $more$);\n";
                break;
        case EK_CODEC_TEXT:
                template = "$indent$out = ekiden_put_text(out, $value$);\n";
                break;
        case EK_CODEC_BYTES:
                template = "$indent$out = ekiden_put_binary(out, &$value$);\n";
                break;
        default:
                template = "$indent$end = pack_$name$($value$, out + 1);\n"
                           "$indent$out = ekiden_put_length_before(out, end);\n";
                break;
        }
        ek_codec_add(code, field, indent, "$indent$out = ekiden_put_tag(out, $tag$);\n", value, "");
        ek_codec_add(code, field, indent, template, value,
                     ek_codec_to_wire(code->arena, field, value));
}

static void emit_packed(const struct ek_codec_code *code, const struct ek_codec_field *field,
                        const char *element)
{
        const char *template;

        if (field->wire == EK_CODEC_VARINT)
                template = "                end = out + 1;\n"
                           "                for (size_t i = 0; i < message->n_$member$; i++)\n"
                           "                        end = ekiden_put_varint(end, $more$);\n"
                           "                out = ekiden_put_length_before(out, end);\n";
        else if (field->wire == EK_CODEC_FIXED32)
                template =
                        "                out = ekiden_put_varint(out, 4 * message->n_$member$);\n"
                        "                out = ekiden_put_fixed32_run(out, message->$member$, "
                        "message->n_$member$);\n";
        else
                template =
                        "                out = ekiden_put_varint(out, 8 * message->n_$member$);\n"
                        "                out = ekiden_put_fixed64_run(out, message->$member$, "
                        "message->n_$member$);\n";
        ek_codec_add(code, field, BODY,
                     "        if (message->n_$member$ > 0) {\n"
                     "                out = ekiden_put_tag(out, $tag$);\n",
                     element, "");
        ek_codec_add(code, field, BODY, template, element,
                     ek_codec_to_wire(code->arena, field, element));
        ek_text_add_string(code->out, "        }\n");
}

static void emit_governed(const struct ek_codec_code *code, const struct ek_codec_field *field,
                          const char *head, const char *value)
{
        ek_emit(code->out, "        $head$ {\n", "head", head, NULL);
        emit_value(code, field, INNER, value);
        ek_text_add_string(code->out, "        }\n");
}

static void emit_field(const struct ek_codec_code *code, const struct ek_codec_field *field)
{
        const char *value = ek_memory_printf(code->arena, "message->%s", field->member);
        const char *element = ek_memory_printf(code->arena, "%s[i]", value);
        const char *condition = ek_codec_condition(code, field);

        if (field->packed)
                emit_packed(code, field, element);
        else if (field->presence == EK_CODEC_COUNT)
                emit_governed(code, field,
                              ek_memory_printf(code->arena,
                                               "for (size_t i = 0; i < message->n_%s; i++)",
                                               field->member),
                              element);
        else if (condition != NULL)
                emit_governed(code, field, ek_memory_printf(code->arena, "if (%s)", condition),
                              value);
        else
                emit_value(code, field, BODY, value);
}

/* What is behind a message or a run whose length is not known ahead. */
static bool needs_end(const struct ek_codec_type *type)
{
        for (size_t i = 0; i < type->field_count; i++)
                if (type->fields[i].wire == EK_CODEC_MESSAGE ||
                    (type->fields[i].packed && type->fields[i].wire == EK_CODEC_VARINT))
                        return true;
        return false;
}

void ek_emit_codec_pack(const struct ek_codec_code *code)
{
        const struct ek_codec_type *type = code->type;

        ek_emit(code->out,
                "\n"
                "static uint8_t *pack_$name$(const $Type$ *message, uint8_t *out)\n"
                "{\n"
                "$end$",
                "name", type->name, "Type", type->message->type_name, "end",
                needs_end(type) ? "        uint8_t *end;\n\n" : "", NULL);
        if (type->field_count == 0)
                ek_text_add_string(code->out, "        (void)message;\n");
        for (size_t i = 0; i < type->field_count; i++)
                emit_field(code, &type->fields[i]);
        ek_text_add_string(code->out, "        return out;\n"
                                      "}\n");
}
