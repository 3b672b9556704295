/* SPDX-License-Identifier: MIT */
/*
 * Target "snapshot": a file that a program is started from. An input is what follows the file's
 * magic; the program is the one that the beginning names, version 2, and takes what it can.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "entry/process.h"
#include "garden_program.h"
#include "garden_v1_to_v2.hop.h"
#include "handover/restore.h"
#include "orchard_program.h"
#include "orchard_v1_to_v2.hop.h"
#include "peer.h"
#include "state/snapshot_write.h"

static int make_file(const uint8_t *data, size_t size)
{
        int file = memfd_create("snapshot", MFD_CLOEXEC);

        expect(file >= 0);
        expect(write(file, EK_SNAPSHOT_MAGIC, EK_SNAPSHOT_MAGIC_SIZE) == EK_SNAPSHOT_MAGIC_SIZE);
        expect(write(file, data, size) == (ssize_t)size);
        expect(lseek(file, 0, SEEK_SET) == 0);
        return file;
}

/* What a program does that is started so. Returns whether it took everything. */
static bool start(int file, bool is_garden)
{
        const struct ekiden_schema *schema = is_garden ? &garden_v2 : &orchard_v2;
        const struct ekiden_hop_table *hop = is_garden ? &garden_v1_to_v2 : &orchard_v1_to_v2;
        struct ek_registry registry = {.count = 0};
        struct ekiden_error error = {0};
        int r;

        expect(ek_registry_add(&registry, hop) == 0);
        r = ek_restore_start(file, schema, &registry, &error);
        if (r < 0) {
                expect_told(&error, r);
                return false;
        }
        expect(ek_restore_leg() > 0);
        if ((is_garden ? garden_program_tag(2) : orchard_program_tag(2)) < 0)
                return false;
        r = ek_restore_check(&error);
        if (r < 0)
                expect_told(&error, r);
        return r == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        bool is_garden = memmem(data, size, "garden", strlen("garden")) != NULL;
        bool is_started;
        int before = open_descriptors();

        is_started = start(make_file(data, size), is_garden);
        if (is_started)
                target_succeeded();
        ek_restore_end();
        expect(ek_restore_state() != EK_RESTORE_ACTIVE);
        expect(!is_started || ek_restore_state() == EK_RESTORE_NONE);
        if (is_garden)
                garden_program_end();
        else
                orchard_program_end();
        expect(open_descriptors() == before);
        return 0;
}
