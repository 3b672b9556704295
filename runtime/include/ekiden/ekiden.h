/* SPDX-License-Identifier: MIT */
/*
 * All of libekiden but the libuv attachment, <ekiden/uv.h>. Start reading at <ekiden/start.h>.
 */
#pragma once

#include <ekiden/error.h>
#include <ekiden/hop.h>
#include <ekiden/native.h>
#include <ekiden/role.h>
#include <ekiden/sandbox.h>
#include <ekiden/schema.h>
#include <ekiden/start.h>
#include <ekiden/tag.h>
#include <ekiden/thread.h>
#include <ekiden/update_point.h>
