/* SPDX-License-Identifier: MIT */
/*
 * What the two files of a session share: its struct, and its process.
 */
#pragma once

struct vsf_session;

/** Tags the directories whose message was shown; as ekiden_tag_…(). */
int vsf_tag_visited(struct vsf_session *session);

/** Tags what the session's process has of the kernel's; as ekiden_tag_…(). */
int vsf_tag_process(struct vsf_session *session);
