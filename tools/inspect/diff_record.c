/* SPDX-License-Identifier: MIT */
/* See diff_record.h. */
#include "diff_record.h"

#include <inttypes.h>
#include <string.h>

#include "diff_gap.h"
#include "difference.h"
#include "title.h"

int diff_records_begin(struct diff *diff, const struct ek_snapshot_item *older,
                       const struct ek_snapshot_item *newer)
{
        struct ekiden_error *error = &diff->output->error;
        int r = 0;

        diff->reading_older = diff->reading_newer = (struct records){0};
        if (older)
                r = records_begin(&diff->reading_older, &diff->older, older, error);
        if (r == 0 && newer)
                r = records_begin(&diff->reading_newer, &diff->newer, newer, error);
        if (r < 0)
                diff_records_end(diff);
        return r;
}

void diff_records_end(struct diff *diff)
{
        records_end(&diff->reading_older);
        records_end(&diff->reading_newer);
        diff_secrets_deinit(&diff->secrets);
}

/* Two records, field by field. */
struct comparison {
        struct diff *diff;
        const char *item;
        const struct record *older, *newer;
        struct print print_older, print_newer;
        struct json_object *fields; /* with --json */
        bool has_title;
};

/* Whether two descriptors are the same, by what they are. */
static bool same_descriptor(void *data, int32_t a, int32_t b)
{
        const struct comparison *comparison = data;

        if (a <= 0 || b <= 0)
                return (a <= 0) == (b <= 0);
        return strcmp(comparison->older->descriptors[a - 1],
                      comparison->newer->descriptors[b - 1]) == 0;
}

static void print_side(const struct print *print, FILE *out, const struct ek_difference *difference,
                       const struct ekiden_field *entry, const ProtobufCFieldDescriptor *field,
                       const void *value, size_t count)
{
        if (difference->kind == EK_DIFFERENCE_COUNT)
                fprintf(out, "%zu %s", count, count == 1 ? "element" : "elements");
        else if (!value)
                fputs("none", out);
        else if (difference->is_secret && !print->show_secrets)
                fputs(value == difference->value_b && difference->value_a ? PRINT_OTHER_SECRET
                                                                          : PRINT_SECRET,
                      out);
        else
                print_value(print, out, entry, field, value);
}

static int print_difference(void *data, const struct ek_difference *difference)
{
        struct comparison *comparison = data;
        const struct output *output = comparison->diff->output;
        FILE *out = output->terminal.out;

        if (!comparison->has_title) {
                fputs("~ ", out);
                title_print(output, comparison->item, comparison->newer);
                fputc('\n', out);
        }
        comparison->has_title = true;
        if (difference->kind == EK_DIFFERENCE_UNKNOWN) {
                fprintf(out, "    %s%sfields that the schema does not have\n", difference->path,
                        difference->path[0] ? ": " : "");
                return 0;
        }
        fprintf(out, "    %s: ", difference->path);
        print_side(&comparison->print_older, out, difference, difference->entry_a,
                   difference->field_a, difference->value_a, difference->count_a);
        fputs(" -> ", out);
        print_side(&comparison->print_newer, out, difference, difference->entry_b,
                   difference->field_b, difference->value_b, difference->count_b);
        fputc('\n', out);
        return 0;
}

static struct json_object *side_json(const struct print *print,
                                     const struct ek_difference *difference,
                                     const struct ekiden_field *entry,
                                     const ProtobufCFieldDescriptor *field, const void *value,
                                     size_t count)
{
        if (difference->kind == EK_DIFFERENCE_COUNT)
                return json_object_new_uint64(count);
        if (!value)
                return NULL;
        if (difference->is_secret && !print->show_secrets)
                return json_object_new_string(PRINT_SECRET);
        return print_json_value(print, entry, field, value);
}

static int add_difference(void *data, const struct ek_difference *difference)
{
        static const char *const kinds[] = {
                [EK_DIFFERENCE_VALUE] = "value",     [EK_DIFFERENCE_ONLY_IN_A] = "removed",
                [EK_DIFFERENCE_ONLY_IN_B] = "added", [EK_DIFFERENCE_COUNT] = "count",
                [EK_DIFFERENCE_UNKNOWN] = "unknown",
        };
        struct comparison *comparison = data;
        struct json_object *field = json_object_new_object();

        output_add_text(field, "path", difference->path);
        output_add_text(field, "kind", kinds[difference->kind]);
        json_object_object_add(field, "older",
                               side_json(&comparison->print_older, difference, difference->entry_a,
                                         difference->field_a, difference->value_a,
                                         difference->count_a));
        json_object_object_add(field, "newer",
                               side_json(&comparison->print_newer, difference, difference->entry_b,
                                         difference->field_b, difference->value_b,
                                         difference->count_b));
        json_object_array_add(comparison->fields, field);
        comparison->has_title = true;
        return 0;
}

static int compare(struct diff *diff, const char *item, const struct record *older,
                   const struct record *newer)
{
        const struct output *output = diff->output;
        struct comparison comparison = {
                .diff = diff,
                .item = item,
                .older = older,
                .newer = newer,
                .print_older = output_print(output, older),
                .print_newer = output_print(output, newer),
        };
        const struct ek_difference_rules rules = {
                .type_a = older->item->message,
                .type_b = newer->item->message,
                .same_descriptor = same_descriptor,
                .visit = output->options->json ? add_difference : print_difference,
                .data = &comparison,
        };
        struct json_object *object;
        int r;

        if (output->options->json)
                comparison.fields = json_object_new_array();
        r = ek_difference_each(&rules, older->message, newer->message, NULL);
        diff->changed += comparison.has_title;
        if (r < 0 || !output->options->json || !comparison.has_title) {
                json_object_put(comparison.fields);
                return r < 0 ? r : 0;
        }
        object = output_event("changed");
        title_add(output, object, item, newer);
        json_object_object_add(object, "fields", comparison.fields);
        return output_line(object);
}

/* A record that only one has. */
static int tell_alone(struct diff *diff, const char *item, const struct record *record,
                      bool is_newer)
{
        const struct output *output = diff->output;
        const struct print print = output_print(output, record);
        struct json_object *object;

        diff->added += is_newer;
        diff->removed += !is_newer;
        if (!output->options->json) {
                int r = diff_secrets_take(&diff->secrets, &print, record, is_newer);

                if (r < 0)
                        return r;
                fputs(is_newer ? "+ " : "- ", output->terminal.out);
                title_print(output, item, record);
                if (r > 0)
                        fputs(" (as one that was removed, but for a secret)", output->terminal.out);
                fputc('\n', output->terminal.out);
                print_text(&print, output->terminal.out, record->item->message, record->message, 4);
                return 0;
        }
        object = output_event(is_newer ? "added" : "removed");
        title_add(output, object, item, record);
        if (title_add_value(output, object, record) == 0)
                return output_line(object);
        json_object_put(object);
        return EKIDEN_ENOMEM;
}

/* In a frame it has its number by its place; here it is read alone. */
static int read_again(struct diff *diff, struct records *reading, const struct diff_entry *entry,
                      struct record *ret_record)
{
        int r = records_read(reading, &entry->place, ret_record);

        if (r < 0)
                diff->path = reading->file->path;
        else
                ret_record->number = entry->number;
        return r < 0 ? r : 0;
}

int diff_record(struct diff *diff, const struct diff_pair *pair)
{
        struct record older, newer;
        int r = 0;

        if (ferror(diff->output->terminal.out))
                return 0; /* nobody reads: main() says so */
        if (pair->older)
                r = read_again(diff, &diff->reading_older, pair->older, &older);
        if (r == 0 && pair->newer)
                r = read_again(diff, &diff->reading_newer, pair->newer, &newer);
        if (r < 0)
                return r;
        if (pair->older && pair->newer)
                return compare(diff, pair->newer->item->name, &older, &newer);
        if (pair->older)
                return tell_alone(diff, pair->older->item->name, &older, false);
        return tell_alone(diff, pair->newer->item->name, &newer, true);
}

int diff_lone_item(struct diff *diff, const struct ek_snapshot_item *item, bool is_newer)
{
        const struct output *output = diff->output;
        char text[OUTPUT_NAME_MAX], figure[TEXT_FIGURE_MAX];
        struct json_object *object;

        diff->added += is_newer;
        diff->removed += !is_newer;
        if (!output->options->json) {
                fprintf(output->terminal.out, "%s item %s, records: %s\n", is_newer ? "+" : "-",
                        output_clean(output, item->name, text, sizeof(text)),
                        text_count(item->count.records, figure));
                return 0;
        }
        object = output_event(is_newer ? "item_added" : "item_removed");
        output_add_text(object, "item", item->name);
        output_add_text(object, "type", item->message);
        output_add_number(object, "records", item->count.records);
        return output_line(object);
}

int diff_sum(struct diff *diff)
{
        const struct output *output = diff->output;
        struct json_object *object;

        if (!output->options->json) {
                diff_tell_gaps(diff);
                if (diff->added + diff->removed + diff->changed > 0)
                        fprintf(output->terminal.out,
                                "%" PRIu64 " added, %" PRIu64 " removed, %" PRIu64 " changed\n",
                                diff->added, diff->removed, diff->changed);
                return 0;
        }
        object = output_event("difference");
        output_add_number(object, "added", diff->added);
        output_add_number(object, "removed", diff->removed);
        output_add_number(object, "changed", diff->changed);
        json_object_object_add(object, "not_compared", diff_gaps_json(diff));
        return output_line(object);
}
