/* SPDX-License-Identifier: MIT */
/* See ledger.h. The file is sparse: what it takes is what was written. */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"
#include "value.h"

#define MAGIC UINT64_C(0x656b6964656e4c31)

static const size_t file_size =
        sizeof(struct ledger) + LEDGER_KEYS_MOST * sizeof(struct ledger_entry);

static struct ledger *map(const char *path, int flags)
{
        int fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
        struct stat found;
        void *memory;

        if (fd < 0)
                fail("cannot open the ledger %s: %s", path, strerror(errno));
        if (flags && ftruncate(fd, (off_t)file_size) < 0)
                fail("cannot make the ledger %s: %s", path, strerror(errno));
        if (fstat(fd, &found) < 0 || found.st_size != (off_t)file_size)
                fail("%s is no ledger", path);
        memory = mmap(NULL, file_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED)
                fail("cannot map the ledger %s: %s", path, strerror(errno));
        close(fd);
        return memory;
}

struct ledger *ledger_new(const char *path, uint32_t value_least, uint32_t value_most)
{
        struct ledger *ledger = map(path, O_CREAT | O_TRUNC);

        ledger->magic = MAGIC;
        ledger->value_least = value_least;
        ledger->value_most = value_most;
        return ledger;
}

struct ledger *ledger_open(const char *path)
{
        struct ledger *ledger = map(path, 0);

        if (ledger->magic != MAGIC || ledger->count > LEDGER_KEYS_MOST ||
            ledger->doubt_count > LEDGER_DOUBTS_MOST || ledger->value_least < VALUE_LEAST ||
            ledger->value_most < ledger->value_least || ledger->value_most > VALUE_MOST)
                fail("%s is no ledger", path);
        return ledger;
}

uint32_t ledger_send(struct ledger *ledger, uint32_t key, bool deletion)
{
        struct ledger_entry *entry = &ledger->entries[key];

        entry->sent = ((entry->sent >> 1) + 1) << 1 | deletion;
        if (key >= ledger->count)
                ledger->count = key + 1;
        return entry->sent;
}

void ledger_acknowledge(struct ledger *ledger, uint32_t key, uint32_t version)
{
        ledger->entries[key].acknowledged = version;
}

void ledger_doubt(struct ledger *ledger, uint32_t key, uint32_t version)
{
        if (ledger->doubt_count == LEDGER_DOUBTS_MOST)
                fail("more than %u writes are in doubt", LEDGER_DOUBTS_MOST);
        ledger->doubts[ledger->doubt_count++] = (struct ledger_doubt){key, version};
}

bool ledger_allows(const struct ledger *ledger, uint32_t key, uint32_t version)
{
        const struct ledger_entry *entry = &ledger->entries[key];

        if (version == entry->acknowledged ||
            (version == 0 && ledger_is_absent(entry->acknowledged)))
                return true;
        if (entry->sent == entry->acknowledged)
                return false;
        for (uint32_t i = 0; i < ledger->doubt_count; i++) {
                const struct ledger_doubt *doubt = &ledger->doubts[i];

                if (doubt->key == key && doubt->version > entry->acknowledged &&
                    (doubt->version == version ||
                     (version == 0 && ledger_is_absent(doubt->version))))
                        return true;
        }
        return false;
}
