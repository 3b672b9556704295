/* SPDX-License-Identifier: MIT */
/*
 * Straight-line marshallers of the structs that are entries of containers: for which there are any,
 * and what their two ways share.
 */
#include "emit_native_codec.h"

#include <stdarg.h>
#include <string.h>

#include "names.h"
#include "tables.h"

#define DEPTH_MAX 100 /* of messages within messages, as the library has it */
#define CASE_PREFIX "case_of_" /* of variables */
#define MORE_MAX 4 /* names that a template is given besides */
#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

static const char codec_template[] = "\n"
                                     "static const struct ekiden_native_codec $table$__codec = {\n"
                                     "        .size = $table$__native_size,\n"
                                     "        .pack = $table$__native_pack,\n"
                                     "        .unpack = $table$__native_unpack,\n"
                                     "        .prefetch = $prefetch$,\n"
                                     "$room$"
                                     "};\n";

const char *ek_codec_lvalue(const struct ek_codec *codec, const struct ek_bound_field *bound)
{
        return ek_memory_printf(codec->out->arena, "object->%s%s", bound->member,
                                bound->field->repeated ? "[i]" : "");
}

const char *ek_codec_room(const struct ek_codec *codec, const struct ek_bound_field *bound)
{
        if (bound->options->flexible)
                return "(SIZE_MAX - 1)";
        return ek_memory_printf(codec->out->arena, "%s(%s, %s)",
                                bound->kind == EK_BOUND_BYTES    ? "EKIDEN_BYTES_ROOM_OF"
                                : bound->options->length == NULL ? "EKIDEN_ARRAY_CAPACITY"
                                                                 : "EKIDEN_ROOM_OF",
                                codec->binding->c_struct, bound->member);
}

const char *ek_codec_case(const struct ek_codec *codec, const struct ek_bound_choice *choice)
{
        return ek_memory_printf(codec->out->arena, CASE_PREFIX "%s", choice->name);
}

/* `template`, each of its lines indented. */
static const char *indented(struct ek_memory *arena, unsigned int depth, const char *template)
{
        struct ek_text text;

        ek_text_init(&text, arena);
        ek_text_add_string(&text, "");
        while (*template != '\0') {
                size_t length = strcspn(template, "\n") + 1;

                if (length > 1)
                        ek_text_add_spaces(&text, 8 * (size_t)depth);
                ek_text_add(&text, template, length);
                template += length;
        }
        return text.bytes;
}

void ek_codec_emit(const struct ek_codec *codec, const struct ek_bound_field *bound,
                   unsigned int depth, const char *template, ...)
{
        struct ek_memory *arena = codec->out->arena;
        const char *more[2 * MORE_MAX];
        size_t count = 0;
        va_list arguments;

        for (size_t i = 0; i < 2 * MORE_MAX; i++)
                more[i] = " "; /* which is no name */
        va_start(arguments, template);
        for (const char *next; (next = va_arg(arguments, const char *)) != NULL; count++) {
                if (count == 2 * MORE_MAX)
                        ek_die("a template is given too many names: %s", template);
                more[count] = next;
        }
        va_end(arguments);
        ek_emit(codec->out, indented(arena, depth, template), "struct", codec->binding->c_struct,
                "member", bound->member, "field", bound->field->name, "lvalue",
                ek_codec_lvalue(codec, bound), "tag", ek_value_tag(arena, bound->field), "tag_size",
                ek_value_tag_size(arena, bound->field), more[0], more[1], more[2], more[3], more[4],
                more[5], more[6], more[7], NULL);
}

/* Pointers of the entry itself; those of structs in it are few. */
static bool emit_prefetch(const struct ek_codec *codec)
{
        struct ek_text lines;

        ek_text_init(&lines, codec->out->arena);
        for (size_t i = 0; i < codec->binding->field_count; i++) {
                const struct ek_bound_field *bound = &codec->binding->fields[i];
                const char *member = bound->member;

                /* Of a union, too: what is no address there is fetched in vain, and never used. */
                if (bound->options->flexible)
                        continue;
                if (bound->kind == EK_BOUND_TEXT && bound->options->zt && !bound->field->repeated)
                        ek_emit(&lines,
                                "        __builtin_prefetch((const void *)object->$member$);\n",
                                "member", member, NULL);
                else if (bound->options->length != NULL)
                        ek_emit(&lines,
                                "        if (EKIDEN_IS_POINTER($struct$, $member$))\n"
                                "                ekiden_prefetch((const void "
                                "*)object->$member$);\n",
                                "struct", codec->binding->c_struct, "member", member, NULL);
        }
        if (lines.length == 0)
                return false;
        ek_emit(codec->out,
                "\n"
                "static void $table$__native_prefetch(const void *data)\n"
                "{\n"
                "        const $struct$ *object = (const $struct$ *)data;\n"
                "\n",
                "table", codec->table, "struct", codec->binding->c_struct, NULL);
        ek_text_add_string(codec->out, lines.bytes);
        ek_text_add_string(codec->out, "}\n");
        return true;
}

/* Bytes at the end of an entry are in; other flexible arrays are left. */
static bool emit_room(const struct ek_codec *codec)
{
        const struct ek_bound_field *bound = ek_binding_flexible(codec->binding);

        if (bound == NULL)
                return false;
        ek_emit(codec->out,
                "\n"
                "static size_t $table$__native_room(const uint8_t *data, size_t size)\n"
                "{\n",
                "table", codec->table, NULL);
        ek_codec_emit(codec, bound, 1,
                      "return ekiden_flexible_room(data, data + size, $tag$, offsetof($struct$, "
                      "$member$), sizeof($struct$));\n",
                      NULL);
        ek_text_add_string(codec->out, "}\n");
        return true;
}

/* The program's constants and tables go by its own names, which the functions' variables may hide:
   then there are no such functions. */
static bool is_hidden(const char *name)
{
        static const char *const variables[] = {
                "at",      "begin", "constant", "count",  "data",   "end",   "fixed32",
                "fixed64", "i",     "length",   "memory", "object", "out",   "r",
                "run",     "size",  "stored",   "until",  "varint", "wanted"};

        for (size_t i = 0; name != NULL && i < sizeof(variables) / sizeof(variables[0]); i++)
                if (strcmp(name, variables[i]) == 0)
                        return true;
        return name != NULL && strncmp(name, CASE_PREFIX, strlen(CASE_PREFIX)) == 0;
}

static bool hides_names(const struct ek_message *message)
{
        for (size_t i = 0; i < message->field_count; i++) {
                const Ekiden__FieldOptions *options = ek_binding_field_options(message->sorted[i]);

                if (is_hidden(options->c_case) || is_hidden(options->function))
                        return true;
        }
        for (size_t i = 0; i < message->proto->n_oneof_decl; i++)
                if (is_hidden(ek_binding_oneof_options(message, i)->c_none))
                        return true;
        return false;
}

static bool is_possible(const struct ek_message *message, unsigned int mark,
                        unsigned int *ret_depth)
{
        *ret_depth = 0;
        if (message->file->proto3 || message->identity != NULL || hides_names(message))
                return false;
        for (size_t i = 0; i < message->field_count; i++) {
                const struct ek_field *field = message->sorted[i];
                const struct ek_message *below = field->message;

                if (field->descriptor ||
                    (ek_binding_field_options(field)->flexible &&
                     (field->proto->type != TYPE(BYTES) || field->repeated)) ||
                    (below != NULL && below->mark != mark))
                        return false;
                if (below != NULL && below->visit >= *ret_depth)
                        *ret_depth = below->visit + 1;
        }
        return *ret_depth <= DEPTH_MAX;
}

struct ek_codecs ek_codecs_of(const struct ek_schema *schema, const struct ek_tables *tables)
{
        struct ek_codecs codecs = {.possible = ++schema->model->last_mark};

        /* What a message holds comes before it. */
        for (size_t i = 0; i < tables->count; i++) {
                struct ek_message *message = (struct ek_message *)tables->list[i].message;
                unsigned int depth;

                if (!is_possible(message, codecs.possible, &depth))
                        continue;
                message->mark = codecs.possible;
                message->visit = depth;
        }
        codecs.wanted = ++schema->model->last_mark;
        for (size_t i = 0; i < schema->item_count; i++)
                if (schema->items[i].stream && ek_binding_is(schema->items[i].message) &&
                    schema->items[i].message->mark == codecs.possible) {
                        schema->items[i].message->mark = codecs.wanted;
                        schema->items[i].message->visit = true; /* an entry */
                }
        for (size_t i = tables->count; i-- > 0;) {
                const struct ek_message *message = tables->list[i].message;

                for (size_t k = 0; message->mark == codecs.wanted && k < message->field_count;
                     k++) {
                        struct ek_message *below = message->sorted[k]->message;

                        if (below == NULL || below->mark == codecs.wanted)
                                continue;
                        below->mark = codecs.wanted;
                        below->visit = false;
                }
        }
        return codecs;
}

bool ek_emit_native_codec(struct ek_text *out, const struct ek_schema *schema,
                          const struct ek_codecs *codecs, const struct ek_binding *binding,
                          const char *table)
{
        const struct ek_codec codec = {out, schema, binding, table};
        bool prefetches, has_room;

        if (binding->message->mark != codecs->wanted)
                return false;
        ek_text_add_string(out, "\n/* clang-format off */\n");
        ek_emit_native_pack(&codec);
        ek_emit_native_unpack(&codec);
        prefetches = binding->message->visit && emit_prefetch(&codec);
        has_room = binding->message->visit && emit_room(&codec);
        ek_text_add_string(out, "/* clang-format on */\n");
        if (!binding->message->visit)
                return false;
        ek_emit(out, codec_template, "table", table, "prefetch",
                prefetches ? ek_memory_printf(out->arena, "%s__native_prefetch", table) : "NULL",
                "room",
                has_room ? ek_memory_printf(out->arena, "        .room = %s__native_room,\n", table)
                         : "",
                NULL);
        return true;
}
