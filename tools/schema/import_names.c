/* SPDX-License-Identifier: MIT */
/*
 * Names for what C names otherwise. protoc-c makes several C names of one in a schema (has_x and
 * n_x beside x), so a name is taken together with those: then two members never meet.
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "import.h"
#include "names.h"

#define NAME_LENGTH_MAX 63 /* of an item; objects of a message are one by its name */
#define SUFFIX_MAX 11

static uint32_t hash(const char *name)
{
        uint32_t value = 2166136261u; /* FNV-1a */

        for (; *name != '\0'; name++)
                value = (value ^ (unsigned char)*name) * 16777619u;
        return value;
}

static const char **find_slot(const struct import_names *names, const char *name)
{
        size_t slot = hash(name) & (names->size - 1);

        while (names->table[slot] != NULL && strcmp(names->table[slot], name) != 0)
                slot = (slot + 1) & (names->size - 1);
        return &names->table[slot];
}

static bool is_taken(const struct import_names *names, const char *name)
{
        return names->size > 0 && *find_slot(names, name) != NULL;
}

static void grow(struct import_names *names)
{
        struct import_names old = *names;

        names->size = old.size == 0 ? 64 : old.size * 2;
        names->table = ek_memory_alloc(names->arena, names->size, sizeof(*names->table));
        for (size_t i = 0; i < old.size; i++)
                if (old.table[i] != NULL)
                        *find_slot(names, old.table[i]) = old.table[i];
}

bool import_names_take(struct import_names *names, const char *name)
{
        const char **slot;

        if (names->count * 2 >= names->size)
                grow(names);
        slot = find_slot(names, name);
        if (*slot != NULL)
                return false;
        *slot = name;
        names->count++;
        return true;
}

/* All of them, or none. */
static bool take_all(struct import_names *names, const char *const *wanted, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (is_taken(names, wanted[i]))
                        return false;
        for (size_t i = 0; i < count; i++)
                import_names_take(names, wanted[i]);
        return true;
}

static bool is_letter(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* "session_entry_t" → "SessionEntry". */
static char *camel(struct ek_memory *arena, const char *c_name)
{
        char *name = ek_memory_alloc(arena, strlen(c_name) + 2, 1), *next = name;
        size_t length = strlen(c_name);
        bool begins = true;

        if (length > 2 && strcmp(c_name + length - 2, "_t") == 0)
                length -= 2;
        for (size_t i = 0; i < length; i++) {
                if (is_letter(c_name[i]) || (is_digit(c_name[i]) && next > name)) {
                        *next++ = begins && c_name[i] >= 'a' && c_name[i] <= 'z'
                                          ? (char)(c_name[i] - 'a' + 'A')
                                          : c_name[i];
                        begins = false;
                } else {
                        begins = true;
                }
        }
        if (next == name)
                *next++ = 'T';
        return name;
}

const char *import_name_type(struct import *import, const char *c_name)
{
        char *base = camel(import->arena, c_name);
        const char *name = base;

        if (strlen(base) > NAME_LENGTH_MAX - SUFFIX_MAX)
                base[NAME_LENGTH_MAX - SUFFIX_MAX] = '\0';
        for (unsigned int i = 2;; i++) {
                const char *wanted[] = {
                        name,
                        ek_memory_printf(import->arena, "type %s",
                                         ek_name_lower(import->arena, name)),
                };

                if (take_all(&import->names, wanted, 2))
                        return name;
                name = ek_memory_printf(import->arena, "%s%u", base, i);
        }
}

/* Letters, digits and '_' of it, and first a letter; NULL: nothing is left. */
static char *clean(struct ek_memory *arena, const char *text)
{
        char *name = ek_memory_alloc(arena, strlen(text) + 1, 1), *next = name;

        for (; *text != '\0'; text++) {
                bool good = is_letter(*text) || ((is_digit(*text) || *text == '_') && next > name);

                if (good)
                        *next++ = *text;
                else if (next > name && next[-1] != '_')
                        *next++ = '_';
        }
        return next > name ? name : NULL;
}

const char *import_name_value(struct import *import, const char *constant)
{
        const char *name = constant;

        for (unsigned int i = 2; !import_names_take(&import->names, name); i++)
                name = ek_memory_printf(import->arena, "%s_%u", constant, i);
        return name;
}

const char *import_name_item(struct import *import, const char *c_name)
{
        char *base = clean(import->arena, c_name);
        const char *name;

        if (base == NULL)
                base = ek_memory_strdup(import->arena, "state");
        for (char *c = base; *c != '\0'; c++)
                *c = (char)tolower((unsigned char)*c);
        if (strlen(base) > NAME_LENGTH_MAX)
                base[NAME_LENGTH_MAX] = '\0';
        name = base;
        for (unsigned int i = 2; !import_names_take(&import->items, name); i++)
                name = ek_memory_printf(import->arena, "%.*s_%u", NAME_LENGTH_MAX - SUFFIX_MAX,
                                        base, i);
        return name;
}

/* protoc's JSON name, roughly: two fields that have one are warned of. */
static const char *json_name(struct ek_memory *arena, const char *name)
{
        char *json = ek_memory_printf(arena, "json %s", name), *next = json + strlen("json ");

        for (const char *c = next; *c != '\0'; c++)
                if (*c != '_')
                        *next++ = (char)tolower((unsigned char)*c);
        *next = '\0';
        return json;
}

const char *import_name_field(struct import *import, struct import_message *message,
                              const char *path, bool repeated, bool has_presence)
{
        struct ek_memory *arena = import->arena;
        const char *base = clean(arena, path), *name;

        if (base == NULL)
                base = "member";
        name = base;
        for (unsigned int i = 1;; i++) {
                const char *member = ek_name_member(arena, name);
                const char *wanted[] = {
                        member,
                        json_name(arena, name),
                        ek_memory_printf(arena, "%s_%s", repeated ? "n" : "has", member),
                };

                if (!ek_name_is_word(member) &&
                    take_all(&message->names, wanted, repeated || has_presence ? 3 : 2))
                        return name;
                name = i == 1 ? ek_memory_printf(arena, "%s_field", base)
                              : ek_memory_printf(arena, "%s_field%u", base, i);
        }
}

const char *import_name_oneof(struct import *import, struct import_message *message,
                              const char *member)
{
        struct ek_memory *arena = import->arena;
        const char *base = clean(arena, member), *name;

        if (base == NULL)
                base = "choice";
        name = base;
        for (unsigned int i = 1;; i++) {
                const char *lower = ek_name_lower(arena, name);
                const char *wanted[] = {
                        name,
                        ek_memory_printf(arena, "%s_case", lower),
                        ek_memory_printf(arena, "oneof %s", lower),
                };

                /* Names of fields are taken as members, and a oneof is none: "x" and "X". */
                if (!ek_name_is_word(lower) && take_all(&message->names, wanted, 3))
                        return name;
                name = i == 1 ? ek_memory_printf(arena, "%s_choice", base)
                              : ek_memory_printf(arena, "%s_choice%u", base, i);
        }
}
