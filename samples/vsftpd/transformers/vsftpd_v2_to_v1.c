/* SPDX-License-Identifier: MIT */
/*
 * From Debian's release back to upstream's. A setting that is not known there, or whose feature was
 * not built there, can be let go where it has no effect. Where it has one, as upload_file has,
 * which forbids something, the way back is refused: a server that allows more after an upgrade than
 * before is worse than none.
 */
#include <stdbool.h>
#include <string.h>

#include "vsftpd_v2_to_v1.hop.h"

static bool is_among(const char *name, const char *const *names)
{
        for (; *names; names++)
                if (strcmp(name, *names) == 0)
                        return true;
        return false;
}

int vsftpd_v2_to_v1_setting(const Vsftpd__V2__Setting *old, Vsftpd__V1__Setting *new_,
                            struct ekiden_hop *hop)
{
        static const char *const unknown[] = {"utf8_filesystem", "upload_file", "download_file",
                                              NULL};
        static const char *const not_built[] = {"ssl_enable", "tcp_wrappers", NULL};
        bool is_unknown;

        (void)new_;
        if (!old->name)
                return 0;
        is_unknown = is_among(old->name, unknown);
        if ((is_unknown || is_among(old->name, not_built)) && (old->enabled || old->has_text))
                return ekiden_hop_refuse(hop,
                                         "the setting %s is in use, and upstream's release "
                                         "does not have it: set it back, and send SIGHUP",
                                         old->name);
        if (is_unknown)
                ekiden_hop_drop(hop);
        return 0;
}
