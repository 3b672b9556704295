/* SPDX-License-Identifier: MIT */
/* See file.h. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "state/tagged.h"

int file_open(const char *path, struct file *ret_file, struct ekiden_error *error)
{
        const Ekiden__Snapshot *header;
        struct file_schema_id id;
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        int r;

        *ret_file = (struct file){.path = path};
        if (fd < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "the snapshot cannot be opened");
        r = ek_snapshot_open(fd, &ret_file->snapshot, error);
        if (r < 0)
                return r;
        header = ret_file->snapshot.header;
        id = (struct file_schema_id){
                .program = header->program,
                .version = header->schema->version,
                .fingerprint = header->schema->fingerprint.data,
                .set = header->schemas.data,
                .set_size_bytes = header->schemas.len,
        };
        r = file_schema_new(&id, &ret_file->owned, error);
        if (r == 0)
                ret_file->schema = file_schema_tables(ret_file->owned);
        return r;
}

void file_close(struct file *file)
{
        ek_snapshot_close(&file->snapshot);
        file->owned = file_schema_free(file->owned);
        file->schema = NULL;
}

int file_find(const struct file *file, const char *name, const struct ek_snapshot_item **ret_item,
              struct ekiden_error *error)
{
        const struct ek_snapshot *snapshot = &file->snapshot;
        char names[256] = "";
        size_t used = 0;

        *ret_item = ek_snapshot_find(snapshot, name);
        if (*ret_item)
                return 0;
        for (size_t i = 0; i < snapshot->item_count && used < sizeof(names); i++)
                used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
                                         i > 0 ? ", " : "", snapshot->items[i].name);
        return ekiden_error_set(error, EKIDEN_EINVAL,
                                "there is no item \"%s\" in the snapshot; there %s %s%s", name,
                                snapshot->item_count == 1 ? "is" : "are", names[0] ? names : "none",
                                used < sizeof(names) ? "" : " …");
}

int file_item(const struct file *file, const struct ek_snapshot_item *item,
              struct ekiden_item *ret_item, struct ekiden_error *error)
{
        const struct ekiden_item *known = ekiden_schema_item(file->schema, item->name);

        if (strcmp(item->message, ek_value_message.descriptor->name) == 0 && !item->is_stream) {
                *ret_item = (struct ekiden_item){.kind = EKIDEN_ITEM_SINGLETON,
                                                 .message = &ek_value_message};
                return 0;
        }
        if (!known || known->kind == EKIDEN_ITEM_OBJECTS ||
            item->is_stream != (known->kind == EKIDEN_ITEM_STREAM) ||
            strcmp(item->message, known->message->descriptor->name) != 0) {
                if (error && error->code == 0)
                        memcpy(error->item, item->name, sizeof(error->item));
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the snapshot is damaged: the schema in it has no item "
                                        "\"%s\" of this kind and type",
                                        item->name);
        }
        *ret_item = *known;
        return 0;
}

const struct ekiden_item *file_object_item(const struct file *file, uint64_t tag)
{
        uint64_t number = tag >> 3;
        const struct ekiden_item *item;

        if ((tag & 7) != 2 || number == 0 || number > file->schema->item_count)
                return NULL;
        item = &file->schema->items[number - 1];
        return item->kind == EKIDEN_ITEM_OBJECTS ? item : NULL;
}
