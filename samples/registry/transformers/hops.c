/* SPDX-License-Identifier: MIT */
#include "hops.h"

#include <ekiden/ekiden.h>

#include "registry_v1_to_v2.hop.h"
#include "registry_v2_to_v1.hop.h"
#include "registry_v2_to_v3.hop.h"
#include "registry_v3_to_v2.hop.h"
#include "registry_v3_to_v4.hop.h"
#include "registry_v4_to_v3.hop.h"

void add_hops(void)
{
        ekiden_add_hop(&registry_v1_to_v2);
        ekiden_add_hop(&registry_v2_to_v3);
        ekiden_add_hop(&registry_v3_to_v4);
        ekiden_add_hop(&registry_v4_to_v3);
        ekiden_add_hop(&registry_v3_to_v2);
        ekiden_add_hop(&registry_v2_to_v1);
}
