/* SPDX-License-Identifier: MIT */
/*
 * A service for each test, started and ended, and upgrades that must succeed. Whatever happens, no
 * process outlives its test: see samples/demo/service.h.
 */
#pragma once

#include "client.h"
#include "service.h"

#define UPGRADE_TIMEOUT_MS 60000

extern struct service service;

/** Starts the service; the test fails if it does not. */
void start(const char *binary);

/** Criterion's teardown: shows what the server complained of, and ends all of it. */
void stop(void);

/** Upgrades with ekiden-upgrade, and waits; the test fails if it fails. */
void upgrade(const char *binary);

/** Asks for an upgrade that must be refused, with this exit status of ekiden-upgrade. */
void expect_refusal(const char *binary, int exit_status);

/** Begins an upgrade with ekiden-upgrade; the test fails if that cannot be done. */
void begin_upgrade(const char *binary);

/** Begins one that is verified. */
void begin_verified_upgrade(const char *binary);

/** Whether the upgrade that was begun is done; the test fails if it failed. */
bool is_upgraded(void);

/** Waits until the server has as many descriptors open as before; the test fails if never. */
void expect_descriptors(int count);

/** From now on the server can open no descriptor; those that it has stay. */
void forbid_descriptors(void);

/** It can again. */
void allow_descriptors(void);

/** Waits until the server has said this on its standard error; the test fails if never. */
void await_complaint(const char *part);

/** Waits until the server sleeps, and does not merely look as if; the test fails if never. */
void await_sleep(void);

/** A connected client; the test fails if nobody listens. */
void connect_client(struct client *client);

/** Sends text; the test fails if the connection is gone. */
void say(struct client *client, const char *text);

/** The next line must be this one. */
void expect(struct client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Some line, soon, must contain this. */
void await(struct client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));
