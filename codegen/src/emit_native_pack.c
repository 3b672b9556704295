/* SPDX-License-Identifier: MIT */
/*
 * The way out of a struct in a straight line: one function that finds out how many bytes it takes,
 * and whether all of it can be written so; and one that writes them, field by field.
 */
#include <string.h>

#include "emit_native_codec.h"
#include "names.h"
#include "tables.h"

static const char count_template[] =
        "const size_t count = ekiden_count(EKIDEN_VALUE_OF(uint64_t, object->$length$), "
        "EKIDEN_LVALUE_IS_SIGNED(EKIDEN_LVALUE($struct$, $length$)) != 0, $room$, (const void "
        "*)object->$member$);\n"
        "\n"
        "if (count == EKIDEN_CODEC_LEFT)\n"
        "        return EKIDEN_CODEC_LEFT;\n";

static const char *target_of(const struct ek_codec *codec, const struct ek_bound_field *bound)
{
        return ek_tables_name(codec->schema, bound->field->message);
}

static const char *enumeration_of(const struct ek_codec *codec, const struct ek_bound_field *bound)
{
        return ek_name_lower(codec->out->arena, bound->field->enumeration->full_name);
}

/* That a number can cross by its class, where that is not certain; and what it adds to `sum`. */
static void size_number(const struct ek_codec *codec, const struct ek_bound_field *bound,
                        unsigned int depth, const char *sum)
{
        const struct ek_value_form *form = ek_value_form(bound->field);
        const char *out = ek_value_out(codec->out->arena, bound, ek_codec_lvalue(codec, bound));

        if (bound->field->enumeration != NULL) {
                ek_codec_emit(codec, bound, depth,
                              "if (!ekiden_add_enumerator(&$sum$, &$enum$__enumeration, "
                              "(int64_t)$lvalue$))\n"
                              "        return EKIDEN_CODEC_LEFT;\n",
                              "sum", sum, "enum", enumeration_of(codec, bound), NULL);
                return;
        }
        if (form->set[0] == 'R')
                ek_codec_emit(codec, bound, depth,
                              "if (!ekiden_real_can_cross((double)$lvalue$, sizeof($lvalue$)))\n"
                              "        return EKIDEN_CODEC_LEFT;\n",
                              NULL);
        if (bound->kind == EK_BOUND_BITS && form->width != 1)
                ek_codec_emit(codec, bound, depth,
                              "if (!ekiden_bits_can_cross(EKIDEN_BITS_ARE_SIGNED(EKIDEN_LVALUE("
                              "$struct$, $member$)) != 0, (int64_t)$lvalue$, $bits$, $signed$))\n"
                              "        return EKIDEN_CODEC_LEFT;\n",
                              "bits", form->width == 4 || form->type[3] == '3' ? "32" : "64",
                              "signed", form->set[0] == 'S' ? "true" : "false", NULL);
        if (form->width == 0)
                ek_codec_emit(codec, bound, depth, "$sum$ += ekiden_varint_size($out$);\n", "sum",
                              sum, "out", out, NULL);
        else
                ek_codec_emit(codec, bound, depth, "$sum$ += $width$;\n", "sum", sum, "width",
                              ek_memory_printf(codec->out->arena, "%u", form->width), NULL);
}

/* One value, behind its tag. */
static void size_value(const struct ek_codec *codec, const struct ek_bound_field *bound,
                       unsigned int depth)
{
        const char *call = NULL;

        switch (bound->kind) {
        case EK_BOUND_TEXT:
                call = bound->options->zt ? "ekiden_add_text(&size, (const char *)$lvalue$)"
                                          : "ekiden_add_array_text(&size, (const void *)$lvalue$, "
                                            "sizeof($lvalue$))";
                break;
        case EK_BOUND_FUNCTION:
                call = "ekiden_add_text(&size, ekiden_function_name($functions$, (const void "
                       "*)&$lvalue$))";
                break;
        case EK_BOUND_MESSAGE:
                call = "ekiden_add_part(&size, $target$__native_size(&$lvalue$))";
                break;
        default:
                size_number(codec, bound, depth, "size");
                return;
        }
        ek_codec_emit(codec, bound, depth,
                      ek_memory_printf(codec->out->arena,
                                       "if (!%s)\n        return EKIDEN_CODEC_LEFT;\n", call),
                      "functions", bound->options->function != NULL ? bound->options->function : "",
                      "target", bound->field->message != NULL ? target_of(codec, bound) : "", NULL);
}

static void put_value(const struct ek_codec *codec, const struct ek_bound_field *bound,
                      unsigned int depth)
{
        switch (bound->kind) {
        case EK_BOUND_TEXT:
                ek_codec_emit(codec, bound, depth,
                              "out = ekiden_put_text(out, (const void *)$lvalue$);\n", NULL);
                break;
        case EK_BOUND_FUNCTION:
                ek_codec_emit(codec, bound, depth,
                              "out = ekiden_put_text(out, ekiden_function_name($functions$, (const "
                              "void *)&$lvalue$));\n",
                              "functions", bound->options->function, NULL);
                break;
        case EK_BOUND_MESSAGE:
                ek_codec_emit(codec, bound, depth,
                              "out = ekiden_put_length_before(out, "
                              "$target$__native_pack(&$lvalue$, out + 1));\n",
                              "target", target_of(codec, bound), NULL);
                break;
        default:
                ek_codec_emit(codec, bound, depth, "out = ekiden_put_$wire$(out, $out$);\n", "wire",
                              ek_value_wire(bound->field), "out",
                              ek_value_out(codec->out->arena, bound, ek_codec_lvalue(codec, bound)),
                              NULL);
                break;
        }
}

static void put_tag(const struct ek_codec *codec, const struct ek_bound_field *bound,
                    unsigned int depth)
{
        ek_codec_emit(codec, bound, depth, "out = ekiden_put_tag(out, $tag$);\n", NULL);
}

/* Declares `count`: how many values, or bytes, there are. */
static void declare_count(const struct ek_codec *codec, const struct ek_bound_field *bound,
                          unsigned int depth, bool is_checked)
{
        if (bound->options->length == NULL)
                ek_codec_emit(codec, bound, depth, "const size_t count = $room$;\n\n", "room",
                              ek_codec_room(codec, bound), NULL);
        else if (is_checked)
                ek_codec_emit(codec, bound, depth, count_template, "length", bound->options->length,
                              "room", ek_codec_room(codec, bound), NULL);
        else
                ek_codec_emit(codec, bound, depth,
                              "const size_t count = (size_t)EKIDEN_VALUE_OF(uint64_t, "
                              "object->$length$);\n\n",
                              "length", bound->options->length, NULL);
}

static void size_packed(const struct ek_codec *codec, const struct ek_bound_field *bound,
                        unsigned int depth)
{
        ek_codec_emit(codec, bound, depth,
                      "size_t run = 0;\n"
                      "\n"
                      "for (size_t i = 0; i < count; i++) {\n",
                      NULL);
        size_number(codec, bound, depth + 1, "run");
        ek_codec_emit(codec, bound, depth,
                      "}\n"
                      "if (count > 0)\n"
                      "        size += $tag_size$ + ekiden_delimited_size(run);\n",
                      NULL);
}

static void put_packed(const struct ek_codec *codec, const struct ek_bound_field *bound,
                       unsigned int depth)
{
        ek_codec_emit(codec, bound, depth,
                      "if (count > 0) {\n"
                      "        uint8_t *begin = ekiden_put_tag(out, $tag$);\n"
                      "\n"
                      "        out = begin + 1;\n"
                      "        for (size_t i = 0; i < count; i++)\n",
                      NULL);
        put_value(codec, bound, depth + 2);
        ek_codec_emit(codec, bound, depth,
                      "        out = ekiden_put_length_before(begin, out);\n"
                      "}\n",
                      NULL);
}

static void size_repeated(const struct ek_codec *codec, const struct ek_bound_field *bound,
                          unsigned int depth)
{
        declare_count(codec, bound, depth, true);
        if (ek_value_is_packed(bound->field)) {
                size_packed(codec, bound, depth);
                return;
        }
        ek_codec_emit(codec, bound, depth, "size += count * $tag_size$;\n", NULL);
        ek_codec_emit(codec, bound, depth, "for (size_t i = 0; i < count; i++) {\n", NULL);
        size_value(codec, bound, depth + 1);
        ek_codec_emit(codec, bound, depth, "}\n", NULL);
}

static void put_repeated(const struct ek_codec *codec, const struct ek_bound_field *bound,
                         unsigned int depth)
{
        declare_count(codec, bound, depth, false);
        if (ek_value_is_packed(bound->field)) {
                put_packed(codec, bound, depth);
                return;
        }
        ek_codec_emit(codec, bound, depth, "for (size_t i = 0; i < count; i++) {\n", NULL);
        put_tag(codec, bound, depth + 1);
        put_value(codec, bound, depth + 1);
        ek_codec_emit(codec, bound, depth, "}\n", NULL);
}

/* What is NULL is absent, if it may be: the condition that it is there, or NULL. */
static const char *presence(const struct ek_bound_field *bound)
{
        if (bound->field->required || bound->field->repeated || bound->choice != NULL)
                return NULL;
        if (bound->kind == EK_BOUND_TEXT && bound->options->zt)
                return "$lvalue$ != NULL";
        if (bound->kind == EK_BOUND_FUNCTION)
                return "!ekiden_function_is_null((const void *)&$lvalue$)";
        return NULL;
}

/* Opens what is around a member's statements: of a union's, the case; of what may be absent, that
 * it is there; of several, a block. Returns how deep they are then. */
static unsigned int open_member(const struct ek_codec *codec, const struct ek_bound_field *bound)
{
        const char *condition = presence(bound);
        const bool is_many = bound->field->repeated || bound->kind == EK_BOUND_BYTES;

        ek_codec_emit(codec, bound, 1, "/* $field$ */\n", NULL);
        if (bound->choice != NULL)
                ek_codec_emit(codec, bound, 1, "if ($case$ == (int64_t)($chosen$)) {\n", "case",
                              ek_codec_case(codec, bound->choice), "chosen", bound->options->c_case,
                              NULL);
        else if (condition != NULL)
                ek_codec_emit(codec, bound, 1,
                              ek_memory_printf(codec->out->arena, "if (%s) {\n", condition), NULL);
        else if (is_many)
                ek_codec_emit(codec, bound, 1, "{\n", NULL);
        else
                return 1;
        return 2;
}

static void close_member(const struct ek_codec *codec, unsigned int depth)
{
        if (depth > 1)
                ek_text_add_string(codec->out, "        }\n");
}

static void size_member(const struct ek_codec *codec, const struct ek_bound_field *bound)
{
        const unsigned int depth = open_member(codec, bound);

        if (bound->field->repeated) {
                size_repeated(codec, bound, depth);
        } else if (bound->kind == EK_BOUND_BYTES) {
                declare_count(codec, bound, depth, true);
                if (bound->field->arena != NULL) /* they cross by where they are */
                        ek_codec_emit(codec, bound, depth,
                                      "if (count != 0)\n"
                                      "        return EKIDEN_CODEC_LEFT;\n",
                                      NULL);
                ek_codec_emit(codec, bound, depth,
                              "size += $tag_size$ + ekiden_delimited_size(count);\n", NULL);
        } else {
                ek_codec_emit(codec, bound, depth, "size += $tag_size$;\n", NULL);
                size_value(codec, bound, depth);
        }
        close_member(codec, depth);
}

static void put_member(const struct ek_codec *codec, const struct ek_bound_field *bound)
{
        const unsigned int depth = open_member(codec, bound);

        if (bound->field->repeated) {
                put_repeated(codec, bound, depth);
        } else if (bound->kind == EK_BOUND_BYTES) {
                declare_count(codec, bound, depth, false);
                put_tag(codec, bound, depth);
                ek_codec_emit(codec, bound, depth,
                              "out = ekiden_put_delimited(out, (const void *)$lvalue$, count);\n",
                              NULL);
        } else {
                put_tag(codec, bound, depth);
                put_value(codec, bound, depth);
        }
        close_member(codec, depth);
}

static void declare_cases(const struct ek_codec *codec)
{
        for (size_t i = 0; i < codec->binding->choice_count; i++)
                ek_emit(codec->out,
                        "        const int64_t $case$ = EKIDEN_VALUE_OF(int64_t, "
                        "object->$member$);\n",
                        "case", ek_codec_case(codec, &codec->binding->choices[i]), "member",
                        codec->binding->choices[i].options->c_discriminator, NULL);
}

/* Exactly one member of a union is in use, or none where that has a value. */
static void check_cases(const struct ek_codec *codec, const struct ek_bound_choice *choice)
{
        struct ek_text cases;
        const char *name = ek_codec_case(codec, choice), *separator = "";

        ek_text_init(&cases, codec->out->arena);
        for (size_t i = 0; i < codec->binding->field_count; i++) {
                const struct ek_bound_field *bound = &codec->binding->fields[i];

                if (bound->choice != choice)
                        continue;
                ek_text_printf(&cases, "%s(%s == (int64_t)(%s))", separator, name,
                               bound->options->c_case);
                separator = " + ";
        }
        if (cases.length == 0)
                return;
        if (choice->options->c_none != NULL)
                ek_emit(codec->out,
                        "        if ($cases$ != 1 && ($cases$ != 0 || $case$ != "
                        "(int64_t)($none$)))\n"
                        "                return EKIDEN_CODEC_LEFT;\n",
                        "cases", ek_memory_printf(codec->out->arena, "(%s)", cases.bytes), "case",
                        name, "none", choice->options->c_none, NULL);
        else
                ek_emit(codec->out,
                        "        if ($cases$ != 1)\n"
                        "                return EKIDEN_CODEC_LEFT;\n",
                        "cases", ek_memory_printf(codec->out->arena, "(%s)", cases.bytes), NULL);
}

/* What is always as long needs no look at the struct. */
static void emit_size(const struct ek_codec *codec)
{
        const struct ek_binding *binding = codec->binding;
        struct ek_codec within = *codec;
        struct ek_text body;

        ek_text_init(&body, codec->out->arena);
        ek_text_add_string(&body, "");
        within.out = &body;
        for (size_t i = 0; i < binding->choice_count; i++)
                check_cases(&within, &binding->choices[i]);
        for (size_t i = 0; i < binding->field_count; i++)
                size_member(&within, &binding->fields[i]);
        ek_emit(codec->out,
                "\n"
                "static size_t $table$__native_size(const void *data)\n"
                "{\n",
                "table", codec->table, NULL);
        if (binding->choice_count > 0 || strstr(body.bytes, "object->") != NULL)
                ek_emit(codec->out, "        const $struct$ *object = (const $struct$ *)data;\n",
                        "struct", binding->c_struct, NULL);
        ek_text_add_string(codec->out, "        size_t size = 0;\n");
        declare_cases(codec);
        ek_emit(codec->out,
                "\n"
                "        if (!EKIDEN_IS_ALIGNED($struct$, data))\n"
                "                return EKIDEN_CODEC_LEFT;\n",
                "struct", binding->c_struct, NULL);
        ek_text_add_string(codec->out, body.bytes);
        ek_text_add_string(codec->out, "        return size;\n}\n");
}

void ek_emit_native_pack(const struct ek_codec *codec)
{
        const struct ek_binding *binding = codec->binding;

        emit_size(codec);
        ek_emit(codec->out,
                "\n"
                "static uint8_t *$table$__native_pack(const void *data, uint8_t *out)\n"
                "{\n"
                "        const $struct$ *object = (const $struct$ *)data;\n",
                "table", codec->table, "struct", binding->c_struct, NULL);
        declare_cases(codec);
        ek_text_add_string(codec->out, "\n");
        for (size_t i = 0; i < binding->field_count; i++)
                put_member(codec, &binding->fields[i]);
        ek_text_add_string(codec->out, "        return out;\n}\n");
}
