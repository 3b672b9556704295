/* SPDX-License-Identifier: MIT */
#include "path.h"

#include <string.h>

#include "names.h"

#define BITS_MAX 64

size_t ek_path_depth(const char *path)
{
        size_t depth = path[0] != '\0';

        for (; *path != '\0'; path++)
                depth += *path == '.';
        return depth;
}

const char *ek_path_part(struct ek_memory *arena, const char *path, size_t index)
{
        for (; index > 0; index--)
                path = strchr(path, '.') + 1;
        return ek_memory_printf(arena, "%.*s", (int)strcspn(path, "."), path);
}

bool ek_path_is_below(const char *path, const char *prefix)
{
        const size_t length = strlen(prefix);

        return length == 0 || (strncmp(path, prefix, length) == 0 && path[length] == '.');
}

bool ek_path_is_good(const char *text)
{
        return ek_name_is_qualified(text);
}

bool ek_path_ignored(struct ek_memory *arena, const char *text, const char **ret_path,
                     unsigned int *ret_bits)
{
        const size_t length = strcspn(text, ":");
        const char *path = ek_memory_printf(arena, "%.*s", (int)length, text);
        unsigned int bits = 0;

        if (!ek_path_is_good(path))
                return false;
        if (text[length] == ':') {
                const char *digits = text + length + 1;

                for (; *digits >= '0' && *digits <= '9' && bits <= BITS_MAX; digits++)
                        bits = bits * 10 + (unsigned int)(*digits - '0');
                if (*digits != '\0' || bits == 0 || bits > BITS_MAX)
                        return false;
        }
        *ret_path = path;
        *ret_bits = bits;
        return true;
}

static void add(struct ek_paths *paths, struct ek_path path)
{
        paths->list = ek_memory_grow(paths->arena, paths->list, paths->count, &paths->size,
                                     sizeof(*paths->list));
        paths->list[paths->count++] = path;
}

/* A member that serves the field's own, of an option with this number. */
static void add_beside(struct ek_paths *paths, const struct ek_message *message,
                       const struct ek_bound_field *bound, const char *text, const char *role,
                       enum ek_path_service service, int32_t number)
{
        struct ek_path path = {
                .text = text,
                .role = ek_memory_printf(paths->arena, "the %s of field \"%s\"", role,
                                         bound->field->name),
                .place = ek_place_below(&bound->field->place, 8, EK_OPTION_EKIDEN_NUMBER, number,
                                        -1),
                .choice = bound->choice,
                .declared = (int32_t)(bound->field - message->fields),
                .service = service,
        };

        if (text != NULL)
                add(paths, path);
}

static void add_field(struct ek_paths *paths, const struct ek_message *message,
                      const struct ek_bound_field *bound)
{
        struct ek_path path = {
                .text = bound->member,
                .role = ek_memory_printf(paths->arena, "bound to field \"%s\"", bound->field->name),
                .place = bound->field->place,
                .choice = bound->choice,
                .bits = bound->options->bits,
                .flexible = bound->options->flexible,
                .declared = (int32_t)(bound->field - message->fields),
        };

        if (bound->kind == EK_BOUND_IDENTITY)
                return;
        if (bound->options->c_member != NULL)
                path.place = ek_place_below(&path.place, 8, EK_OPTION_EKIDEN_NUMBER, 16, -1);
        add(paths, path);
        add_beside(paths, message, bound, bound->options->length, "length", EK_PATH_LENGTH, 18);
        add_beside(paths, message, bound, bound->options->capacity, "capacity", EK_PATH_CAPACITY,
                   23);
}

static void add_ignored(struct ek_paths *paths, const struct ek_binding *binding)
{
        for (size_t i = 0; i < binding->options->n_ignore; i++) {
                struct ek_path path = {.role = "ignored", .declared = -1};

                path.place = ek_place_below(&binding->message->place, 7, EK_OPTION_MESSAGE_NUMBER,
                                            18, -1);
                if (ek_path_ignored(paths->arena, binding->options->ignore[i], &path.text,
                                    &path.bits))
                        add(paths, path);
        }
}

struct ek_paths ek_paths_of(struct ek_memory *arena, const struct ek_binding *binding)
{
        struct ek_paths paths = {.arena = arena};

        for (size_t i = 0; i < binding->choice_count; i++) {
                const struct ek_bound_choice *choice = &binding->choices[i];
                struct ek_path path = {
                        .text = choice->options->c_discriminator,
                        .role = ek_memory_printf(arena, "the discriminator of oneof \"%s\"",
                                                 choice->name),
                        .place = ek_place_below(&choice->place, 2, EK_OPTION_EKIDEN_NUMBER, 16, -1),
                        .declared = -1,
                };

                if (path.text != NULL)
                        add(&paths, path);
        }
        for (size_t i = 0; i < binding->field_count; i++)
                add_field(&paths, binding->message, &binding->fields[i]);
        add_ignored(&paths, binding);
        return paths;
}

static bool is_known(const char **list, size_t count, const char *text)
{
        for (size_t i = 0; i < count; i++)
                if (strcmp(list[i], text) == 0)
                        return true;
        return false;
}

const char **ek_paths_prefixes(const struct ek_paths *paths)
{
        const char **list = NULL;
        size_t count = 0, size = 0;

        list = ek_memory_grow(paths->arena, list, count, &size, sizeof(*list));
        list[count++] = "";
        for (size_t i = 0; i < paths->count; i++) {
                const char *text = paths->list[i].text;

                for (const char *dot = text; (dot = strchr(dot, '.')) != NULL; dot++) {
                        const char *prefix =
                                ek_memory_printf(paths->arena, "%.*s", (int)(dot - text), text);

                        if (is_known(list, count, prefix))
                                continue;
                        list = ek_memory_grow(paths->arena, list, count, &size, sizeof(*list));
                        list[count++] = prefix;
                }
        }
        list = ek_memory_grow(paths->arena, list, count, &size, sizeof(*list));
        list[count] = NULL;
        return list;
}
