/* SPDX-License-Identifier: MIT */
/* See lock.h. */
#include "lock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "output.h"
#include "status.h"

#define HASH_DIGITS ((size_t)2 * EK_FINGERPRINT_SIZE)

static const char introduction[] =
        "# Released schemas: program, version, fingerprint. They never change; a change of state "
        "is a\n"
        "# new version. `ekiden-schema freeze` adds lines, `ekiden-schema verify` checks them.\n";

static int compare_lines(const void *left, const void *right)
{
        const struct lock_line *a = left, *b = right;
        int order = strcmp(a->program, b->program);

        if (order != 0)
                return order;
        return a->version < b->version ? -1 : a->version > b->version;
}

static int digit(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_fingerprint(const char *text, uint8_t ret_fingerprint[EK_FINGERPRINT_SIZE])
{
        if (strlen(text) != HASH_DIGITS)
                return false;
        for (size_t i = 0; i < EK_FINGERPRINT_SIZE; i++) {
                int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

                if (high < 0 || low < 0)
                        return false;
                ret_fingerprint[i] = (uint8_t)(high << 4 | low);
        }
        return true;
}

bool lock_parse_version(const char *text, uint32_t *ret_version)
{
        uint64_t value = 0;

        if (text[0] < '1' || text[0] > '9')
                return false;
        for (; *text != '\0'; text++) {
                if (*text < '0' || *text > '9')
                        return false;
                value = value * 10 + (uint64_t)(*text - '0');
                if (value > UINT32_MAX)
                        return false;
        }
        *ret_version = (uint32_t)value;
        return true;
}

static void fault(const struct lock *lock, int line, size_t column, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

static void fault(const struct lock *lock, int line, size_t column, const char *format, ...)
{
        char sentence[512];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(sentence, sizeof(sentence), format, arguments);
        va_end(arguments);
        output_lines(lock->arena, stderr,
                     ek_memory_printf(lock->arena, "%s:%d:%zu: error: %s", lock->path, line, column,
                                      sentence));
}

/* The next word of a line, cut off; "" where there is none. */
static char *next_word(char **rest)
{
        char *word = *rest + strspn(*rest, " \t");

        *rest = word + strcspn(word, " \t");
        if (**rest != '\0')
                *(*rest)++ = '\0';
        return word;
}

static bool add_line(struct lock *lock, const struct lock_line *line)
{
        const struct lock_line *twin = lock_find(lock, line->program, line->version);

        if (twin != NULL) {
                fault(lock, line->line, 1,
                      "version %u of program \"%s\" is frozen in line %d already: keep the line "
                      "that is right, and delete the other",
                      line->version, line->program, twin->line);
                return false;
        }
        lock->lines =
                ek_memory_grow(lock->arena, lock->lines, lock->count, &lock->size, sizeof(*line));
        lock->lines[lock->count++] = *line;
        return true;
}

static bool parse_line(struct lock *lock, char *text, int number)
{
        struct lock_line line = {.line = number};
        const char *begin = text;
        char *version, *fingerprint;

        if (text[strlen(text) == 0 ? 0 : strlen(text) - 1] == '\r')
                text[strlen(text) - 1] = '\0';
        if (text[strspn(text, " \t")] == '\0' || text[0] == '#')
                return true;
        line.program = next_word(&text);
        version = next_word(&text);
        fingerprint = next_word(&text);
        if (!ek_schema_is_program_name(line.program))
                fault(lock, number, 1,
                      "this is no line of a lock file (a program, a version, a fingerprint): put "
                      "back what was there, or delete it");
        else if (!lock_parse_version(version, &line.version))
                fault(lock, number, (size_t)(version - begin) + 1,
                      "\"%s\" is no version: put back what was there, or delete the line", version);
        else if (!parse_fingerprint(fingerprint, line.fingerprint))
                fault(lock, number, (size_t)(fingerprint - begin) + 1,
                      "\"%s\" is no fingerprint of %zu digits: put back what was there, or delete "
                      "the line",
                      fingerprint, HASH_DIGITS);
        else if (text[strspn(text, " \t")] != '\0')
                fault(lock, number, (size_t)(text - begin) + 1,
                      "there is more on the line than a program, a version and a fingerprint: "
                      "delete it");
        else
                return add_line(lock, &line);
        return false;
}

int lock_read(struct lock *lock, struct ek_memory *arena, const char *path)
{
        struct ek_text text;
        bool good = true;
        int number = 1, error;

        *lock = (struct lock){.arena = arena, .path = path};
        ek_text_init(&text, arena);
        error = file_read(path, &text);
        if (error == -ENOENT)
                return 0;
        if (error < 0) {
                output_error(arena, "the lock file %s cannot be read: %s", path, strerror(-error));
                return STATUS_SYSTEM;
        }
        lock->is_there = true;
        if (memchr(text.bytes, '\0', text.length) != NULL) {
                fault(lock, 1, 1, "this is no lock file, but binary: name another with --lock");
                return STATUS_FAULT;
        }
        for (char *line = text.bytes, *end; *line != '\0'; line = end, number++) {
                end = strchrnul(line, '\n');
                if (*end == '\n')
                        *end++ = '\0';
                good = parse_line(lock, line, number) && good;
        }
        return good ? 0 : STATUS_FAULT;
}

const struct lock_line *lock_find(const struct lock *lock, const char *program, uint32_t version)
{
        for (size_t i = 0; i < lock->count; i++)
                if (lock->lines[i].version == version &&
                    strcmp(lock->lines[i].program, program) == 0)
                        return &lock->lines[i];
        return NULL;
}

void lock_add(struct lock *lock, const struct ek_schema *schema)
{
        struct lock_line line = {.program = schema->program, .version = schema->version};

        memcpy(line.fingerprint, schema->fingerprint, sizeof(line.fingerprint));
        add_line(lock, &line);
}

int lock_write(struct lock *lock)
{
        struct ek_text text;
        int error;

        if (lock->count > 0)
                qsort(lock->lines, lock->count, sizeof(lock->lines[0]), compare_lines);
        ek_text_init(&text, lock->arena);
        ek_text_add_string(&text, introduction);
        for (size_t i = 0; i < lock->count; i++) {
                ek_text_printf(&text, "%s %u ", lock->lines[i].program, lock->lines[i].version);
                for (size_t k = 0; k < EK_FINGERPRINT_SIZE; k++)
                        ek_text_printf(&text, "%02x", lock->lines[i].fingerprint[k]);
                ek_text_add_string(&text, "\n");
        }
        error = file_write(lock->arena, lock->path, &text, true);
        if (error < 0) {
                output_error(lock->arena, "the lock file %s cannot be written: %s", lock->path,
                             strerror(-error));
                return STATUS_SYSTEM;
        }
        return 0;
}
