/* SPDX-License-Identifier: MIT */
/*
 * What NAME.native.c asserts of each member that is bound. What a member is, only the compiler
 * knows; so a mistake shows when the program is compiled, with a sentence that names both sides.
 */
#include <string.h>

#include "emit_native.h"
#include "names.h"
#include "path.h"

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

const char *ek_emit_native_field_name(struct ek_memory *arena, const struct ek_field *field,
                                      const struct ek_message *message)
{
        return ek_memory_printf(arena, "%s.%s", ek_schema_object_name(message), field->name);
}

/* What <ekiden/native_assert.h> calls the numbers that a field can hold. */
static const char *number_class(const struct ek_field *field)
{
        switch ((int)field->proto->type) {
        case TYPE(INT32):
        case TYPE(SINT32):
        case TYPE(SFIXED32):
                return "INT32";
        case TYPE(INT64):
        case TYPE(SINT64):
        case TYPE(SFIXED64):
                return "INT64";
        case TYPE(UINT32):
        case TYPE(FIXED32):
                return "UINT32";
        case TYPE(UINT64):
        case TYPE(FIXED64):
                return "UINT64";
        case TYPE(BOOL):
                return "BOOL";
        case TYPE(FLOAT):
                return "FLOAT";
        case TYPE(DOUBLE):
                return "DOUBLE";
        default:
                return "ENUM";
        }
}

/* As between quotes in C. */
static const char *quoted(struct ek_memory *arena, const char *text)
{
        char *copy = ek_memory_alloc(arena, 2 * strlen(text) + 1, 1), *to = copy;

        for (; *text != '\0'; text++) {
                if (*text == '"' || *text == '\\')
                        *to++ = '\\';
                *to++ = *text;
        }
        *to = '\0';
        return copy;
}

const char *ek_emit_native_place(struct ek_memory *arena, const struct ek_place *place)
{
        return ek_memory_printf(arena, "%s:%d", quoted(arena, place->source->name),
                                ek_place_position(place).line);
}

/* One assertion; `more` is what stands before the field's name, with ", " at its end. */
static void emit_check(struct ek_text *out, const char *check, const struct ek_binding *binding,
                       const char *member, const char *more, const struct ek_field *field)
{
        ek_emit(out, "EKIDEN_CHECK_$check$($struct$, $member$, $more$\"$place$\", \"$field$\");\n",
                "check", check, "struct", binding->c_struct, "member", member, "more", more,
                "place", ek_emit_native_place(out->arena, &field->place), "field",
                ek_emit_native_field_name(out->arena, field, binding->message), NULL);
}

/* Where several values, or bytes, are. */
static void emit_room(struct ek_text *out, const struct ek_binding *binding,
                      const struct ek_bound_field *bound)
{
        if (!bound->field->repeated && bound->kind != EK_BOUND_BYTES)
                return;
        emit_check(out,
                   bound->options->flexible         ? "FLEXIBLE"
                   : bound->options->length != NULL ? "COUNTED"
                                                    : "WHOLE",
                   binding, bound->member, "", bound->field);
        if (bound->options->length != NULL)
                emit_check(out, "LENGTH", binding, bound->options->length, "", bound->field);
        if (bound->options->capacity != NULL) {
                emit_check(out, "POINTER", binding, bound->member, "\"capacity\", ", bound->field);
                emit_check(out, "CAPACITY", binding, bound->options->capacity, "", bound->field);
        }
}

static void emit_message(struct ek_text *out, const struct ek_binding *binding,
                         const struct ek_bound_field *bound)
{
        const bool repeated = bound->field->repeated;
        struct ek_message *message = bound->field->message;
        struct ek_binding target = ek_binding_of(out->arena, message);
        const char *pointer = repeated ? "POINTER_EACH" : "POINTER";

        emit_check(out, repeated ? "MESSAGES" : "MESSAGE", binding, bound->member,
                   ek_memory_printf(out->arena, "%s, ", target.c_struct), bound->field);
        if (message->identity == NULL)
                emit_check(out, repeated ? "EMBEDDED_EACH" : "EMBEDDED", binding, bound->member,
                           ek_memory_printf(out->arena, "\"%s\", ", ek_schema_object_name(message)),
                           bound->field);
        else if (bound->options->reference)
                emit_check(out, pointer, binding, bound->member, "\"reference\", ", bound->field);
        else if (ek_binding_flexible(&target) != NULL)
                emit_check(out, pointer, binding, bound->member, "\"flexible\", ", bound->field);
}

static void emit_bound(struct ek_text *out, const struct ek_binding *binding,
                       const struct ek_bound_field *bound)
{
        const bool repeated = bound->field->repeated;
        const char *class = ek_memory_printf(out->arena, "%s, ", number_class(bound->field));
        const char *check = NULL;

        emit_room(out, binding, bound);
        switch (bound->kind) {
        case EK_BOUND_NUMBER:
                emit_check(out, repeated ? "NUMBERS" : "NUMBER", binding, bound->member, class,
                           bound->field);
                break;
        case EK_BOUND_BITS:
                class = ek_memory_printf(out->arena, "%s%u, ", class, bound->options->bits);
                emit_check(out, "BITS", binding, bound->member, class, bound->field);
                break;
        case EK_BOUND_TEXT:
                check = bound->options->zt ? "ZT" : "TEXT";
                emit_check(out, repeated ? ek_memory_printf(out->arena, "%sS", check) : check,
                           binding, bound->member, "", bound->field);
                break;
        case EK_BOUND_MESSAGE:
                emit_message(out, binding, bound);
                break;
        case EK_BOUND_FUNCTION:
                emit_check(out, "FUNCTION", binding, bound->member, "", bound->field);
                break;
        case EK_BOUND_BYTES:
        case EK_BOUND_IDENTITY:
                break;
        }
}

static bool is_mentioned(const struct ek_paths *paths, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (strcmp(paths->list[i].text, paths->list[count].text) == 0)
                        return true;
        return false;
}

/* That the members are there at all, before anything else needs them, and by no macro's argument:
 * what a compiler says first of one that is not, and the line that it shows, name the schema's. */
static void emit_mentions(struct ek_text *out, const struct ek_binding *binding)
{
        struct ek_paths paths = ek_paths_of(out->arena, binding);

        ek_text_add_string(out, "/* clang-format off */\n");
        for (size_t i = 0; i < paths.count; i++) {
                const struct ek_path *path = &paths.list[i];

                if (is_mentioned(&paths, i))
                        continue;
                ek_text_printf(out,
                               "EKIDEN_STATIC_ASSERT(sizeof(%s((%s *)0)->%s) > 0, \"%s: %s\");\n",
                               path->bits > 0 ? "(int)" : "&", binding->c_struct, path->text,
                               ek_emit_native_place(out->arena, &path->place),
                               quoted(out->arena, path->role));
        }
        ek_text_add_string(out, "/* clang-format on */\n");
}

void ek_emit_native_asserts(struct ek_text *out, const struct ek_binding *binding)
{
        const char *message = ek_schema_object_name(binding->message);

        ek_emit(out, "\n/* $message$ is $struct$. */\n", "message", message, "struct",
                binding->c_struct, NULL);
        emit_mentions(out, binding);
        for (size_t i = 0; i < binding->choice_count; i++)
                ek_emit(out,
                        "EKIDEN_CHECK_DISCRIMINATOR($struct$, $member$, \"$place$\", "
                        "\"$message$.$oneof$\");\n",
                        "struct", binding->c_struct, "member",
                        binding->choices[i].options->c_discriminator, "place",
                        ek_emit_native_place(out->arena, &binding->choices[i].place), "message",
                        message, "oneof", binding->choices[i].name, NULL);
        for (size_t i = 0; i < binding->field_count; i++)
                emit_bound(out, binding, &binding->fields[i]);
}
