/* SPDX-License-Identifier: MIT */
/* Telling the other process why this one does not go on. */
#pragma once

#include "ekiden/handover.pb-c.h"
#include "wire/link.h"

/** Fills a message from an error; it points into the error. */
void ek_refusal_fill(Ekiden__Refusal *refusal, const struct ekiden_error *error);

/** Sends REFUSAL with the error, as far as it can be sent at once; what cannot be said is not. */
void ek_refuse(struct ek_link *link, const struct ekiden_error *error);
