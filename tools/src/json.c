/* SPDX-License-Identifier: MIT */
/* See json.h. */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "wire/cleanup.h"

static bool is_whole = true; /* the event that is being made */
static bool is_lost;

static struct json_object *note(struct json_object *object)
{
        is_whole = is_whole && object;
        return object;
}

struct json_object *json_new_object(void)
{
        return note(json_object_new_object());
}

struct json_object *json_new_array(void)
{
        return note(json_object_new_array());
}

struct json_object *json_new_boolean(bool truth)
{
        return note(json_object_new_boolean(truth));
}

void json_add(struct json_object *object, const char *key, struct json_object *value)
{
        if (object && json_object_object_add(object, key, value) == 0)
                return;
        is_whole = false;
        json_object_put(value);
}

void json_append(struct json_object *array, struct json_object *value)
{
        if (array && value && json_object_array_add(array, value) == 0)
                return;
        is_whole = false;
        json_object_put(value);
}

struct json_object *json_event(const char *event)
{
        struct json_object *object = json_new_object();

        json_add_text(object, "event", event);
        return object;
}

void json_add_text(struct json_object *object, const char *key, const char *untrusted)
{
        size_t size = untrusted ? strlen(untrusted) + 1 : 0;
        ek_auto_free char *text = size > 1 ? malloc(size) : NULL;

        if (text)
                text_clean(untrusted, TEXT_ANY_UTF8, text, size);
        else if (size > 1)
                is_whole = false;
        json_add(object, key, text ? note(json_object_new_string(text)) : NULL);
}

void json_add_number(struct json_object *object, const char *key, uint64_t number)
{
        json_add(object, key, note(json_object_new_uint64(number)));
}

void json_add_figure(struct json_object *object, const char *key, const struct figure *figure)
{
        if (figure->known)
                json_add_number(object, key, figure->value);
        else
                json_add(object, key, NULL);
}

void json_print(struct json_object *object)
{
        const char *line = NULL;

        if (is_whole)
                line = json_object_to_json_string_ext(
                        object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        if (line)
                puts(line);
        else
                is_lost = true;
        fflush(stdout);
        json_object_put(object);
        is_whole = true;
}

bool json_is_lost(void)
{
        return is_lost;
}
