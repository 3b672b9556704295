/* SPDX-License-Identifier: MIT */
/*
 * The file that a user begins with: each function that a hop needs, with what it has to do above it
 * and a refusal in it, so that it can be compiled, linked and tried before all of it is written.
 */
#include "emit_hop_private.h"

#include "names.h"
#include "relation.h"

static const char top_template[] =
        "/*\n"
        " * $program$ from version $from$ to $to$: what protoc-gen-ekiden cannot write. Fill it "
        "in, "
        "and keep it under another name: the generator would write over this one.\n"
        " */\n"
        "#include \"$hop$.hop.h\"\n";

static const char function_template[] = "$prototype$\n"
                                        "{\n"
                                        "        (void)old;\n"
                                        "        (void)new_;\n";

static void emit_fields(struct ek_text *out, const struct ek_message_pair *pair)
{
        for (size_t i = 0; i < pair->field_count; i++) {
                const struct ek_field_pair *field = &pair->fields[i];

                if (field->severity != EK_SEVERITY_FUNCTION || field->to == NULL)
                        continue;
                ek_emit(out, "        /* new_->$to$ = $from$; */\n", "to",
                        ek_name_member(out->arena, field->to->name), "from",
                        field->from != NULL
                                ? ek_memory_printf(out->arena, "old->%s",
                                                   ek_name_member(out->arena, field->from->name))
                                : "...",
                        NULL);
        }
}

static void emit_function(struct ek_text *out, const struct ek_comparison *comparison,
                          const struct ek_message_pair *pair)
{
        ek_emit(out,
                "\n"
                "/*\n"
                " * $from$ becomes $to$.\n"
                " *\n",
                "from", ek_relation_name(pair->from), "to", ek_relation_name(pair->to), NULL);
        ek_emit_hop_differences(out, comparison, pair);
        ek_text_add_string(out, " */\n");
        ek_emit(out, function_template, "prototype", ek_hop_prototype(comparison, pair), NULL);
        emit_fields(out, pair);
        ek_emit(out,
                "        return ekiden_hop_refuse(hop, \"$hop$_$name$() is not written yet\");\n"
                "}\n",
                "hop", ek_hop_name(comparison), "name", pair->name, NULL);
}

void ek_emit_scaffold(struct ek_text *out, const struct ek_comparison *comparison)
{
        bool any = false;

        ek_emit(out, top_template, "program", comparison->from->program, "from",
                ek_memory_printf(out->arena, "%u", comparison->from->version), "to",
                ek_memory_printf(out->arena, "%u", comparison->to->version), "hop",
                ek_hop_name(comparison), NULL);
        for (const struct ek_message_pair *pair = comparison->pairs; pair != NULL;
             pair = pair->next) {
                if (!pair->is_written || !pair->needs_function)
                        continue;
                emit_function(out, comparison, pair);
                any = true;
        }
        if (!any)
                ek_text_add_string(out,
                                   "\n/* Nothing: the hop is complete as it is generated. */\n");
}
