/* SPDX-License-Identifier: MIT */
/* The subject's own struct, to which both schemas bind a message. */
#pragma once

struct node {
        char *name;
        struct node *next;
};
