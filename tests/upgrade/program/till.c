/* SPDX-License-Identifier: MIT */
/*
 * Two versions of a program, of which the second may import wrongly what only it has by name: a
 * verification that compares by names alone finds nothing. VERSION is set by meson.build.
 *
 * usage: till [FAULT]: what the second does with what it is given: tenths, visits, colour, lamps
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#if VERSION == 1
#include "till_v1.ekiden.h"
#define SCHEMA till_v1
#else
#include "till_v1_to_v2.hop.h"
#define SCHEMA till_v2
#endif

#define COINS 20
#define DRAWERS 3

#if VERSION == 1
static const char *const colours[DRAWERS] = {"red", "green", "blue"};

static int export_coin(Till__V1__Coin *coin, struct ekiden_cursor *cursor, void *data)
{
        uint32_t i = (uint32_t)cursor->record;

        (void)data;
        if (i == COINS)
                return 0;
        coin->has_number = coin->has_cents = coin->has_drawer = 1;
        coin->number = 100 + i;
        coin->cents = 5 * i;
        coin->drawer = i % DRAWERS;
        return 1;
}

static int import_coin(const Till__V1__Coin *coin, struct ekiden_cursor *cursor, void *data)
{
        (void)coin;
        (void)data;
        return ekiden_cursor_refuse(cursor, "the first version begins afresh");
}

static int export_drawer(Till__V1__Drawer *drawer, struct ekiden_cursor *cursor, void *data)
{
        uint32_t i = (uint32_t)cursor->record;

        (void)data;
        if (i == DRAWERS)
                return 0;
        drawer->has_number = drawer->has_openings = 1;
        drawer->number = i;
        drawer->openings = 7 + i;
        drawer->colour = (char *)(uintptr_t)colours[i];
        return 1;
}

static int import_drawer(const Till__V1__Drawer *drawer, struct ekiden_cursor *cursor, void *data)
{
        (void)drawer;
        (void)data;
        return ekiden_cursor_refuse(cursor, "the first version begins afresh");
}

static int tag_all(void)
{
        static const struct till_v1_coins_functions coins = {.export_record = export_coin,
                                                             .import_record = import_coin};
        static const struct till_v1_drawers_functions drawers = {.export_record = export_drawer,
                                                                 .import_record = import_drawer};

        return till_v1_tag_coins(&coins, NULL) < 0 ? -1 : till_v1_tag_drawers(&drawers, NULL);
}
#else
static const char *fault = "";

/* What it has: nothing but values, so a field that did not come is 0. */
static struct {
        uint32_t number;
        uint64_t tenths;
        char colour[16];
} coins[COINS];

static struct {
        uint32_t number, visits;
        char colour[16];
} drawers[DRAWERS], lamps[DRAWERS];

static size_t coin_count, drawer_count, lamp_count;

int till_v1_to_v2_coin(const Till__V1__Coin *old, Till__V2__Coin *new_, struct ekiden_hop *hop)
{
        const Till__V1__Drawer *drawer = till_v1_to_v2_find_drawers(hop, old->drawer);

        if (!drawer)
                return ekiden_hop_refuse(hop, "there is no drawer %u", old->drawer);
        new_->has_tenths = old->cents != 0; /* and so it is absent where it is 0 */
        new_->tenths = (uint64_t)old->cents * 10;
        new_->colour = drawer->colour;
        return 0;
}

static void take_text(char taken[16], const char *text)
{
        snprintf(taken, 16, "%s", text ? text : "");
}

static int import_coin(const Till__V2__Coin *coin, struct ekiden_cursor *cursor, void *data)
{
        size_t i = coin_count++;

        (void)cursor;
        (void)data;
        coins[i].number = coin->number;
        coins[i].tenths = strcmp(fault, "tenths") == 0 ? 0 : coin->tenths;
        take_text(coins[i].colour, coin->colour);
        if (strcmp(fault, "colour") == 0 && i == 8)
                take_text(coins[i].colour, "yellow");
        return 0;
}

static int export_coin(Till__V2__Coin *coin, struct ekiden_cursor *cursor, void *data)
{
        size_t i = cursor->record;

        (void)data;
        if (i == coin_count)
                return 0;
        coin->has_number = coin->has_tenths = 1;
        coin->number = coins[i].number;
        coin->tenths = coins[i].tenths;
        coin->colour = coins[i].colour;
        return 1;
}

static int import_drawer(const Till__V2__Drawer *drawer, struct ekiden_cursor *cursor, void *data)
{
        size_t i = drawer_count++;

        (void)cursor;
        (void)data;
        drawers[i].number = drawer->number;
        drawers[i].visits = drawer->visits + (strcmp(fault, "visits") == 0);
        take_text(drawers[i].colour, drawer->colour);
        return 0;
}

static int export_drawer(Till__V2__Drawer *drawer, struct ekiden_cursor *cursor, void *data)
{
        size_t i = cursor->record;

        (void)data;
        if (i == drawer_count)
                return 0;
        drawer->has_number = drawer->has_visits = 1;
        drawer->number = drawers[i].number;
        drawer->visits = drawers[i].visits;
        drawer->colour = drawers[i].colour;
        return 1;
}

static int import_lamp(const Till__V2__Lamp *lamp, struct ekiden_cursor *cursor, void *data)
{
        (void)cursor;
        (void)data;
        if (strcmp(fault, "lamps") == 0 && lamp->number == 1)
                return 0;
        lamps[lamp_count].number = lamp->number;
        take_text(lamps[lamp_count++].colour, lamp->colour);
        return 0;
}

static int export_lamp(Till__V2__Lamp *lamp, struct ekiden_cursor *cursor, void *data)
{
        size_t i = cursor->record;

        (void)data;
        if (i == lamp_count)
                return 0;
        lamp->has_number = 1;
        lamp->number = lamps[i].number;
        lamp->colour = lamps[i].colour;
        return 1;
}

static int tag_all(void)
{
        static const struct till_v2_coins_functions coins_functions = {
                .export_record = export_coin, .import_record = import_coin};
        static const struct till_v2_drawers_functions drawers_functions = {
                .export_record = export_drawer, .import_record = import_drawer};
        static const struct till_v2_lamps_functions lamps_functions = {
                .export_record = export_lamp, .import_record = import_lamp};

        if (till_v2_tag_coins(&coins_functions, NULL) < 0 ||
            till_v2_tag_drawers(&drawers_functions, NULL) < 0)
                return -1;
        return till_v2_tag_lamps(&lamps_functions, NULL);
}
#endif

int main(int argc, char **argv)
{
        struct ekiden_error error;

#if VERSION == 2
        if (argc > 1)
                fault = argv[1];
        if (ekiden_add_hop(&till_v1_to_v2) < 0)
                return 1;
#endif
        if (ekiden_start(argc, argv, &SCHEMA, &error) < 0) {
                fprintf(stderr, "till: %s\n", error.sentence);
                return 1;
        }
        if (tag_all() < 0)
                return 1;
        for (;;) {
                ekiden_update_point("till_loop");
                pause();
        }
}
