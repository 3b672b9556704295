/* SPDX-License-Identifier: MIT */
/* Telling the other process why this one does not go on. */
#pragma once

#include "wire/link.h"

/** Sends REFUSAL with the error, as far as it can be sent at once; what cannot be said is not. */
void ek_refuse(struct ek_link *link, const struct ekiden_error *error);
