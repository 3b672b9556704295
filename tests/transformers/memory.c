/* SPDX-License-Identifier: MIT */
/* Memory that runs out at each place where the engine asks for some: an error, every time. */
#include "depot.h"

/* The linker sends the library's own calls of malloc() here. */
static unsigned int allocations_left = UINT32_MAX;
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
        if (allocations_left == 0)
                return NULL;
        allocations_left--;
        return __real_malloc(size);
}

static bool engine_failed;
static size_t came_out;

static int count(void *data, ProtobufCMessage *record)
{
        (void)data;
        (void)record;
        came_out++;
        return 0;
}

/* 20 KiB each: more than an scratch's chunk, so each takes an allocation of its own. */
TRANSFORM(grow)
{
        Depot__V3__Box *box = (Depot__V3__Box *)new_;
        ProtobufCMessage *more = ekiden_hop_new(hop, new_->descriptor);
        int r;

        (void)old;
        box->label = ekiden_hop_printf(hop, "%*s", 20000, "x");
        engine_failed = more && box->label;
        if (!more || !box->label)
                return EKIDEN_ENOMEM;
        r = ekiden_hop_emit(hop, more);
        if (r < 0)
                return r;
        box->label = ekiden_hop_strdup(hop, box->label);
        engine_failed = box->label != NULL;
        return box->label ? 0 : EKIDEN_ENOMEM;
}

/* Where the engine itself finds none it says ENOMEM; what a transformer says is the transformer's.
 */
Test(memory, that_runs_out_at_any_place_is_an_error, .timeout = 120)
{
        struct ek_chain chain;
        struct ek_route route;
        unsigned int limit = 0;
        int r = EKIDEN_ENOMEM;

        note_to_remark = box_to_label = remark_to_v4 = grow;
        chain = depot_chain(1);
        route = depot_route(&chain, "boxes");
        for (; r < 0 && limit < 100; limit++) {
                Depot__V2__Box box = DEPOT__V2__BOX__INIT;
                struct ekiden_error error = {0};
                struct ekiden_scratch scratch;

                ek_scratch_init(&scratch);
                came_out = 0;
                engine_failed = true;
                allocations_left = limit;
                r = ek_route_run(&route, &box.base, 0, &scratch, count, NULL, &error);
                allocations_left = UINT32_MAX;
                ek_scratch_deinit(&scratch);
                cr_assert(r == 0 || r == (engine_failed ? EKIDEN_ENOMEM : EKIDEN_ETRANSFORMER),
                          "with %u allocations: %d, %s", limit, r, error.sentence);
                cr_assert_eq(error.code, r);
                if (r < 0)
                        cr_assert_not_null(strstr(error.sentence, "memory ran out"));
        }
        cr_assert_eq(r, 0);
        cr_assert_eq(came_out, 2);
        cr_assert_geq(limit, 4, "memory ran out at %u places only", limit - 1);
}
