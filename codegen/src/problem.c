/* SPDX-License-Identifier: MIT */
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ek_problem {
        const char *file;
        unsigned int file_order;
        struct ek_position position;
        size_t order; /* of discovery, among problems of one position */
        const char *sentence;
};

void ek_problems_init(struct ek_problems *problems, struct ek_memory *arena)
{
        *problems = (struct ek_problems){.arena = arena};
}

void ek_problem_told(struct ek_problems *problems, const struct ek_place *place,
                     const char *sentence)
{
        const struct ek_problem problem = {
                .file = place->source->name,
                .file_order = place->source->order,
                .position = ek_place_position(place),
                .order = problems->count,
                .sentence = sentence,
        };

        problems->list = ek_memory_grow(problems->arena, problems->list, problems->count,
                                        &problems->size, sizeof(problem));
        problems->list[problems->count++] = problem;
}

void ek_problem(struct ek_problems *problems, const struct ek_place *place, const char *format, ...)
{
        char buffer[1024];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(buffer, sizeof(buffer), format, arguments);
        va_end(arguments);
        ek_problem_told(problems, place, ek_memory_strdup(problems->arena, buffer));
}

static int compare_places(const struct ek_problem *a, const struct ek_problem *b)
{
        if (a->file_order != b->file_order)
                return a->file_order < b->file_order ? -1 : 1;
        if (a->position.line != b->position.line)
                return a->position.line < b->position.line ? -1 : 1;
        if (a->position.column != b->position.column)
                return a->position.column < b->position.column ? -1 : 1;
        return 0;
}

static int compare_problems(const void *left, const void *right)
{
        const struct ek_problem *a = left, *b = right;
        int result = compare_places(a, b);

        if (result != 0)
                return result;
        return a->order < b->order ? -1 : a->order > b->order;
}

static bool is_repetition(const struct ek_problem *list, size_t i)
{
        for (size_t k = i; k > 0 && compare_places(&list[i], &list[k - 1]) == 0; k--)
                if (strcmp(list[i].sentence, list[k - 1].sentence) == 0)
                        return true;
        return false;
}

char *ek_problems_text(struct ek_problems *problems)
{
        struct ek_text text;

        if (problems->count == 0)
                return NULL;
        qsort(problems->list, problems->count, sizeof(problems->list[0]), compare_problems);
        ek_text_init(&text, problems->arena);
        for (size_t i = 0; i < problems->count; i++) {
                const struct ek_problem *problem = &problems->list[i];

                if (is_repetition(problems->list, i))
                        continue;
                ek_text_printf(&text, "%s%s:%d:%d: error: %s", text.length > 0 ? "\n" : "",
                               problem->file, problem->position.line, problem->position.column,
                               problem->sentence);
        }
        return text.bytes;
}
