/* SPDX-License-Identifier: MIT */
/* What the service manager kept while no process of the service ran. */
#pragma once

/** Starts from a snapshot in the store, if there is one: 0, ENOMEM, ESTATE, ESYSTEM. */
int ek_systemd_take_stored(void);

/** Takes out of the store what this process found there, or has put there. */
void ek_systemd_forget_stored(void);
