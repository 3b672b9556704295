/* SPDX-License-Identifier: MIT */
/*
 * Target "records": items whose state is messages, with descriptors and lookups, and plain values.
 */
#include "fetched.h"
#include "garden_program.h"
#include "garden_v1_to_v2.hop.h"
#include "peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct fetched fetched = {.schema = &garden_v2, .hop = &garden_v1_to_v2};
        int before = open_descriptors();

        expect(garden_program_tag(2) >= 0);
        fetched_run(&fetched, data, size);
        garden_program_end();
        expect(open_descriptors() == before);
        return 0;
}
