/* SPDX-License-Identifier: MIT */
/* The names of the one schema version that a family is built with. */
#pragma once

#if VERSION == 1
#include "family_v1.ekiden.h"
#define FAMILY family_v1
#define TAG_SELF family_v1_tag_self
#define SELF_INIT FAMILY__V1__SELF__INIT
typedef Family__V1__Self Self;
#else
#include "family_v1_to_v2.hop.h"
#define FAMILY family_v2
#define TAG_SELF family_v2_tag_self
#define SELF_INIT FAMILY__V2__SELF__INIT
typedef Family__V2__Self Self;
#endif
