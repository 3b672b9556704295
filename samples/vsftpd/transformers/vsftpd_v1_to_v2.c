/* SPDX-License-Identifier: MIT */
/*
 * From upstream's release to Debian's: behind the last setting come those that only Debian's has,
 * with what they are by default there. So all settings that the successor has are ones that it was
 * given.
 */
#include <string.h>

#include "vsftpd_v1_to_v2.hop.h"

int vsftpd_v1_to_v2_setting(const Vsftpd__V1__Setting *old, Vsftpd__V2__Setting *new_,
                            struct ekiden_hop *hop)
{
        static const char *const texts[] = {"upload_file", "download_file"};
        Vsftpd__V2__Setting added = VSFTPD__V2__SETTING__INIT;
        int result;

        (void)new_; /* the hop has copied it */
        if (!old->name || strcmp(old->name, "(configuration file)") != 0)
                return 0;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                added.name = (char *)texts[i];
                result = ekiden_hop_emit(hop, &added.base);
                if (result < 0)
                        return result;
        }
        added.name = "utf8_filesystem";
        added.has_enabled = 1;
        return ekiden_hop_emit(hop, &added.base);
}
