/* SPDX-License-Identifier: MIT */
/* See operators.h. */
#include "entry/operators.h"

#include <stdlib.h>
#include <string.h>

#include "entry/upgrade.h"
#include "entry/wake.h"
#include "entry/watch.h"
#include "wire/own.h"

static struct {
        struct ek_operator *operators[EK_OPERATORS_MAX];
        size_t count;
} list;

static void forget(const struct ek_operator *operator_)
{
        for (size_t i = 0; i < list.count; i++) {
                if (list.operators[i] != operator_)
                        continue;
                list.count--;
                memmove(&list.operators[i], &list.operators[i + 1],
                        (list.count - i) * sizeof(list.operators[0]));
                return;
        }
}

void ek_operator_release(struct ek_operator *operator_)
{
        if (!operator_)
                return;
        forget(operator_);
        ek_upgrade_forget(operator_);
        ek_wake_unwatch(ek_link_socket(operator_->link));
        ek_link_free(operator_->link);
        ek_watch_end(operator_->watch);
        ek_own_close(&operator_->given);
        if (operator_->queued)
                ekiden__request__free_unpacked(operator_->queued, NULL);
        free(operator_);
}

/* They are connected to the parent. */
void ek_operators_after_fork(void)
{
        while (list.count > 0) {
                ek_link_after_fork(list.operators[0]->link);
                ek_operator_release(list.operators[0]);
        }
}

static void make_room(void)
{
        static const enum ek_role roles[] = {EK_ROLE_NEW, EK_ROLE_LISTENS, EK_ROLE_WATCHES};

        for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
                if (list.count == EK_OPERATORS_MAX)
                        ek_operator_release(ek_operator_first(roles[i]));
}

struct ek_operator *ek_operator_admit(struct ek_link *link)
{
        struct ek_operator *operator_;

        make_room();
        operator_ = list.count < EK_OPERATORS_MAX ? calloc(1, sizeof(*operator_)) : NULL;
        if (!operator_) {
                ek_wake_unwatch(ek_link_socket(link));
                ek_link_free(link);
                return NULL;
        }
        operator_->link = link;
        operator_->given = -1;
        list.operators[list.count++] = operator_;
        return operator_;
}

size_t ek_operators(struct ek_operator *ret_operators[EK_OPERATORS_MAX])
{
        memcpy(ret_operators, list.operators, list.count * sizeof(list.operators[0]));
        return list.count;
}

struct ek_operator *ek_operator_first(enum ek_role role)
{
        for (size_t i = 0; i < list.count; i++)
                if (list.operators[i]->role == role)
                        return list.operators[i];
        return NULL;
}
