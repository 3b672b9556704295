/* SPDX-License-Identifier: MIT */
/*
 * What the insertions call: all that vsftpd knows of its upgrades. The compiler includes it ahead
 * of each file of vsftpd's (-include), some of which must be the first to include the system's
 * headers; so this one includes none.
 */
#pragma once

struct hash;
struct sock_fprog;
struct vsf_session;

/**
 * The beginning of main(), when settings have their defaults. In the successor of a session it does
 * not return: the session goes on from here.
 */
void vsf_upgrade_begin(int argc, const char *argv[], struct vsf_session *session);

/** Whether this is the successor of the listener: its settings have arrived. */
int vsf_upgrade_is_successor(void);

/* The listener. */

/**
 * Tags the listener's state, which must stay where it is.
 *
 * @return 1 in a successor: the state has arrived, `socket` listens
 */
int vsf_upgrade_listener(int *socket, unsigned int *children, struct hash *addresses,
                         struct hash *clients, unsigned int address_size);

/** The update point ahead of accept(). */
void vsf_upgrade_listener_point(void);

/** Whether a child that has ended was a client's, and not one of an upgrade. */
int vsf_upgrade_is_client(unsigned int pid);

/** In a child of the listener: it serves a client, or is the privileged parent of the one who will.
 */
void vsf_upgrade_begin_session(void);

/* The privileged parent. */

/**
 * @param on_term, on_child  what to do about SIGTERM, and SIGCHLD
 * @return 1 if the parent has just arrived: then it has a child, which asks for a login
 */
int vsf_upgrade_resumes_parent(void (*on_term)(void *), void (*on_child)(void *));

/** Whether it was the parent's own child that ended, and not one that an upgrade had. */
int vsf_upgrade_lost_child(void);

/** Notes that the client is logged in; in the parent, before it forks the child that will serve. */
void vsf_upgrade_logged_in(void);

/** In that child. */
void vsf_upgrade_enter_session(void);

/** Whether the parent has just arrived, in the sandbox that it enters at the login. */
int vsf_upgrade_resumes_sandbox(void);

/** The update point ahead of the read of a request of the child's; waits for one. */
void vsf_upgrade_parent_point(int descriptor);

/* A session. */

/** Whether the session has just arrived, and was not logged in: then nobody is greeted again. */
int vsf_upgrade_resumes_login(void);

/**
 * Notes that the client is logged in.
 *
 * @param on_urgent  what to do about SIGURG
 * @return 1 if the session has just arrived: then nobody is told so again
 */
int vsf_upgrade_resumes_session(void (*on_urgent)(void *));

/**
 * The update point ahead of the read of a command.
 *
 * @param buffer  where in the session's buffer for a line the next byte will be
 */
void vsf_upgrade_session_point(const char *buffer);

/**
 * Puts what the predecessor had read of a command where its rest will be read.
 *
 * @param left  room that is left behind it; in and out
 * @return its size
 */
unsigned int vsf_upgrade_carry(char *buffer, unsigned int *left);

/* Sandboxes. */

/** Puts the calls of an upgrade into the filter that is about to be installed. */
void vsf_upgrade_allow_calls(struct sock_fprog *filter);
