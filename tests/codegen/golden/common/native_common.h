/* SPDX-License-Identifier: MIT */
/* The struct that native_common.proto is bound to. */
#pragma once

struct address {
        char host[64];
        unsigned short port;
};
