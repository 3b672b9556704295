/* SPDX-License-Identifier: MIT */
/*
 * What the file of a session asks of that of its process.
 */
#pragma once

struct vsf_session;

/** Tags what the session's process has of the kernel's; as ekiden_tag_…(). */
int vsf_tag_process(struct vsf_session *session);

/** Where the client's connection is: it is standard input only when the process serves. */
int vsf_control_descriptor(void);
