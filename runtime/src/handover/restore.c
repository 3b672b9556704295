/* SPDX-License-Identifier: MIT */
/* See restore.h. */
#include "handover/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/arena_held.h"
#include "state/fetch.h"
#include "state/snapshot_read.h"
#include "wire/cleanup.h"

static struct {
        enum ek_restore_state state;
        struct ek_snapshot snapshot;
        struct ek_chain chain;
        struct ek_fetch fetch;
        uint32_t leg;
} restore = {.leg = 1};

enum ek_restore_state ek_restore_state(void)
{
        return restore.state;
}

const Ekiden__Snapshot *ek_restore_header(void)
{
        return restore.snapshot.header;
}

uint32_t ek_restore_leg(void)
{
        return restore.leg;
}

static int fail(int result, struct ekiden_error *error)
{
        ekiden_error_set(error, result, "%s", ekiden_error_text(result));
        ek_restore_end();
        restore.state = EK_RESTORE_FAILED;
        return error->code;
}

int ek_restore_open(const char *path, int *ret_file, struct ekiden_error *error)
{
        /* Whatever it is, opening must not wait: for the writer of a pipe, say. */
        ek_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot open the snapshot %s", path);
        if (!S_ISREG(status.st_mode))
                return ekiden_error_set(error, EKIDEN_EINVAL, "%s is no snapshot: it is not a file",
                                        path);
        if (status.st_uid != geteuid() && status.st_uid != 0)
                return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                        "the snapshot %s belongs to user %u, who could put any "
                                        "state into it; chown it to the user of this process",
                                        path, (unsigned int)status.st_uid);
        if (status.st_mode & (S_IWGRP | S_IWOTH))
                return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                        "the snapshot %s can be written by others, who could put "
                                        "any state into it; chmod go-w it",
                                        path);
        *ret_file = ek_steal_fd(&fd);
        return 0;
}

static int check_program(const Ekiden__Snapshot *header, const struct ekiden_schema *schema,
                         struct ekiden_error *error)
{
        if (strcmp(header->program, schema->program) == 0)
                return 0;
        return ekiden_error_set(error, EKIDEN_EPROGRAM,
                                "this is %s, and the snapshot is of %.63s; start the program that "
                                "it was taken of",
                                schema->program, header->program);
}

/* A schema that this binary knows must be the snapshot's to the last field. */
static int check_schema(const Ekiden__Snapshot *header, const struct ekiden_schema *schema,
                        const struct ek_registry *registry, struct ekiden_error *error)
{
        uint32_t version = header->schema->version;
        const struct ekiden_schema *known = ek_registry_schema(registry, schema, version);

        error->from_version = version;
        error->to_version = schema->version;
        if (!known)
                return ekiden_error_set(error, EKIDEN_EVERSION,
                                        "the snapshot is of schema version %u of %s, and this "
                                        "binary, at version %u, has no chain of transformers from "
                                        "there; start one that has, and upgrade from it",
                                        version, schema->program, schema->version);
        if (memcmp(known->fingerprint, header->schema->fingerprint.data, EKIDEN_FINGERPRINT_SIZE) !=
            0)
                return ekiden_error_set(error, EKIDEN_ESCHEMA,
                                        "schema version %u of %s differs between the snapshot and "
                                        "this binary; a released schema must never change: restore "
                                        "it, and put the change into a new version",
                                        version, schema->program);
        return 0;
}

static int find_chain(const struct ekiden_schema *schema, const struct ek_registry *registry,
                      struct ekiden_error *error)
{
        const Ekiden__Snapshot *header = restore.snapshot.header;
        int r = check_program(header, schema, error);

        if (r == 0)
                r = check_schema(header, schema, registry, error);
        if (r == 0)
                r = ek_chain_find(registry, schema, header->schema->version, &restore.chain, error);
        return r == 0 ? ek_chain_check(&restore.chain, error) : r;
}

static uint32_t next_leg(const Ekiden__Snapshot *header)
{
        uint32_t last = header->n_lineage > 0 ? header->lineage[header->n_lineage - 1]->number : 0;

        return last < UINT32_MAX ? last + 1 : last;
}

/* Who asks says which type it expects, as in a handover: names alone could be those of two things.
 */
static int check_type(const struct ek_snapshot_item *item, const struct ekiden_item *source,
                      struct ekiden_error *error)
{
        const char *expected = source->message->descriptor->name;

        if (strcmp(item->message, expected) == 0)
                return 0;
        memcpy(error->item, item->name, sizeof(error->item));
        return ekiden_error_set(error, EKIDEN_ETYPE,
                                "item \"%s\" is a %.127s in the snapshot, and this program asks "
                                "for a %s; give one of them another name",
                                item->name, item->message, expected);
}

/* Import finds the file's end where a peer's would be: to people it must be told in other words. */
static int import(const struct ek_tagged *tagged, const struct ek_route *route,
                  struct ekiden_error *error)
{
        static const struct ek_wait none = {0};
        struct ekiden_error local = *error;
        int r = ek_import_item(restore.snapshot.link, &none, tagged, route, restore.fetch.objects,
                               &local);

        if (r == EKIDEN_EPEER)
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the snapshot has become shorter while it was read");
        *error = local;
        return r;
}

static int pull(void *data, const struct ekiden_item *source, const struct ek_tagged *tagged,
                const struct ek_route *route, struct ekiden_error *error)
{
        const struct ek_snapshot_item *item = ek_snapshot_find(&restore.snapshot, source->name);
        int r;

        (void)data;
        if (!item)
                return EKIDEN_FRESH;
        r = check_type(item, source, error);
        if (r == 0)
                r = ek_arena_hold(source, tagged, pull, NULL, error);
        if (r < 0)
                return r;
        if (ek_snapshot_seek(&restore.snapshot, item) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "the snapshot cannot be read");
        return import(tagged, route, error);
}

int ek_restore_start(int file, const struct ekiden_schema *schema,
                     const struct ek_registry *registry, struct ekiden_error *error)
{
        int r = ek_snapshot_open(file, &restore.snapshot, error);

        if (r == 0)
                r = find_chain(schema, registry, error);
        if (r < 0) {
                /* Nothing has been taken: the program may begin in another way. */
                ek_snapshot_close(&restore.snapshot);
                return ekiden_error_set(error, r, "%s", ekiden_error_text(r));
        }
        error->from_version = error->to_version = 0;
        restore.leg = next_leg(restore.snapshot.header);
        restore.fetch = (struct ek_fetch){.chain = &restore.chain, .pull = pull};
        restore.state = EK_RESTORE_ACTIVE;
        return 0;
}

void ek_restore_keep(const int *descriptors, size_t count)
{
        ek_link_keep_beside(restore.snapshot.link, descriptors, count);
}

int ek_restore_fetch(const struct ek_tagged *tagged, struct ekiden_error *error)
{
        int r;

        if (tagged->last)
                tagged->last->digest_kind = EK_DIGEST_SNAPSHOT;
        r = ek_fetch_item(&restore.fetch, tagged, error);
        return r < 0 ? fail(r, error) : r;
}

int ek_restore_check(struct ekiden_error *error)
{
        int r = ek_fetch_check(&restore.fetch, error);

        return r < 0 ? fail(r, error) : 0;
}

void ek_restore_end(void)
{
        ek_arena_drop_held();
        ek_fetch_deinit(&restore.fetch);
        ek_snapshot_close(&restore.snapshot);
        if (restore.state == EK_RESTORE_ACTIVE)
                restore.state = EK_RESTORE_NONE;
}
