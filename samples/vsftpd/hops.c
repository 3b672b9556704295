/* SPDX-License-Identifier: MIT */
/*
 * One hop leads to each build, from the other.
 */
#include "hops.h"

#include <ekiden/ekiden.h>

#if VSFTPD_VERSION == 1
#include "vsftpd_v2_to_v1.hop.h"
#define HOP vsftpd_v2_to_v1
#else
#include "vsftpd_v1_to_v2.hop.h"
#define HOP vsftpd_v1_to_v2
#endif

void vsf_add_hops(void)
{
        ekiden_add_hop(&HOP);
}
