/* SPDX-License-Identifier: MIT */
/*
 * The versions of what is said on the control socket. A process refuses a request of a version that
 * it does not know, before it begins anything. Fields that it does not know it passes over: so a
 * request of which an older process would make another one is of a later version. One that knows
 * no rehearsal would upgrade.
 *
 * The runtime and the tools share this file.
 */
#pragma once

#define EK_CONTROL_PROTOCOL 1
#define EK_CONTROL_PROTOCOL_KEEP_TRIAL 6 /* .keep_pid must be known of a rehearsal, too */
#define EK_CONTROL_PROTOCOL_GIVEN 5 /* UpgradeRequest.given and SpawnRequest must be known */
#define EK_CONTROL_PROTOCOL_KEEP 4 /* UpgradeRequest.keep_pid must be known */
#define EK_CONTROL_PROTOCOL_PAUSE 3 /* UpgradeRequest.max_pause_us must be known */
#define EK_CONTROL_PROTOCOL_TRIAL 2 /* UpgradeRequest.rehearse and .verify must be known */
