/* SPDX-License-Identifier: MIT */
#include "hops.h"

#include <ekiden/ekiden.h>

#include "kv_v1_to_v2.hop.h"
#include "kv_v2_to_v1.hop.h"
#include "kv_v2_to_v3.hop.h"
#include "kv_v3_to_v2.hop.h"

void add_hops(void)
{
        ekiden_add_hop(&kv_v1_to_v2);
        ekiden_add_hop(&kv_v2_to_v3);
        ekiden_add_hop(&kv_v3_to_v2);
        ekiden_add_hop(&kv_v2_to_v1);
}
