/* SPDX-License-Identifier: MIT */
#include "tables.h"

#include "binding.h"

/* A walk, depth first. The stack is an array: a request decides how deep it gets. */
struct walk {
        struct ek_tables tables;
        struct step {
                struct ek_message *message;
                size_t field; /* the next one to look at */
        } * steps;
        size_t depth;
        unsigned int open, done; /* marks of messages: their fields are, were looked at */
        bool (*leads_on)(const struct ek_field *field); /* to a table of its message type */
};

static bool leads_to_bound(const struct ek_field *field)
{
        return ek_binding_is(field->message);
}

static bool leads_to_any(const struct ek_field *field)
{
        return field->message != NULL;
}

bool ek_tables_field(const struct ek_field *field)
{
        return field->descriptor || field->identity || field->secret || field->untold ||
               field->arena || (field->message != NULL && field->message->holds_flagged);
}

static void walk_enter(struct walk *walk, struct ek_message *message)
{
        if (message->mark == walk->open) {
                message->visit = true; /* a cycle: it is below itself */
                return;
        }
        if (message->mark == walk->done)
                return;
        message->mark = walk->open;
        message->visit = false;
        walk->steps[walk->depth++] = (struct step){message, 0};
}

static void walk_from(struct walk *walk, struct ek_message *root)
{
        walk_enter(walk, root);
        while (walk->depth > 0) {
                struct step *step = &walk->steps[walk->depth - 1];
                struct ek_message *message = step->message;

                if (step->field < message->field_count) {
                        const struct ek_field *field = message->sorted[step->field++];

                        if (field->message != NULL && walk->leads_on(field))
                                walk_enter(walk, field->message);
                        continue;
                }
                message->mark = walk->done;
                walk->tables.list[walk->tables.count++] =
                        (struct ek_table){message, message->visit};
                walk->depth--;
        }
}

static void walk_init(struct walk *walk, struct ek_model *model)
{
        size_t count = ek_model_message_count(model);

        walk->open = ++model->last_mark;
        walk->done = ++model->last_mark;
        walk->tables.list = ek_memory_alloc(model->arena, count, sizeof(*walk->tables.list));
        walk->steps = ek_memory_alloc(model->arena, count, sizeof(*walk->steps));
}

static struct ek_tables tables_of_items(const struct ek_schema *schema,
                                        bool (*leads_on)(const struct ek_field *field))
{
        struct walk walk = {.leads_on = leads_on};

        walk_init(&walk, schema->model);
        for (size_t i = 0; i < schema->item_count; i++)
                walk_from(&walk, schema->items[i].message);
        return walk.tables;
}

struct ek_tables ek_tables_order(const struct ek_schema *schema)
{
        return tables_of_items(schema, ek_tables_field);
}

struct ek_tables ek_tables_all(const struct ek_schema *schema)
{
        return tables_of_items(schema, leads_to_any);
}

struct ek_tables ek_tables_bound(const struct ek_schema *schema)
{
        struct walk walk = {.leads_on = leads_to_bound};

        walk_init(&walk, schema->model);
        for (size_t i = 0; i < schema->item_count; i++)
                if (ek_binding_is(schema->items[i].message))
                        walk_from(&walk, schema->items[i].message);
        return walk.tables;
}

/* Tables of imported messages carry the schema's name: another schema may have them too. */
const char *ek_tables_name(const struct ek_schema *schema, const struct ek_message *message)
{
        if (message->file == schema->file)
                return message->lower_name;
        return ek_memory_printf(schema->model->arena, "%s__%s", schema->c_name,
                                message->lower_name);
}
