/* SPDX-License-Identifier: MIT */
/*
 * The functions of one message: one that fills a record, and where fields have the message as their
 * value, one that makes it.
 */
#include "emit_hop_private.h"

#include <string.h>

#include "names.h"
#include "relation.h"

static const char value_template[] =
        "\n"
        "static int $name$$suffix$_value(const $Old$ *old, $New$ **ret_new, struct ekiden_hop "
        "*hop)\n"
        "{\n"
        "        $New$ *new_ = ($New$ *)(void *)ekiden_hop_new(hop, &$descriptor$__descriptor);\n"
        "\n"
        "        if (new_ == NULL)\n"
        "                return EKIDEN_ENOMEM;\n"
        "        *ret_new = new_;\n";

static const char stub_template[] =
        "        if (old->has_$from$) { /* a pointer: the object itself crosses on its own */\n"
        "                new_->has_$to$ = 1;\n"
        "                new_->$to$ = old->$from$;\n"
        "                return 0;\n"
        "        }\n";

static const char pointer_template[] =
        "        if (old->has_$from$) /* a pointer, with nothing but the identity */\n"
        "                return ekiden_hop_refuse(hop, \"a pointer to $message$ has no "
        "counterpart: in version $version$ it has no identity\");\n";

static const char fill_template[] =
        "\n"
        "static int $name$$suffix$(const $Old$ *old, $New$ *new_, struct ekiden_hop *hop)\n"
        "{\n";

static void emit_value_function(struct ek_hop_code *code, const struct ek_message_pair *pair)
{
        ek_emit(code->out, value_template, "name", pair->name, "suffix", code->suffix, "Old",
                pair->from->type_name, "New", pair->to->type_name, "descriptor",
                pair->to->lower_name, NULL);
        if (pair->from_identity != NULL && pair->to_identity != NULL)
                ek_emit(code->out, stub_template, "from",
                        ek_name_member(code->arena, pair->from_identity->name), "to",
                        ek_name_member(code->arena, pair->to_identity->name), NULL);
        else if (pair->from_identity != NULL)
                ek_emit(code->out, pointer_template, "from",
                        ek_name_member(code->arena, pair->from_identity->name), "message",
                        ek_relation_name(pair->from), "version",
                        ek_memory_printf(code->arena, "%u", code->comparison->to->version), NULL);
        ek_emit(code->out, "        return $name$$suffix$(old, new_, hop);\n}\n", "name",
                pair->name, "suffix", code->suffix, NULL);
}

/* Whether a text has a word, which is no part of a longer one. */
static bool has_word(const char *text, const char *word)
{
        const size_t length = strlen(word);

        for (const char *at = text; (at = strstr(at, word)) != NULL; at += length) {
                bool begins = at == text || strchr(" (*&!", at[-1]) != NULL;

                if (begins && strchr("-,) ", at[length]) != NULL)
                        return true;
        }
        return false;
}

/* The parameters that the function does not use, as each transformer has three. */
static void emit_unused(struct ek_text *out, const char *body)
{
        static const char *const names[] = {"old", "new_", "hop"};

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (!has_word(body, names[i]))
                        ek_emit(out, "        (void)$name$;\n", "name", names[i], NULL);
}

static void emit_body(struct ek_hop_code *code, const struct ek_message_pair *pair)
{
        for (size_t i = 0; i < pair->field_count; i++) {
                const struct ek_field_pair *field = &pair->fields[i];

                if (field->from != NULL && field->to != NULL &&
                    field->conversion != EK_CONVERT_NONE)
                        ek_emit_hop_field(code, pair, field);
        }
        if (pair->needs_function)
                ek_emit(code->out,
                        "        /* Not found? It is yours to write: see $hop$.hop.h. */\n"
                        "        return $hop$_$name$(old, new_, hop);\n",
                        "hop", ek_hop_name(code->comparison), "name", pair->name, NULL);
        else
                ek_text_add_string(code->out, "        return 0;\n");
}

void ek_emit_hop_message(struct ek_hop_code *code, const struct ek_message_pair *pair)
{
        struct ek_text body, *out = code->out;

        ek_text_init(&body, code->arena);
        code->out = &body;
        code->uses_result = false;
        emit_body(code, pair);
        code->out = out;
        ek_emit(out, fill_template, "name", pair->name, "suffix", code->suffix, "Old",
                pair->from->type_name, "New", pair->to->type_name, NULL);
        if (code->uses_result)
                ek_text_add_string(out, "        int r;\n\n");
        emit_unused(out, body.bytes);
        ek_text_add(out, body.bytes, body.length);
        ek_text_add_string(out, "}\n");
        if (pair->is_value)
                emit_value_function(code, pair);
}
