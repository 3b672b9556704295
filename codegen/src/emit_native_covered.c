/* SPDX-License-Identifier: MIT */
/*
 * The assertions that a struct has no byte that is neither bound nor ignored nor padding, so that a
 * member which is added and forgotten does not compile. Where members of an embedded struct are
 * bound by paths, it is covered as the outer one is.
 */
#include <stdlib.h>
#include <string.h>

#include "emit_native.h"
#include "path.h"

#define PASSES 64 /* over a struct's members, if there are more and they are in whatever order */

/* The members of one struct, or of one that is embedded in it. */
struct level {
        struct ek_memory *arena;
        const char **names; /* each once */
        size_t count, size;
        const struct ek_bound_choice **choices; /* of each name, or NULL */
        size_t choices_size;
        size_t out_of_order; /* of these: those that no field is bound to */
        unsigned int bits; /* that bit-fields take up, which have no offset */
        unsigned int bits_size; /* the same in bytes */
        unsigned int runs; /* of bit-fields: how many places they can be at */
        const char *flexible; /* it has no size; NULL: there is none */
};

static void level_add(struct level *level, const struct ek_path *path, size_t depth)
{
        const char *name = ek_path_part(level->arena, path->text, depth);

        for (size_t i = 0; i < level->count; i++)
                if (strcmp(level->names[i], name) == 0)
                        return;
        level->names = ek_memory_grow(level->arena, level->names, level->count, &level->size,
                                      sizeof(*level->names));
        level->choices = ek_memory_grow(level->arena, level->choices, level->count,
                                        &level->choices_size, sizeof(*level->choices));
        level->choices[level->count] = path->choice;
        level->names[level->count++] = name;
        level->out_of_order += path->service != EK_PATH_VALUE || path->declared < 0;
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

/* As fields are declared, as far as there are fields: most likely the order of the struct. */
static int compare_paths(const void *left, const void *right)
{
        const struct ek_path *a = *(const struct ek_path *const *)left;
        const struct ek_path *b = *(const struct ek_path *const *)right;
        const uint32_t at = (uint32_t)a->declared, bt = (uint32_t)b->declared; /* -1 is the last */

        if (at != bt)
                return at < bt ? -1 : 1;
        return a < b ? -1 : a > b;
}

static const struct ek_path **sorted_paths(const struct ek_paths *paths)
{
        const struct ek_path **sorted =
                ek_memory_alloc(paths->arena, paths->count, sizeof(struct ek_path *));

        for (size_t i = 0; i < paths->count; i++)
                sorted[i] = &paths->list[i];
        if (paths->count > 0)
                qsort(sorted, paths->count, sizeof(struct ek_path *), compare_paths);
        return sorted;
}

static void level_collect(struct level *level, const struct ek_paths *paths,
                          const struct ek_path **sorted, const char *prefix)
{
        const size_t depth = ek_path_depth(prefix);

        for (size_t i = 0; i < paths->count; i++) {
                const struct ek_path *path = sorted[i];

                if (!ek_path_is_below(path->text, prefix))
                        continue;
                if (ek_path_depth(path->text) > depth + 1 || (path->bits == 0 && !path->flexible))
                        level_add(level, path, depth);
                else if (path->flexible)
                        level->flexible = ek_path_part(level->arena, path->text, depth);
                if (path->bits > 0 && ek_path_depth(path->text) == depth + 1)
                        level_add_bits(level, paths, path, prefix);
        }
        level->bits_size = (level->bits + 7) / 8;
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
                mask = ek_memory_printf(level->arena, "%s%sEKIDEN_ALIGNED(%s, %s)",
                                        mask != NULL ? mask : "", mask != NULL ? " | " : "", type,
                                        level->names[i]);
        }
        if (others == 0 || others + 1 == level->count) /* all: it is the union itself */
                return NULL;
        return ek_memory_printf(level->arena, "EKIDEN_UNION_TAIL(%s, %s, %s)", type,
                                level->names[index], mask);
}

static const char *tail_or_none(struct level *level, const char *type, size_t index)
{
        const char *tail = union_tail(level, type, index);

        return tail != NULL ? tail : "0";
}

/* Each pass goes as far as the members follow each other; each that does not stand in the list as
 * it does in the struct may take one more. */
static size_t pass_count(const struct level *level)
{
        const size_t enough = level->out_of_order + 2 > PASSES ? level->out_of_order + 2 : PASSES;
        const size_t count = level->count + (level->flexible != NULL);

        return count < enough ? count : enough;
}

/* How far members reach when all of them have been gone through: the name of a constant. */
static const char *emit_reach(struct ek_text *out, const char *type, const char *span,
                              struct level *level)
{
        const size_t passes = pass_count(level);
        const size_t last = level->count + (level->flexible != NULL) - 1;

        ek_text_printf(out, "#define EKIDEN_PASS(ekiden_pass, ekiden_before)");
        for (size_t i = 0; i <= last; i++) {
                const bool flexible = i == level->count;
                const char *before = "ekiden_before";

                if (i > 0)
                        before = ek_memory_printf(out->arena, "ekiden_pass##_%zu", i - 1);
                ek_text_printf(
                        out,
                        " \\\n        EKIDEN_REACHES%s(%s, %s, %s, %u, %s, %s, ekiden_pass##_%zu)",
                        flexible ? "_FLEXIBLE" : "", type,
                        flexible ? level->flexible : level->names[i],
                        flexible ? "0" : tail_or_none(level, type, i), level->bits_size, span,
                        before, i);
        }
        ek_text_printf(out, "\nenum {\n        %s_start = 0,\n        EKIDEN_PASS(_1, _start)\n",
                       span);
        for (size_t pass = 2; pass <= passes; pass++)
                ek_text_printf(out, "        EKIDEN_PASS(_%zu, _%zu_%zu)\n", pass, pass - 1, last);
        ek_text_add_string(out, "};\n#undef EKIDEN_PASS\n");
        return ek_memory_printf(out->arena, "%s_%zu_%zu", span, passes, last);
}

static void emit_members(struct ek_text *out, const struct level *level)
{
        ek_text_add_string(out, "#define EKIDEN_MEMBERS(ekiden_each, ekiden_struct, ekiden_behind, "
                                "ekiden_tail)");
        for (size_t i = 0; i < level->count; i++)
                ek_text_printf(out,
                               " \\\n        ekiden_each(ekiden_struct, ekiden_behind, "
                               "ekiden_tail, %s)",
                               level->names[i]);
        ek_text_add_string(out, "\n");
        if (level->flexible != NULL)
                ek_text_printf(out,
                               "#define EKIDEN_MEMBERS_AND_LAST(ekiden_each, ekiden_struct, "
                               "ekiden_behind, ekiden_tail) \\\n"
                               "        EKIDEN_MEMBERS(ekiden_each, ekiden_struct, ekiden_behind, "
                               "ekiden_tail) \\\n"
                               "        EKIDEN_FOLLOWS_FLEXIBLE(ekiden_struct, ekiden_behind, "
                               "ekiden_tail, %s)\n",
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
static void emit_gaps(struct ek_text *out, const char *type, const char *told, struct level *level)
{
        const char *members =
                level->flexible != NULL ? "EKIDEN_MEMBERS_AND_LAST" : "EKIDEN_MEMBERS";

        emit_members(out, level);
        ek_text_printf(out,
                       "EKIDEN_NO_MORE_GAPS(%s, %u, %s,\n"
                       "        EKIDEN_GAP_AT_START(%s, EKIDEN_MEMBERS)",
                       type, level->runs, told, type);
        for (size_t i = 0; i < level->count; i++) {
                if (union_tail(level, type, i) != NULL)
                        emit_union_gap(out, type, members, level, i);
                else
                        ek_text_printf(out, " +\n        EKIDEN_GAP(%s, %s, %s)", type,
                                       level->names[i], members);
        }
        ek_text_add_string(out, ");\n");
        ek_text_add_string(out, level->flexible != NULL ? "#undef EKIDEN_MEMBERS_AND_LAST\n" : "");
        ek_text_add_string(out, "#undef EKIDEN_MEMBERS\n");
}

static void emit_level(struct ek_text *out, const char *type, const char *told, const char *span,
                       struct level *level)
{
        const char *size = ek_memory_printf(out->arena, "%u", level->bits_size), *reach;

        if (level->count == 0) {
                ek_emit(out, "EKIDEN_COVERED_BY_BITS($struct$, $size$, $told$);\n", "struct", type,
                        "size", size, "told", told, NULL);
                return;
        }
        reach = emit_reach(out, type, span, level);
        ek_emit(out, "EKIDEN_COVERED_FROM_START($struct$, $reach$, $told$);\n", "struct", type,
                "reach", reach, "told", told, NULL);
        for (size_t i = 0; i < level->count; i++)
                ek_emit(out,
                        "EKIDEN_COVERED($struct$, $member$, $tail$, $size$, $reach$, "
                        "$told$);\n",
                        "struct", type, "member", level->names[i], "tail",
                        tail_or_none(level, type, i), "size", size, "reach", reach, "told", told,
                        NULL);
        if (level->runs > 0)
                emit_gaps(out, type, told, level);
}

void ek_emit_native_covered(struct ek_text *out, const struct ek_binding *binding, size_t number)
{
        const char *told =
                ek_memory_printf(out->arena, "\"%s\", \"%s\"",
                                 ek_emit_native_place(out->arena, &binding->message->place),
                                 ek_schema_object_name(binding->message));

        struct ek_paths paths = ek_paths_of(out->arena, binding);
        const struct ek_path **sorted = sorted_paths(&paths);
        const char **prefixes = ek_paths_prefixes(&paths);

        ek_text_add_string(out, "/* clang-format off */\n");
        for (size_t i = 0; prefixes[i] != NULL; i++) {
                struct level level = {.arena = out->arena};
                const char *type = binding->c_struct;

                if (prefixes[i][0] != '\0')
                        type = ek_memory_printf(out->arena, "EKIDEN_TYPE(%s, %s)",
                                                binding->c_struct, prefixes[i]);
                level_collect(&level, &paths, sorted, prefixes[i]);
                emit_level(out, type, told,
                           ek_memory_printf(out->arena, "reach_%zu_%zu", number, i), &level);
        }
        ek_text_add_string(out, "/* clang-format on */\n");
}
