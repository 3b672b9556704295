/* SPDX-License-Identifier: MIT */
/*
 * A walk through all settings, included at the end of parseconf.c: its tables have them by name.
 */
#include "upgrade_setting.h"

#define SIZE(table) (sizeof(table) / sizeof(*(table)) - 1) /* the last one is empty */

int vsf_upgrade_setting(unsigned int number, struct vsf_upgrade_setting *ret_setting)
{
        struct vsf_upgrade_setting setting = {0, 0, 0, 0};

        if (number < SIZE(parseconf_bool_array)) {
                setting.name = parseconf_bool_array[number].p_setting_name;
                setting.enabled = parseconf_bool_array[number].p_variable;
        } else if ((number -= SIZE(parseconf_bool_array)) < SIZE(parseconf_uint_array)) {
                setting.name = parseconf_uint_array[number].p_setting_name;
                setting.number = parseconf_uint_array[number].p_variable;
        } else if ((number -= SIZE(parseconf_uint_array)) < SIZE(parseconf_str_array)) {
                setting.name = parseconf_str_array[number].p_setting_name;
                setting.text = parseconf_str_array[number].p_variable;
        } else if (number == SIZE(parseconf_str_array)) {
                setting.name = "(configuration file)"; /* which SIGHUP reads again */
                setting.text = &s_p_saved_filename;
        } else {
                return 0;
        }
        *ret_setting = setting;
        return 1;
}
