/* SPDX-License-Identifier: MIT */
/* What differs between the probe's variants; VARIANT_… is set by meson.build. */
#pragma once

#if defined(VARIANT_V1) || defined(VARIANT_CHANGED)
#include "probe_v1.ekiden.h"
typedef Probe__V1__Counter Counter;
typedef Probe__V1__Record Record;
#define SCHEMA_VERSION 1
#define SCHEMA probe_v1
#define COUNTER_INIT PROBE__V1__COUNTER__INIT
#define RECORDS_FUNCTIONS probe_v1_records_functions
#define TAG_COUNTER probe_v1_tag_counter
#define TAG_RECORDS probe_v1_tag_records
static void add_hops(void)
{
}
#elif defined(VARIANT_OTHER)
#include "other_v1.ekiden.h"
typedef Other__V1__Counter Counter;
typedef Other__V1__Record Record;
#define SCHEMA_VERSION 1
#define SCHEMA other_v1
#define COUNTER_INIT OTHER__V1__COUNTER__INIT
#define RECORDS_FUNCTIONS other_v1_records_functions
#define TAG_COUNTER other_v1_tag_counter
#define TAG_RECORDS other_v1_tag_records
static void add_hops(void)
{
}
#elif defined(VARIANT_V3)
#include "probe_v3.ekiden.h"
typedef Probe__V3__Counter Counter;
typedef Probe__V3__Record Record;
#define SCHEMA_VERSION 3
#define SCHEMA probe_v3
#define COUNTER_INIT PROBE__V3__COUNTER__INIT
#define RECORDS_FUNCTIONS probe_v3_records_functions
#define TAG_COUNTER probe_v3_tag_counter
#define TAG_RECORDS probe_v3_tag_records
static void add_hops(void)
{
}
#else
#include "probe_v1.ekiden.h"
#include "probe_v2.ekiden.h"
typedef Probe__V2__Counter Counter;
typedef Probe__V2__Record Record;
#define SCHEMA_VERSION 2
#define SCHEMA probe_v2
#define COUNTER_INIT PROBE__V2__COUNTER__INIT
#define RECORDS_FUNCTIONS probe_v2_records_functions
#define TAG_COUNTER probe_v2_tag_counter
#define TAG_RECORDS probe_v2_tag_records
#ifdef VARIANT_LACKING
#define HOP_TRANSFORMERS 0
#else
#define HOP_TRANSFORMERS 1
#endif

static int counter_up(const Probe__V1__Counter *old, Probe__V2__Counter *new_,
                      struct ekiden_hop *hop)
{
#ifdef VARIANT_REFUSING
        const char *how = getenv("PROBE_TRANSFORMER");

        if (!how)
                return ekiden_hop_refuse(hop, "asked %u times is enough", old->asked);
        if (strcmp(how, "starves") == 0)
                return ekiden_hop_array(hop, SIZE_MAX, 4) ? 0
                                                          : EKIDEN_ENOMEM; /* more than there is */
        new_->asked = old->asked;
        new_->listener = 12345; /* a descriptor out of nowhere */
        return 0;
#else
        (void)hop;
        new_->asked = old->asked;
        new_->listener = old->listener;
        return 0;
#endif
}
EKIDEN_TRANSFORMER(counter_up, Probe__V1__Counter, Probe__V2__Counter);

static void add_hops(void)
{
        static const struct ekiden_transformer transformers[] = {
                {"counter", "counter", counter_up_transformer},
        };
        /* VARIANT_LACKING's hop is without the transformer that "counter" needs. */
        static const struct ekiden_hop_table v1_to_v2 = {
                .from = &probe_v1,
                .to = &probe_v2,
                .transformers = transformers,
                .transformer_count = HOP_TRANSFORMERS,
        };

        if (ekiden_add_hop(&v1_to_v2) < 0)
                abort();
}
#endif
