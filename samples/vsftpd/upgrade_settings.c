/* SPDX-License-Identifier: MIT */
/*
 * The settings cross by name. A successor has read its configuration before they arrive, and what
 * arrives counts: the running server's settings were read when it began or was told to read them
 * again, and so it stays. A setting that this version does not know must not come, as it might be
 * one that forbids something.
 */
#include "release.h"

#include <stdlib.h>
#include <string.h>

#include <ekiden/ekiden.h>

#include "upgrade_setting.h"

static int export_setting(VSFTPD_RECORD(Setting) * record, struct ekiden_cursor *cursor, void *data)
{
        struct vsf_upgrade_setting setting;

        (void)data;
        if (!vsf_upgrade_setting((unsigned int)cursor->record, &setting))
                return 0;
        record->name = (char *)(uintptr_t)setting.name;
        if (setting.enabled) {
                record->has_enabled = 1;
                record->enabled = *setting.enabled != 0;
        } else if (setting.number) {
                record->has_number = 1;
                record->number = *setting.number;
        } else if (*setting.text) {
                record->has_text = 1;
                record->text.data = (uint8_t *)(uintptr_t)*setting.text;
                record->text.len = strlen(*setting.text);
        }
        return 1;
}

static int set_text(const VSFTPD_RECORD(Setting) * record, struct ekiden_cursor *cursor,
                    const char **text)
{
        char *copy = NULL;

        if (record->has_text && memchr(record->text.data, '\0', record->text.len))
                return ekiden_cursor_refuse(cursor, "the setting %s has a NUL in it", record->name);
        if (record->has_text) {
                copy = strndup((const char *)record->text.data, record->text.len);
                if (!copy)
                        return EKIDEN_ENOMEM;
        }
        free((char *)(uintptr_t)*text);
        *text = copy;
        return 0;
}

static int import_setting(const VSFTPD_RECORD(Setting) * record, struct ekiden_cursor *cursor,
                          void *data)
{
        struct vsf_upgrade_setting setting;

        (void)data;
        if (!record->name)
                return ekiden_cursor_refuse(cursor, "the setting has no name");
        for (unsigned int number = 0; vsf_upgrade_setting(number, &setting); number++) {
                if (strcmp(setting.name, record->name) != 0)
                        continue;
                if (setting.text)
                        return set_text(record, cursor, setting.text);
                if (setting.enabled)
                        *setting.enabled = record->enabled;
                else
                        *setting.number = record->number;
                return 0;
        }
        return ekiden_cursor_refuse(cursor, "this version has no setting %s", record->name);
}

int vsf_tag_settings(void)
{
        static const struct VSFTPD(settings_functions) functions = {
                .export_record = export_setting,
                .import_record = import_setting,
        };

        return VSFTPD(tag_settings)(&functions, NULL);
}
