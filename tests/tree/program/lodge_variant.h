/* SPDX-License-Identifier: MIT */
/* The names of the one schema version that a lodge is built with. */
#pragma once

#if VERSION == 1
#include "lodge_v1.ekiden.h"
#define LODGE lodge_v1
#define TAG_DESK lodge_v1_tag_desk
#define TAG_SESSION lodge_v1_tag_session
#define DESK_INIT LODGE__V1__DESK__INIT
#define SESSION_INIT LODGE__V1__SESSION__INIT
typedef Lodge__V1__Desk Desk;
typedef Lodge__V1__Session Session;
#else
#include "lodge_v1_to_v2.hop.h"
#define LODGE lodge_v2
#define TAG_DESK lodge_v2_tag_desk
#define TAG_SESSION lodge_v2_tag_session
#define DESK_INIT LODGE__V2__DESK__INIT
#define SESSION_INIT LODGE__V2__SESSION__INIT
typedef Lodge__V2__Desk Desk;
typedef Lodge__V2__Session Session;
#endif
