/* SPDX-License-Identifier: MIT */
#include "parameters.h"

#include <string.h>

static bool is_word(const char *text, size_t length, const char *word)
{
        return strlen(word) == length && memcmp(text, word, length) == 0;
}

char *ek_parameters_read(struct ek_parameters *ret_parameters, struct ek_memory *arena,
                         const char *text)
{
        *ret_parameters = (struct ek_parameters){.output = EK_OUTPUT_SCHEMA};
        while (text != NULL && *text != '\0') {
                size_t length = strcspn(text, ",");

                if (is_word(text, length, "scaffold"))
                        ret_parameters->output = EK_OUTPUT_SCAFFOLD;
                else if (is_word(text, length, "downgrade"))
                        ret_parameters->downgrade = true;
                else if (is_word(text, length, "hop"))
                        ret_parameters->output = EK_OUTPUT_HOP;
                else
                        return ek_memory_printf(arena,
                                                "protoc-gen-ekiden does not know the parameter "
                                                "\"%.*s\": it takes \"hop\", \"downgrade\", "
                                                "\"scaffold\" or \"scaffold,downgrade\"",
                                                (int)length, text);
                text += length + (text[length] == ',');
        }
        if (ret_parameters->downgrade && ret_parameters->output == EK_OUTPUT_SCHEMA)
                ret_parameters->output = EK_OUTPUT_HOP;
        return NULL;
}
