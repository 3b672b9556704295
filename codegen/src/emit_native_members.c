/* SPDX-License-Identifier: MIT */
/*
 * A struct's table of members, one entry for each field of its message, with the unions' choices
 * and the functions that reach bit-fields.
 */
#include "emit_native.h"
#include "names.h"
#include "tables.h"

static const char choice_template[] =
        "\n"
        "static const struct ekiden_choice $table$__$oneof$__choice = {\n"
        "        .name = \"$name$\",\n"
        "        EKIDEN_CHOICE_AT($struct$, $member$),\n"
        "        .has_none = $has_none$,\n"
        "        .none = $none$,\n"
        "};\n";

static const char bits_template[] =
        "\n"
        "static int64_t $table$__read_$field$(const void *object)\n"
        "{\n"
        "        return (int64_t)((const $struct$ *)object)->$member$;\n"
        "}\n"
        "\n"
        "static void $table$__write_$field$(void *object, int64_t value)\n"
        "{\n"
        "        EKIDEN_SET_BITS($struct$, object, $member$, value);\n"
        "}\n";

static void emit_choices(struct ek_text *out, const struct ek_binding *binding, const char *table)
{
        for (size_t i = 0; i < binding->choice_count; i++) {
                const struct ek_bound_choice *choice = &binding->choices[i];
                const char *none = choice->options->c_none;

                ek_emit(out, choice_template, "table", table, "oneof",
                        ek_name_lower(out->arena, choice->name), "name", choice->name, "struct",
                        binding->c_struct, "member", choice->options->c_discriminator, "has_none",
                        none != NULL ? "true" : "false", "none", none != NULL ? none : "0", NULL);
        }
}

static void emit_bits(struct ek_text *out, const struct ek_binding *binding, const char *table)
{
        for (size_t i = 0; i < binding->field_count; i++)
                if (binding->fields[i].kind == EK_BOUND_BITS)
                        ek_emit(out, bits_template, "table", table, "field",
                                ek_name_lower(out->arena, binding->fields[i].field->name), "struct",
                                binding->c_struct, "member", binding->fields[i].member, NULL);
}

/* The macro that gives a member's place, by what it holds: for one value, and for several. */
static const struct {
        const char *kind; /* NULL: the macro has it */
        const char *one, *several, *flexible;
} places[] = {
        [EK_BOUND_NUMBER] = {"NUMBER", "NUMBER_AT", "NUMBERS_AT", "FLEXIBLE_NUMBERS_AT"},
        [EK_BOUND_BITS] = {"BITS", NULL, NULL, NULL},
        [EK_BOUND_TEXT] = {"TEXT", "TEXT_AT", "TEXTS_AT", "FLEXIBLE_TEXTS_AT"},
        [EK_BOUND_BYTES] = {"BYTES", "BYTES_AT", NULL, "FLEXIBLE_BYTES_AT"},
        [EK_BOUND_MESSAGE] = {NULL, "MESSAGE_AT", "MESSAGES_AT", "FLEXIBLE_MESSAGES_AT"},
        [EK_BOUND_FUNCTION] = {"FUNCTION", "FUNCTION_AT", NULL, NULL},
        [EK_BOUND_IDENTITY] = {"IDENTITY", NULL, NULL, NULL},
};

static const char *place_macro(const struct ek_bound_field *bound)
{
        if (bound->options->reference)
                return bound->options->flexible ? "FLEXIBLE_REFERENCES_AT"
                       : bound->field->repeated ? "REFERENCES_AT"
                                                : "REFERENCE_AT";
        if (bound->options->flexible)
                return places[bound->kind].flexible;
        return bound->field->repeated ? places[bound->kind].several : places[bound->kind].one;
}

/* Where it is. */
static void emit_place(struct ek_text *out, const struct ek_binding *binding,
                       const struct ek_bound_field *bound)
{
        const char *macro = place_macro(bound);

        if (places[bound->kind].kind != NULL && !bound->options->reference)
                ek_text_printf(out, "                .kind = EKIDEN_MEMBER_%s,\n",
                               places[bound->kind].kind);
        if (macro != NULL)
                ek_emit(out, "                EKIDEN_$macro$($struct$, $member$),\n", "macro",
                        macro, "struct", binding->c_struct, "member", bound->member, NULL);
        if (bound->kind == EK_BOUND_BITS)
                ek_emit(out, "                EKIDEN_BITS_AT($struct$, $member$, $bits$),\n",
                        "struct", binding->c_struct, "member", bound->member, "bits",
                        ek_memory_printf(out->arena, "%u", bound->options->bits), NULL);
        if (bound->options->length != NULL)
                ek_emit(out, "                EKIDEN_LENGTH_AT($struct$, $member$),\n", "struct",
                        binding->c_struct, "member", bound->options->length, NULL);
        if (bound->options->capacity != NULL)
                ek_emit(out, "                EKIDEN_CAPACITY_AT($struct$, $member$),\n", "struct",
                        binding->c_struct, "member", bound->options->capacity, NULL);
}

/* What its values stand for; in the order of struct ekiden_member, as above. */
static void emit_meaning(struct ek_text *out, const struct ek_schema *schema,
                         const struct ek_bound_field *bound, const char *table)
{
        const char *field = ek_name_lower(out->arena, bound->field->name);

        if (bound->field->message != NULL)
                ek_text_printf(out, "                .target = &%s__native,\n",
                               ek_tables_name(schema, bound->field->message));
        if (bound->field->enumeration != NULL)
                ek_text_printf(out, "                .enumeration = &%s__enumeration,\n",
                               ek_name_lower(out->arena, bound->field->enumeration->full_name));
        if (bound->kind == EK_BOUND_FUNCTION)
                ek_text_printf(out,
                               "                .functions_name = \"%s\",\n"
                               "                .functions = %s,\n",
                               bound->options->function, bound->options->function);
        if (bound->kind == EK_BOUND_BITS)
                ek_text_printf(out,
                               "                .get_bits = %s__read_%s,\n"
                               "                .set_bits = %s__write_%s,\n",
                               table, field, table, field);
        if (bound->choice != NULL) {
                ek_text_printf(out, "                .choice = &%s__%s__choice,\n", table,
                               ek_name_lower(out->arena, bound->choice->name));
                ek_text_printf(out, "                .chosen = %s,\n", bound->options->c_case);
        }
        if (bound->field->arena != NULL)
                ek_text_printf(out, "                .arena = \"%s\",\n", bound->field->arena);
}

void ek_emit_native_members(struct ek_text *out, const struct ek_schema *schema,
                            const struct ek_binding *binding, const char *table)
{
        emit_choices(out, binding, table);
        emit_bits(out, binding, table);
        if (binding->field_count == 0)
                return;
        ek_text_printf(out, "\nstatic const struct ekiden_member %s__members[] = {\n", table);
        for (size_t i = 0; i < binding->field_count; i++) {
                const struct ek_bound_field *bound = &binding->fields[i];

                ek_text_printf(out,
                               "        {\n"
                               "                .name = \"%s\",\n"
                               "                .field = %u,\n",
                               bound->member, bound->index);
                emit_place(out, binding, bound);
                emit_meaning(out, schema, bound, table);
                ek_text_add_string(out, "        },\n");
        }
        ek_text_add_string(out, "};\n");
}
