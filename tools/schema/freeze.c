/* SPDX-License-Identifier: MIT */
/*
 * `freeze` and `verify`: released schemas never change, and the lock file is how a repository
 * remembers which those are.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "load.h"
#include "lock.h"
#include "output.h"

static bool is_as_frozen(const struct lock_line *line, const struct ek_schema *schema)
{
        return memcmp(line->fingerprint, schema->fingerprint, sizeof(line->fingerprint)) == 0;
}

/* The same version for both commands: where it is, what happened, and what to do. */
static void report_change(const struct lock *lock, const struct lock_line *line,
                          const struct ek_schema *schema, struct ek_problems *problems)
{
        struct ek_place place = load_program_place(schema);

        ek_problem(problems, &place,
                   "version %u of program \"%s\" is frozen (%s:%d), and this is not what it was: "
                   "put back what was released, and write what changed as version %u in a file of "
                   "its own",
                   schema->version, schema->program, lock->path, line->line, schema->version + 1);
}

static int print_problems(struct ek_problems *problems)
{
        const char *text = ek_problems_text(problems);

        if (text == NULL)
                return STATUS_GOOD;
        output_lines(problems->arena, stderr, text);
        return STATUS_BROKEN;
}

static int load(const struct options *options, struct loaded *ret_loaded, struct lock *ret_lock)
{
        int lock_status = lock_read(ret_lock, options->arena, options->lock);
        int status = load_schemas(options, ret_loaded);

        return status > lock_status ? status : lock_status;
}

int command_freeze(const struct options *options)
{
        struct ek_memory *arena = options->arena;
        struct ek_problems problems;
        struct loaded loaded;
        struct ek_text done;
        struct lock lock;
        int status = load(options, &loaded, &lock);
        size_t count;

        if (status != 0)
                return status;
        ek_problems_init(&problems, arena);
        ek_text_init(&done, arena);
        count = lock.count;
        for (size_t i = 0; i < loaded.count; i++) {
                const struct ek_schema *schema = &loaded.schemas[i];
                const struct lock_line *line = lock_find(&lock, schema->program, schema->version);

                if (line == NULL)
                        lock_add(&lock, schema);
                else if (!is_as_frozen(line, schema))
                        report_change(&lock, line, schema, &problems);
                ek_text_printf(&done, "%s: version %u of program \"%s\" is %s\n",
                               schema->file->source.name, schema->version, schema->program,
                               line == NULL ? "frozen now" : "frozen already");
        }
        status = print_problems(&problems);
        if (status != 0) {
                output_error(arena, "nothing was frozen; %s is as it was", lock.path);
                return status;
        }
        if (lock.count > count && lock_write(&lock) != 0)
                return STATUS_SYSTEM;
        output_lines(arena, stdout, done.bytes);
        return STATUS_GOOD;
}

static const struct ek_schema *find_schema(const struct loaded *loaded,
                                           const struct lock_line *line)
{
        for (size_t i = 0; i < loaded->count; i++)
                if (loaded->schemas[i].version == line->version &&
                    strcmp(loaded->schemas[i].program, line->program) == 0)
                        return &loaded->schemas[i];
        return NULL;
}

/* Every line must have its schema. */
static int report_missing(const struct lock *lock, const struct loaded *loaded)
{
        int status = STATUS_GOOD;

        for (size_t i = 0; i < lock->count; i++) {
                const struct lock_line *line = &lock->lines[i];

                if (find_schema(loaded, line) != NULL)
                        continue;
                status = STATUS_BROKEN;
                output_lines(lock->arena, stderr,
                             ek_memory_printf(lock->arena,
                                              "%s:%d:1: error: version %u of program \"%s\" is "
                                              "frozen, and none of the schemas given is it: name "
                                              "its file too, or put the file back",
                                              lock->path, line->line, line->version,
                                              line->program));
        }
        return status;
}

int command_verify(const struct options *options)
{
        struct ek_memory *arena = options->arena;
        struct ek_problems problems;
        struct loaded loaded;
        struct ek_text done;
        struct lock lock;
        int status = load(options, &loaded, &lock), missing_status;

        if (status != 0)
                return status;
        if (!lock.is_there) {
                output_error(arena,
                             "there is no lock file %s: make one with `ekiden-schema freeze`, or "
                             "name it with --lock",
                             lock.path);
                return STATUS_FAULT;
        }
        ek_problems_init(&problems, arena);
        ek_text_init(&done, arena);
        for (size_t i = 0; i < loaded.count; i++) {
                const struct ek_schema *schema = &loaded.schemas[i];
                const struct lock_line *line = lock_find(&lock, schema->program, schema->version);

                if (line != NULL && !is_as_frozen(line, schema))
                        report_change(&lock, line, schema, &problems);
                else
                        ek_text_printf(&done, "%s: version %u of program \"%s\" is %s\n",
                                       schema->file->source.name, schema->version, schema->program,
                                       line != NULL ? "as it was frozen" : "not frozen yet");
        }
        if (done.bytes != NULL)
                output_lines(arena, stdout, done.bytes);
        status = print_problems(&problems);
        missing_status = report_missing(&lock, &loaded);
        return status > missing_status ? status : missing_status;
}
