/* SPDX-License-Identifier: MIT */
/*
 * Target "objects": items that are bound to structs, and the graph that their pointers make,
 * through a hop. An item that fails leaves none of the program's memory behind.
 */
#include "fetched.h"
#include "orchard_program.h"
#include "orchard_v1_to_v2.hop.h"

static size_t held(void)
{
        return orchard_program.allocations;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct fetched fetched = {&orchard_v2, &orchard_v1_to_v2, held};

        expect(orchard_program_tag(2) >= 0);
        fetched_run(&fetched, data, size);
        orchard_program_end();
        return 0;
}
