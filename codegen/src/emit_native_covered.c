/* SPDX-License-Identifier: MIT */
/*
 * The assertions that a struct has no byte that is neither bound nor ignored nor padding, so that a
 * member which is added and forgotten does not compile. Where members of an embedded struct are
 * bound by paths, it is covered as the outer one is.
 */
#include <string.h>

#include "emit_native.h"
#include "path.h"

/* The members of one struct, or of one that is embedded in it. */
struct level {
        struct ek_arena *arena;
        const char **names; /* each once */
        size_t count, size;
        const struct ek_bound_choice **choices; /* of each name, or NULL */
        size_t choices_size;
        unsigned int bits; /* that bit-fields take up, which have no offset */
        unsigned int runs; /* of bit-fields: how many places they can be at */
        const char *flexible; /* it has no size; NULL: there is none */
};

static void level_add(struct level *level, const struct ek_path *path, size_t depth)
{
        const char *name = ek_path_part(level->arena, path->text, depth);

        for (size_t i = 0; i < level->count; i++)
                if (strcmp(level->names[i], name) == 0)
                        return;
        level->names = ek_arena_grow(level->arena, level->names, level->count, &level->size,
                                     sizeof(*level->names));
        level->choices = ek_arena_grow(level->arena, level->choices, level->count,
                                       &level->choices_size, sizeof(*level->choices));
        level->choices[level->count] = path->choice;
        level->names[level->count++] = name;
}

/* Whether the field that is declared right before is a bit-field of the same struct. */
static bool continues_run(const struct ek_paths *paths, const struct ek_path *path,
                          const char *prefix)
{
        for (size_t i = 0; i < paths->count && path->declared >= 0; i++) {
                const struct ek_path *other = &paths->list[i];

                if (other->bits > 0 && other->declared == path->declared - 1 &&
                    ek_path_is_below(other->text, prefix) &&
                    ek_path_depth(other->text) == ek_path_depth(path->text))
                        return true;
        }
        return false;
}

/* A bit-field that does not fit what is left of a unit begins the next: it leaves less than its own
 * width. */
static void level_add_bits(struct level *level, const struct ek_paths *paths,
                           const struct ek_path *path, const char *prefix)
{
        level->bits += 2 * path->bits - 1;
        level->runs += !continues_run(paths, path, prefix);
}

static void level_collect(struct level *level, const struct ek_paths *paths, const char *prefix)
{
        const size_t depth = ek_path_depth(prefix);

        for (size_t i = 0; i < paths->count; i++) {
                const struct ek_path *path = &paths->list[i];

                if (!ek_path_is_below(path->text, prefix))
                        continue;
                if (ek_path_depth(path->text) > depth + 1 || (path->bits == 0 && !path->flexible))
                        level_add(level, path, depth);
                else if (path->flexible)
                        level->flexible = ek_path_part(level->arena, path->text, depth);
                if (path->bits > 0 && ek_path_depth(path->text) == depth + 1)
                        level_add_bits(level, paths, path, prefix);
        }
}

/* A union without a name ends where its most aligned member may, which can be behind the largest;
 * how far, as an expression. NULL: the member is in none, or has no other beside it. */
static const char *union_tail(struct level *level, const char *type, size_t index)
{
        const struct ek_bound_choice *choice = level->choices[index];
        const char *mask = NULL;
        size_t others = 0;

        for (size_t i = 0; i < level->count && choice != NULL; i++) {
                if (level->choices[i] != choice)
                        continue;
                others += i != index;
                mask = ek_arena_printf(level->arena, "%s%sEKIDEN_ALIGNED(%s, %s)",
                                       mask != NULL ? mask : "", mask != NULL ? " | " : "", type,
                                       level->names[i]);
        }
        if (others == 0 || others + 1 == level->count) /* all: it is the union itself */
                return NULL;
        return ek_arena_printf(level->arena, "EKIDEN_UNION_TAIL(%s, %s, %s)", type,
                               level->names[index], mask);
}

static void emit_members(struct ek_text *out, const struct level *level)
{
        ek_text_add_string(out, "#define EKIDEN_MEMBERS(each, Struct, behind, bits_size)");
        for (size_t i = 0; i < level->count; i++)
                ek_text_printf(out, " \\\n        each(Struct, behind, bits_size, %s)",
                               level->names[i]);
        ek_text_add_string(out, "\n");
        if (level->flexible != NULL)
                ek_text_printf(out,
                               "#define EKIDEN_MEMBERS_AND_LAST(each, Struct, behind, bits_size) "
                               "\\\n        EKIDEN_MEMBERS(each, Struct, behind, bits_size) \\\n"
                               "        EKIDEN_FOLLOWS_FLEXIBLE(Struct, behind, bits_size, %s)\n",
                               level->flexible);
}

/* One gap for all members of a union: which of them is before it, depends on their sizes. */
static void emit_union_gap(struct ek_text *out, const char *type, const char *members,
                           struct level *level, size_t first)
{
        for (size_t i = 0; i < level->count; i++) {
                if (level->choices[i] != level->choices[first])
                        continue;
                if (i < first) /* it was counted with that one */
                        return;
                ek_text_printf(out, "%sEKIDEN_GAP_BEHIND(%s, %s, %s, %s)",
                               i == first ? " +\n        (" : " |\n         ", type,
                               level->names[i], union_tail(level, type, i), members);
        }
        ek_text_add_string(out, ")");
}

/* No more gaps than bit-fields can make. */
static void emit_gaps(struct ek_text *out, const char *type, const char *file, const char *members,
                      struct level *level)
{
        ek_text_printf(out,
                       "EKIDEN_NO_MORE_GAPS(%s, %u, \"%s\",\n"
                       "        EKIDEN_GAP_AT_START(%s, EKIDEN_MEMBERS)",
                       type, level->runs, file, type);
        for (size_t i = 0; i < level->count; i++) {
                if (union_tail(level, type, i) != NULL)
                        emit_union_gap(out, type, members, level, i);
                else
                        ek_text_printf(out, " +\n        EKIDEN_GAP(%s, %s, %s)", type,
                                       level->names[i], members);
        }
        ek_text_add_string(out, ");\n");
}

static void emit_level(struct ek_text *out, const char *type, const char *file, struct level *level)
{
        const char *size = ek_arena_printf(out->arena, "%u", (level->bits + 7) / 8);
        const char *members =
                level->flexible != NULL ? "EKIDEN_MEMBERS_AND_LAST" : "EKIDEN_MEMBERS";

        if (level->count == 0) {
                ek_emit(out, "EKIDEN_COVERED_BY_BITS($struct$, $size$, \"$file$\");\n", "struct",
                        type, "size", size, "file", file, NULL);
                return;
        }
        emit_members(out, level);
        ek_emit(out, "EKIDEN_COVERED_FROM_START($struct$, $size$, EKIDEN_MEMBERS, \"$file$\");\n",
                "struct", type, "size", size, "file", file, NULL);
        for (size_t i = 0; i < level->count; i++) {
                const char *tail = union_tail(level, type, i);

                ek_emit(out, "EKIDEN_COVERED($struct$, $member$, $size$, $members$, \"$file$\");\n",
                        "struct", type, "member", level->names[i], "size",
                        tail != NULL ? ek_arena_printf(out->arena, "%s + %s", size, tail) : size,
                        "members", members, "file", file, NULL);
        }
        if (level->runs > 0)
                emit_gaps(out, type, file, members, level);
        ek_text_add_string(out, level->flexible != NULL ? "#undef EKIDEN_MEMBERS_AND_LAST\n" : "");
        ek_text_add_string(out, "#undef EKIDEN_MEMBERS\n");
}

void ek_emit_native_covered(struct ek_text *out, const struct ek_schema *schema,
                            const struct ek_binding *binding)
{
        struct ek_paths paths = ek_paths_of(out->arena, binding);
        const char **prefixes = ek_paths_prefixes(&paths);

        ek_text_add_string(out, "/* clang-format off */\n");
        for (size_t i = 0; prefixes[i] != NULL; i++) {
                struct level level = {.arena = out->arena};
                const char *type = binding->c_struct;

                if (prefixes[i][0] != '\0')
                        type = ek_arena_printf(out->arena, "EKIDEN_TYPE(%s, %s)", binding->c_struct,
                                               prefixes[i]);
                level_collect(&level, &paths, prefixes[i]);
                emit_level(out, type, schema->file->name, &level);
        }
        ek_text_add_string(out, "/* clang-format on */\n");
}
