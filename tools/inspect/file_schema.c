/* SPDX-License-Identifier: MIT */
/*
 * See file_schema.h. The rules, the names of items and the fingerprint are the generator's own: its
 * model is built of the same set, which dynamic.c has gone through before. The generator ends the
 * program where memory runs out; on what is in the set it would do so nowhere that dynamic.c lets
 * pass.
 */
#include "file_schema.h"

#include <stdlib.h>
#include <string.h>

#include "dynamic.h"
#include "fingerprint.h"
#include "validate.h"

struct file_schema {
        struct dynamic_types *types;
        struct ek_memory memory; /* of the generator's */
        struct ekiden_schema tables;
};

static int damaged(struct ekiden_error *error, const char *what)
{
        return ekiden_error_set(error, EKIDEN_EPROTOCOL, "the schema in it is damaged: %s", what);
}

/* The generator's first problem, without the place of it. */
static int broken(struct ek_problems *problems, struct ekiden_error *error)
{
        char *text = ek_problems_text(problems);

        text[strcspn(text, "\n")] = '\0';
        return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                "the schema in it is not one that this release knows: %s", text);
}

/* The file that says that it is this version of this program. */
static struct ek_file *find_file(const struct ek_model *model, const struct file_schema_id *id)
{
        for (size_t i = 0; i < model->file_count; i++) {
                const Ekiden__ProgramOptions *options =
                        (const void *)model->files[i].option.message;

                if (options && options->name && strcmp(options->name, id->program) == 0 &&
                    options->version == id->version)
                        return &model->files[i];
        }
        return NULL;
}

static const ProtobufCMessageDescriptor *descriptor_of(const struct file_schema *schema,
                                                       const struct ek_message *message)
{
        return dynamic_message(schema->types, message->full_name);
}

/* The message types that have a table, and the tables. */
struct made {
        struct ek_tables order;
        struct ekiden_message *list;
};

static const struct ekiden_message *find_table(const struct made *made,
                                               const struct ek_message *message)
{
        for (size_t i = 0; i < made->order.count; i++)
                if (made->order.list[i].message == message)
                        return &made->list[i];
        return NULL;
}

static unsigned int flags_of(const struct ek_field *field)
{
        return (field->descriptor ? EKIDEN_FIELD_DESCRIPTOR : 0u) |
               (field->identity ? EKIDEN_FIELD_IDENTITY : 0u) |
               (field->secret ? EKIDEN_FIELD_SECRET : 0u) |
               (field->arena ? EKIDEN_FIELD_ARENA : 0u);
}

static void fill_table(struct file_schema *schema, const struct made *made, size_t place)
{
        const struct ek_message *message = made->order.list[place].message;
        struct ekiden_field *fields =
                ek_memory_alloc(&schema->memory, message->field_count, sizeof(*fields));
        size_t count = 0;

        for (size_t i = 0; i < message->field_count; i++) {
                const struct ek_field *field = message->sorted[i];

                if (ek_tables_field(field))
                        fields[count++] = (struct ekiden_field){
                                .index = (unsigned int)i,
                                .flags = flags_of(field),
                                .nested = field->message ? find_table(made, field->message) : NULL,
                                .arena = field->arena,
                        };
        }
        made->list[place] = (struct ekiden_message){
                .descriptor = descriptor_of(schema, message),
                .fields = fields,
                .field_count = count,
        };
}

static enum ekiden_item_kind kind_of(const struct ek_item *item)
{
        if (item->objects)
                return EKIDEN_ITEM_OBJECTS;
        return item->stream ? EKIDEN_ITEM_STREAM : EKIDEN_ITEM_SINGLETON;
}

static void fill_items(struct file_schema *schema, const struct ek_schema *model)
{
        struct made made = {.order = ek_tables_order(model)};
        struct ekiden_item *items =
                ek_memory_alloc(&schema->memory, model->item_count, sizeof(*items));

        made.list = ek_memory_alloc(&schema->memory, made.order.count, sizeof(*made.list));
        for (size_t i = 0; i < made.order.count; i++)
                fill_table(schema, &made, i);
        for (size_t i = 0; i < model->item_count; i++) {
                const struct ek_item *item = &model->items[i];

                items[i] = (struct ekiden_item){
                        .name = item->name,
                        .kind = kind_of(item),
                        .message = find_table(&made, item->message),
                        .key = item->key,
                };
                memcpy(items[i].shape, item->shape, sizeof(items[i].shape));
        }
        schema->tables = (struct ekiden_schema){
                .program = model->program,
                .version = model->version,
                .items = items,
                .item_count = model->item_count,
        };
        memcpy(schema->tables.fingerprint, model->fingerprint, EKIDEN_FINGERPRINT_SIZE);
}

static int build(struct file_schema *schema, const struct file_schema_id *id,
                 struct ekiden_error *error)
{
        const Google__Protobuf__FileDescriptorSet *set = dynamic_set(schema->types);
        Google__Protobuf__Compiler__CodeGeneratorRequest request =
                GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_REQUEST__INIT;
        struct ek_problems problems;
        struct ek_schema compiled;
        struct ek_model model;
        struct ek_file *file;

        request.n_proto_file = set->n_file;
        request.proto_file = set->file;
        ek_problems_init(&problems, &schema->memory);
        if (!ek_model_build(&model, &problems, &request))
                return broken(&problems, error);
        file = find_file(&model, id);
        if (!file)
                return damaged(error, "no file in it is of this program and version");
        ek_schema_init(&compiled, &model, file);
        ek_validate(&compiled, 1, &problems);
        if (problems.count > 0)
                return broken(&problems, error);
        ek_schema_sort(&compiled);
        ek_fingerprint(&compiled);
        if (memcmp(compiled.fingerprint, id->fingerprint, EKIDEN_FINGERPRINT_SIZE) != 0)
                return ekiden_error_set(error, EKIDEN_ESCHEMA,
                                        "the schema in it is not the one that its fingerprint "
                                        "stands for: it was changed");
        fill_items(schema, &compiled);
        return 0;
}

int file_schema_new(const struct file_schema_id *id, struct file_schema **ret_schema,
                    struct ekiden_error *error)
{
        struct file_schema *schema = calloc(1, sizeof(*schema));
        int r;

        if (!schema)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out");
        ek_memory_init(&schema->memory);
        ek_exit_failure = ekiden_error_exit_status(EKIDEN_ENOMEM);
        r = dynamic_types_new(id->set, id->set_size_bytes, &schema->types, error);
        if (r == 0)
                r = build(schema, id, error);
        if (r < 0)
                file_schema_free(schema);
        else
                *ret_schema = schema;
        return r;
}

struct file_schema *file_schema_free(struct file_schema *schema)
{
        if (!schema)
                return NULL;
        ek_memory_deinit(&schema->memory);
        dynamic_types_free(schema->types);
        free(schema);
        return NULL;
}

const struct ekiden_schema *file_schema_tables(const struct file_schema *schema)
{
        return &schema->tables;
}
