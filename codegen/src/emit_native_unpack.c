/* SPDX-License-Identifier: MIT */
/*
 * The way into a struct in a straight line. Fields are taken in the order of their numbers, each
 * once, as they are written; what comes in another way, and what is missing that would have to be
 * made up, is left to the walk.
 */
#include "emit_native_codec.h"
#include "names.h"
#include "tables.h"

static const char varint_template[] = "at = ekiden_get_varint($from$, $until$, &varint);\n"
                                      "if (at == NULL)\n"
                                      "        return 0;\n";

static const char fixed_template[] = "at = ekiden_get_$wire$($from$, $until$, &$wire$);\n"
                                     "if (at == NULL)\n"
                                     "        return 0;\n";

static const char length_template[] = "at = ekiden_get_length(at + $tag_size$, end, &length);\n"
                                      "if (at == NULL)\n"
                                      "        return 0;\n";

static const char bits_template[] =
        "if (!ekiden_bits_can_hold(EKIDEN_BITS_ARE_SIGNED(EKIDEN_LVALUE($struct$, $member$)) != "
        "0, $bits$, (uint64_t)($in$), $signed$))\n"
        "        return 0;\n"
        "EKIDEN_SET_BITS($struct$, object, $member$, $in$);\n";

static const char room_template[] =
        "if (EKIDEN_IS_POINTER($struct$, $member$) && ekiden_make_room(memory, (void "
        "*)&object->$member$, count, sizeof(object->$member$[0])) < 0)\n"
        "        return EKIDEN_ENOMEM;\n";

static const char bytes_template[] =
        "if (!EKIDEN_IS_POINTER($struct$, $member$))\n"
        "        ekiden_put_bytes((uint8_t *)$lvalue$, at, length);\n"
        "else if (ekiden_copy(memory, (void *)&$lvalue$, at, length, false) < 0)\n"
        "        return EKIDEN_ENOMEM;\n";

/* What was read becomes the member's. */
static void set_number(const struct ek_codec *codec, const struct ek_bound_field *bound,
                       unsigned int depth)
{
        const struct ek_value_form *form = ek_value_form(bound->field);
        const bool is_enum = bound->field->enumeration != NULL;

        if (is_enum)
                ek_codec_emit(
                        codec, bound, depth,
                        "if (!ekiden_enumeration_constant(&$enum$__enumeration, "
                        "(int32_t)varint, &constant))\n"
                        "        return 0;\n",
                        "enum",
                        ek_name_lower(codec->out->arena, bound->field->enumeration->full_name),
                        NULL);
        if (bound->kind == EK_BOUND_BITS)
                ek_codec_emit(codec, bound, depth, bits_template, "in", form->in, "bits",
                              ek_memory_printf(codec->out->arena, "%u", bound->options->bits),
                              "signed", form->set[0] == 'S' ? "true" : "false", NULL);
        else
                ek_codec_emit(codec, bound, depth, "EKIDEN_SET_$set$($lvalue$, $in$);\n", "set",
                              form->set, "in", form->in, NULL);
}

/* One number, up to `until`; `from` is where it is. */
static void get_number(const struct ek_codec *codec, const struct ek_bound_field *bound,
                       unsigned int depth, const char *from, const char *until)
{
        const bool is_varint = ek_value_form(bound->field)->wire == EK_WIRE_VARINT;

        ek_codec_emit(codec, bound, depth, is_varint ? varint_template : fixed_template, "wire",
                      ek_value_wire(bound->field), "from", from, "until", until, NULL);
        set_number(codec, bound, depth);
}

/* What is `length` bytes long, at `at`. */
static void set_delimited(const struct ek_codec *codec, const struct ek_bound_field *bound,
                          unsigned int depth)
{
        switch (bound->kind) {
        case EK_BOUND_TEXT:
                if (bound->options->zt)
                        ek_codec_emit(codec, bound, depth,
                                      "if (!ekiden_text_is_sound(at, length))\n"
                                      "        return 0;\n"
                                      "if (ekiden_copy(memory, (void *)&$lvalue$, at, length, "
                                      "true) < 0)\n"
                                      "        return EKIDEN_ENOMEM;\n",
                                      NULL);
                else
                        ek_codec_emit(codec, bound, depth,
                                      "if (!ekiden_set_array_text((void *)$lvalue$, "
                                      "sizeof($lvalue$), at, length))\n"
                                      "        return 0;\n",
                                      NULL);
                break;
        case EK_BOUND_FUNCTION:
                ek_codec_emit(codec, bound, depth,
                              "if (!ekiden_set_function($functions$, (void *)&$lvalue$, at, "
                              "length))\n"
                              "        return 0;\n",
                              "functions", bound->options->function, NULL);
                break;
        default:
                ek_codec_emit(codec, bound, depth,
                              "r = $target$__native_unpack(at, length, &$lvalue$, memory);\n"
                              "if (r != 1)\n"
                              "        return r;\n",
                              "target", ek_tables_name(codec->schema, bound->field->message), NULL);
                break;
        }
        ek_codec_emit(codec, bound, depth, "at += length;\n", NULL);
}

static bool is_delimited(const struct ek_bound_field *bound)
{
        return bound->kind == EK_BOUND_TEXT || bound->kind == EK_BOUND_FUNCTION ||
               bound->kind == EK_BOUND_MESSAGE;
}

/* The members that say how many values, or bytes, there are, and for how many there is room. */
static void set_counts(const struct ek_codec *codec, const struct ek_bound_field *bound,
                       unsigned int depth, const char *count)
{
        ek_codec_emit(codec, bound, depth,
                      "if ($count$ > $room$)\n"
                      "        return 0;\n",
                      "count", count, "room", ek_codec_room(codec, bound), NULL);
        if (bound->options->length != NULL)
                ek_codec_emit(codec, bound, depth,
                              "EKIDEN_SET_UNSIGNED(object->$length$, $count$);\n", "length",
                              bound->options->length, "count", count, NULL);
        if (bound->options->capacity != NULL)
                ek_codec_emit(codec, bound, depth,
                              "EKIDEN_SET_UNSIGNED(object->$capacity$, $count$);\n", "capacity",
                              bound->options->capacity, "count", count, NULL);
}

/* Room for `count` values. What is secret is not short of elements in an array: those that are
 * missing would be made up. */
static void make_room(const struct ek_codec *codec, const struct ek_bound_field *bound,
                      unsigned int depth)
{
        set_counts(codec, bound, depth, "count");
        if (bound->field->message != NULL && ek_tables_field(bound->field))
                ek_codec_emit(codec, bound, depth,
                              "if (!EKIDEN_IS_POINTER($struct$, $member$) && count != $room$)\n"
                              "        return 0;\n",
                              "room", ek_codec_room(codec, bound), NULL);
        ek_codec_emit(codec, bound, depth, room_template, NULL);
}

static void get_packed(const struct ek_codec *codec, const struct ek_bound_field *bound)
{
        const struct ek_value_form *form = ek_value_form(bound->field);
        const char *width = ek_memory_printf(codec->out->arena, "%u", form->width);

        ek_codec_emit(codec, bound, 1,
                      "if (ekiden_tag_is_next(at, end, $tag$)) {\n"
                      "        const uint8_t *until;\n"
                      "        size_t count;\n"
                      "\n",
                      NULL);
        ek_codec_emit(codec, bound, 2, length_template, NULL);
        ek_codec_emit(codec, bound, 2, "until = at + length;\n", NULL);
        if (form->width == 0)
                ek_codec_emit(codec, bound, 2, "count = ekiden_packed_varints(at, until);\n", NULL);
        else
                ek_codec_emit(codec, bound, 2,
                              "count = length / $width$;\n"
                              "if (length % $width$ != 0)\n"
                              "        return 0;\n",
                              "width", width, NULL);
        make_room(codec, bound, 2);
        ek_codec_emit(codec, bound, 2, "for (size_t i = 0; i < count; i++) {\n", NULL);
        get_number(codec, bound, 3, "at", "until");
        if (form->width == 1) /* protobuf-c reads each as one byte, which is 0 or 1 */
                ek_codec_emit(codec, bound, 3, "if (varint > 1)\n        return 0;\n", NULL);
        ek_codec_emit(codec, bound, 1,
                      "        }\n"
                      "        if (at != until)\n"
                      "                return 0;\n"
                      "}\n",
                      NULL);
}

static void get_repeated(const struct ek_codec *codec, const struct ek_bound_field *bound)
{
        const char *run = "lengths", *width = "";

        if (!is_delimited(bound) && ek_value_form(bound->field)->wire == EK_WIRE_VARINT) {
                run = "varints";
        } else if (!is_delimited(bound)) {
                run = "fixed";
                width = ek_memory_printf(codec->out->arena, ", %u",
                                         ek_value_form(bound->field)->width);
        }
        ek_codec_emit(codec, bound, 1,
                      "if (ekiden_tag_is_next(at, end, $tag$)) {\n"
                      "        const size_t count = ekiden_run_of_$run$(at, end, $tag$$width$);\n"
                      "\n",
                      "run", run, "width", width, NULL);
        make_room(codec, bound, 2);
        ek_codec_emit(codec, bound, 2, "for (size_t i = 0; i < count; i++) {\n", NULL);
        if (is_delimited(bound)) {
                ek_codec_emit(codec, bound, 3, length_template, NULL);
                set_delimited(codec, bound, 3);
        } else {
                get_number(codec, bound, 3,
                           ek_memory_printf(codec->out->arena, "at + %s",
                                            ek_value_tag_size(codec->out->arena, bound->field)),
                           "end");
        }
        ek_codec_emit(codec, bound, 1, "        }\n}\n", NULL);
}

/* A member of a union is the only one that came. */
static void set_case(const struct ek_codec *codec, const struct ek_bound_field *bound)
{
        if (bound->choice == NULL)
                return;
        ek_codec_emit(codec, bound, 2,
                      "if ($case$)\n"
                      "        return 0;\n"
                      "$case$ = true;\n"
                      "EKIDEN_SET_SIGNED(object->$discriminator$, (int64_t)($chosen$));\n",
                      "case", ek_codec_case(codec, bound->choice), "discriminator",
                      bound->choice->options->c_discriminator, "chosen", bound->options->c_case,
                      NULL);
}

/* Whether a member that does not come is other than zero: it has a default, or its type has; or it
 * must come. */
static bool must_come(const struct ek_bound_field *bound)
{
        return bound->choice == NULL &&
               (bound->field->required || bound->kind == EK_BOUND_MESSAGE ||
                bound->field->enumeration != NULL || bound->field->proto->default_value != NULL);
}

static void get_one(const struct ek_codec *codec, const struct ek_bound_field *bound)
{
        ek_codec_emit(codec, bound, 1, "if (ekiden_tag_is_next(at, end, $tag$)) {\n", NULL);
        set_case(codec, bound);
        if (bound->kind == EK_BOUND_BYTES) {
                ek_codec_emit(codec, bound, 2, length_template, NULL);
                if (bound->field->arena != NULL) /* where they are, the library knows */
                        ek_codec_emit(codec, bound, 2,
                                      "if (length != 0)\n"
                                      "        return 0;\n",
                                      NULL);
                set_counts(codec, bound, 2, "length");
                if (bound->field->arena == NULL)
                        ek_codec_emit(
                                codec, bound, 2,
                                bound->options->flexible
                                        ? "ekiden_put_bytes((uint8_t *)$lvalue$, at, length);\n"
                                        : bytes_template,
                                NULL);
                ek_codec_emit(codec, bound, 2, "at += length;\n", NULL);
        } else if (is_delimited(bound)) {
                ek_codec_emit(codec, bound, 2, length_template, NULL);
                set_delimited(codec, bound, 2);
        } else {
                get_number(codec, bound, 2,
                           ek_memory_printf(codec->out->arena, "at + %s",
                                            ek_value_tag_size(codec->out->arena, bound->field)),
                           "end");
        }
        ek_codec_emit(codec, bound, 1,
                      must_come(bound) ? "} else {\n        return 0;\n}\n" : "}\n", NULL);
}

/* No case came. */
static void finish_choice(const struct ek_codec *codec, const struct ek_bound_choice *choice)
{
        const char *none = choice->options->c_none;

        ek_emit(codec->out,
                none == NULL ? "        if (!$case$)\n"
                               "                return 0;\n"
                             : "        if (!$case$)\n"
                               "                EKIDEN_SET_SIGNED(object->$member$, "
                               "(int64_t)($none$));\n",
                "case", ek_codec_case(codec, choice), "member", choice->options->c_discriminator,
                "none", none != NULL ? none : "", NULL);
}

/* The variables that the statements use. */
static void declare(const struct ek_codec *codec)
{
        bool varint = false, fixed32 = false, fixed64 = false, constant = false, length = false,
             r = false;

        for (size_t i = 0; i < codec->binding->field_count; i++) {
                const struct ek_bound_field *bound = &codec->binding->fields[i];

                length |= is_delimited(bound) || bound->kind == EK_BOUND_BYTES ||
                          ek_value_is_packed(bound->field);
                r |= bound->kind == EK_BOUND_MESSAGE;
                constant |= bound->field->enumeration != NULL;
                if (is_delimited(bound) || bound->kind == EK_BOUND_BYTES)
                        continue;
                varint |= ek_value_form(bound->field)->wire == EK_WIRE_VARINT;
                fixed32 |= ek_value_form(bound->field)->wire == EK_WIRE_FIXED32;
                fixed64 |= ek_value_form(bound->field)->wire == EK_WIRE_FIXED64;
        }
        ek_emit(codec->out, "$varint$$fixed32$$fixed64$$constant$$length$$r$", "varint",
                varint ? "        uint64_t varint;\n" : "", "fixed32",
                fixed32 ? "        uint32_t fixed32;\n" : "", "fixed64",
                fixed64 ? "        uint64_t fixed64;\n" : "", "constant",
                constant ? "        int64_t constant;\n" : "", "length",
                length ? "        size_t length;\n" : "", "r", r ? "        int r;\n" : "", NULL);
        for (size_t i = 0; i < codec->binding->choice_count; i++)
                ek_text_printf(codec->out, "        bool %s = false;\n",
                               ek_codec_case(codec, &codec->binding->choices[i]));
}

void ek_emit_native_unpack(const struct ek_codec *codec)
{
        const struct ek_binding *binding = codec->binding;

        ek_emit(codec->out,
                "\n"
                "static int $table$__native_unpack(const uint8_t *at, size_t size, void *data, "
                "const "
                "struct ekiden_memory *memory)\n"
                "{\n"
                "        $struct$ *object = ($struct$ *)data;\n"
                "        const uint8_t *end = at + size;\n",
                "table", codec->table, "struct", binding->c_struct, NULL);
        declare(codec);
        ek_emit(codec->out,
                "\n"
                "        (void)memory;\n"
                "        if (!EKIDEN_IS_ALIGNED($struct$, data))\n"
                "                return 0;\n",
                "struct", binding->c_struct, NULL);
        for (size_t i = 0; i < binding->field_count; i++) {
                const struct ek_bound_field *bound = &binding->fields[i];

                ek_codec_emit(codec, bound, 1, "/* $field$ */\n", NULL);
                if (ek_value_is_packed(bound->field))
                        get_packed(codec, bound);
                else if (bound->field->repeated)
                        get_repeated(codec, bound);
                else
                        get_one(codec, bound);
        }
        for (size_t i = 0; i < binding->choice_count; i++)
                finish_choice(codec, &binding->choices[i]);
        ek_text_add_string(codec->out, "        return at == end;\n}\n");
}
