/* SPDX-License-Identifier: MIT */
/*
 * A setting of vsftpd's configuration: what parseconf.c knows of it, and upgrade_settings.c moves.
 */
#pragma once

struct vsf_upgrade_setting {
        const char *name;
        int *enabled; /* one of the three is not NULL */
        unsigned int *number;
        const char **text; /* *text is NULL, or from malloc() */
};

/** @return 0: there is no setting of this number */
int vsf_upgrade_setting(unsigned int number, struct vsf_upgrade_setting *ret_setting);
