/* SPDX-License-Identifier: MIT */
/* What the service manager kept while no process of the service ran. */
#pragma once

/** Starts from a snapshot in the store, if there is one: 0, ENOMEM, ESTATE, ESYSTEM. */
int ek_systemd_take_stored(void);

/** Takes what this process started from out of the store. */
void ek_systemd_forget_stored(void);
