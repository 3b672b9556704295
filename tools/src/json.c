/* SPDX-License-Identifier: MIT */
/* See json.h. */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "wire/cleanup.h"

struct json_object *json_event(const char *event)
{
        struct json_object *object = json_object_new_object();

        json_add_text(object, "event", event);
        return object;
}

void json_add_text(struct json_object *object, const char *key, const char *untrusted)
{
        size_t size = untrusted ? strlen(untrusted) + 1 : 0;
        ek_auto_free char *text = size > 1 ? malloc(size) : NULL;

        if (text)
                text_clean(untrusted, TEXT_ANY_UTF8, text, size);
        json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

void json_add_number(struct json_object *object, const char *key, uint64_t number)
{
        json_object_object_add(object, key, json_object_new_uint64(number));
}

void json_add_figure(struct json_object *object, const char *key, const struct figure *figure)
{
        json_object_object_add(object, key,
                               figure->known ? json_object_new_uint64(figure->value) : NULL);
}

void json_print(struct json_object *object)
{
        puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
                                                            JSON_C_TO_STRING_NOSLASHESCAPE));
        fflush(stdout);
        json_object_put(object);
}
