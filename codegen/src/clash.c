/* SPDX-License-Identifier: MIT */
#include "clash.h"

#include <stdlib.h>
#include <string.h>

struct ek_clash_name {
        const char *c_name;
        const char *what; /* in the .proto file */
        struct ek_place place;
        size_t order;
};

void ek_clash_add(struct ek_clash *clash, const char *c_name, const char *what,
                  const struct ek_place *place)
{
        clash->list = ek_memory_grow(clash->arena, clash->list, clash->count, &clash->size,
                                     sizeof(*clash->list));
        clash->list[clash->count] = (struct ek_clash_name){c_name, what, *place, clash->count};
        clash->count++;
}

static int compare_names(const void *left, const void *right)
{
        const struct ek_clash_name *a = left, *b = right;
        int result = strcmp(a->c_name, b->c_name);

        if (result != 0)
                return result;
        return a->order < b->order ? -1 : a->order > b->order;
}

void ek_clash_report(struct ek_clash *clash, struct ek_problems *problems)
{
        size_t first = 0;

        if (clash->count > 0)
                qsort(clash->list, clash->count, sizeof(clash->list[0]), compare_names);
        for (size_t i = 1; i < clash->count; i++) {
                const struct ek_clash_name *name = &clash->list[i];

                if (strcmp(name->c_name, clash->list[first].c_name) != 0)
                        first = i;
                else
                        ek_problem(problems, &name->place,
                                   "in C, %s and %s are both called \"%s\": rename one of them",
                                   name->what, clash->list[first].what, name->c_name);
        }
        clash->count = 0;
}
