/* SPDX-License-Identifier: MIT */
/* See pair.h. */
#include "pair.h"

#include <string.h>

#include "load.h"
#include "output.h"
#include "status.h"

/* Whether the two are versions of one program, in an order that was meant. */
static bool is_pair(const struct options *options, const struct loaded *loaded, bool may_go_back)
{
        const struct ek_schema *from = &loaded->schemas[0], *to = &loaded->schemas[1];
        struct ek_place place = load_program_place(to);
        struct ek_problems problems;
        const char *text;

        ek_problems_init(&problems, options->arena);
        if (from->file == to->file)
                ek_problem(&problems, &place,
                           "this is the same file twice: give a file for each version");
        else if (strcmp(from->program, to->program) != 0)
                ek_problem(&problems, &place,
                           "this is program \"%s\", but %s is program \"%s\": give two versions of "
                           "one program",
                           to->program, options->files.list[0], from->program);
        else if (from->version > to->version && !may_go_back)
                ek_problem(&problems, &place,
                           "this is version %u, but %s is version %u already: give the older one "
                           "first",
                           to->version, options->files.list[0], from->version);
        text = ek_problems_text(&problems);
        if (text != NULL)
                output_lines(options->arena, stderr, text);
        return text == NULL;
}

int pair_compare(const struct options *options, bool may_go_back,
                 struct ek_comparison *ret_comparison)
{
        struct loaded *loaded = ek_memory_alloc(options->arena, 1, sizeof(*loaded));
        int status = load_schemas(options, loaded);
        struct ek_schema *from, *to;

        if (status != 0)
                return status;
        if (!is_pair(options, loaded, may_go_back))
                return STATUS_FAULT;
        from = &loaded->schemas[0];
        to = &loaded->schemas[1];
        if (from->version < to->version)
                ek_compare(ret_comparison, from, to, false);
        else
                ek_compare(ret_comparison, to, from, true);
        return 0;
}

const struct ek_place *pair_place(const struct ek_difference *difference)
{
        return difference->newer.source != NULL ? &difference->newer : &difference->older;
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
        json_object_object_add(object, key, text != NULL ? json_object_new_string(text) : NULL);
}

static struct json_object *difference_json(const struct ek_difference *difference)
{
        struct json_object *object = json_object_new_object();
        const struct ek_place *place = pair_place(difference);
        struct ek_position position = ek_place_position(place);

        add_text(object, "file", place->source->name);
        json_object_object_add(object, "line", json_object_new_int(position.line));
        json_object_object_add(object, "column", json_object_new_int(position.column));
        add_text(object, "severity", ek_severity_text(difference->severity));
        add_text(object, "subject", difference->subject);
        add_text(object, "from", difference->from_text);
        add_text(object, "to", difference->to_text);
        add_text(object, "action", difference->action);
        add_text(object, "sentence", difference->sentence);
        return object;
}

void pair_print_json(const struct ek_comparison *comparison, bool all)
{
        struct json_object *object = json_object_new_object();
        struct json_object *list = json_object_new_array();

        add_text(object, "program", comparison->from->program);
        json_object_object_add(object, "from", json_object_new_uint64(comparison->from->version));
        json_object_object_add(object, "to", json_object_new_uint64(comparison->to->version));
        add_text(object, "result", ek_severity_text(ek_comparison_severity(comparison)));
        for (size_t i = 0; i < comparison->difference_count; i++) {
                const struct ek_difference *difference = &comparison->differences[i];

                if (all || difference->severity > EK_SEVERITY_SAME)
                        json_object_array_add(list, difference_json(difference));
        }
        json_object_object_add(object, "differences", list);
        puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
                                                            JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(object);
}
