/* SPDX-License-Identifier: MIT */
/*
 * The listener: its socket, the number of its children, and its two tables. Their functions are
 * made by the successor's own hash_alloc(). A child that ended while the listener was upgraded is
 * still to be waited for; its signal is lost, so the successor gives itself one.
 */
#include "upgrade.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "hash.h"
#include "release.h"
#include "tunables.h"

static struct listener {
        int *socket;
        unsigned int *children;
        struct hash *addresses; /* address → number of clients */
        struct hash *clients; /* PID → address */
        unsigned int address_size;
        int has_title;
        int has_arrived; /* and does not serve yet */
} listener;

/*
 * Who was forked to take over from whom. The place of a session in the tables is that of either
 * process, and falls to the one that is left: so it is whichever way an upgrade has ended, and in
 * which order the two have.
 */
struct pair {
        struct pair *next;
        uint32_t predecessor, successor;
};

static struct pair *pairs;

/* At the end of hash.c. */
const void *vsf_upgrade_hash_next(struct hash *table, void **position, const void **ret_value);

static ProtobufCBinaryData address_bytes(const void *address)
{
        return (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)address,
                                     .len = listener.address_size};
}

static int export_address(VSFTPD_RECORD(Address) * record, struct ekiden_cursor *cursor, void *data)
{
        const void *value, *address;

        (void)data;
        address = vsf_upgrade_hash_next(listener.addresses, &cursor->position, &value);
        if (!address)
                return 0;
        record->has_address = 1;
        record->address = address_bytes(address);
        record->has_clients = 1;
        memcpy(&record->clients, value, sizeof(record->clients));
        return 1;
}

static int import_address(const VSFTPD_RECORD(Address) * record, struct ekiden_cursor *cursor,
                          void *data)
{
        uint32_t clients = record->clients;

        (void)data;
        if (record->address.len != listener.address_size || clients == 0)
                return ekiden_cursor_refuse(cursor, "the address is not of the family that this "
                                                    "listener serves, or it has no client");
        if (hash_lookup_entry(listener.addresses, record->address.data))
                return ekiden_cursor_refuse(cursor, "the address comes twice");
        hash_add_entry(listener.addresses, record->address.data, &clients);
        return 0;
}

/* Where the pointer to the pair is in which a process is the predecessor; or the successor. */
static struct pair **pair_before(uint32_t predecessor)
{
        struct pair **link = &pairs;

        while (*link && (*link)->predecessor != predecessor)
                link = &(*link)->next;
        return link;
}

static struct pair **pair_behind(uint32_t successor)
{
        struct pair **link = &pairs;

        while (*link && (*link)->successor != successor)
                link = &(*link)->next;
        return link;
}

static void part(struct pair **link)
{
        struct pair *pair = *link;

        if (!pair)
                return;
        *link = pair->next;
        free(pair);
}

void vsf_note_successor(unsigned int predecessor, unsigned int pid)
{
        struct pair *pair;

        part(pair_before(predecessor)); /* an earlier successor of its has failed */
        part(pair_behind(pid)); /* of a process that had this PID before */
        if (!hash_lookup_entry(listener.clients, &predecessor) && !*pair_behind(predecessor))
                return; /* it has a parent, whose place it is */
        pair = malloc(sizeof(*pair));
        if (!pair)
                return;
        *pair = (struct pair){.next = pairs, .predecessor = predecessor, .successor = pid};
        pairs = pair;
}

static int export_child(VSFTPD_RECORD(Child) * record, struct ekiden_cursor *cursor, void *data)
{
        const void *value, *pid;
        const struct pair *pair;

        (void)data;
        pid = vsf_upgrade_hash_next(listener.clients, &cursor->position, &value);
        if (!pid)
                return 0;
        record->has_pid = 1;
        memcpy(&record->pid, pid, sizeof(record->pid));
        record->has_address = 1;
        record->address = address_bytes(value);
        pair = *pair_before(record->pid);
        if (pair) {
                record->has_successor = 1;
                record->successor = pair->successor;
        }
        return 1;
}

static int import_child(const VSFTPD_RECORD(Child) * record, struct ekiden_cursor *cursor,
                        void *data)
{
        uint32_t pid = record->pid;

        (void)data;
        if (record->address.len != listener.address_size ||
            !hash_lookup_entry(listener.addresses, record->address.data))
                return ekiden_cursor_refuse(cursor,
                                            "the child serves an address that has no clients");
        if (hash_lookup_entry(listener.clients, &pid))
                return ekiden_cursor_refuse(cursor, "the child %u comes twice", pid);
        hash_add_entry(listener.clients, &pid, record->address.data);
        if (record->has_successor)
                vsf_note_successor(pid, record->successor);
        return 0;
}

/* What listens here by now is closed when the predecessor's socket has come in its place. */
static int tag_listener(void)
{
        static const struct VSFTPD(addresses_functions) address_functions = {
                .export_record = export_address,
                .import_record = import_address,
        };
        static const struct VSFTPD(children_functions) child_functions = {
                .export_record = export_child,
                .import_record = import_child,
        };
        int own = *listener.socket, began, result;

        if ((!vsf_upgrade_is_successor() && (result = vsf_tag_settings()) < 0) ||
            (result = began = ekiden_tag_descriptor("listener", listener.socket)) < 0 ||
            (result = ekiden_tag_uint32("child_count", listener.children)) < 0 ||
            (result = VSFTPD(tag_addresses)(&address_functions, NULL)) < 0 ||
            (result = VSFTPD(tag_children)(&child_functions, NULL)) < 0)
                return result;
        if (began == EKIDEN_RESUMED && *listener.socket < 0)
                return EKIDEN_EREFUSED;
        if (began == EKIDEN_RESUMED)
                close(own);
        return began;
}

int vsf_upgrade_listener(int *socket, unsigned int *children, struct hash *addresses,
                         struct hash *clients, unsigned int address_size)
{
        int began;

        listener = (struct listener){
                .socket = socket,
                .children = children,
                .addresses = addresses,
                .clients = clients,
                .address_size = address_size,
                .has_title = tunable_setproctitle_enable, /* main() has seen to that */
        };
        began = vsf_enter_listener();
        if (began == 0)
                began = tag_listener();
        if (began < 0)
                vsf_give_up("the listener cannot begin", began);
        listener.has_arrived = began == EKIDEN_RESUMED;
        return listener.has_arrived;
}

void vsf_upgrade_listener_point(void)
{
        ekiden_update_point("listener");
        if (listener.has_arrived) {
                listener.has_arrived = 0;
                vsf_serve();
                raise(SIGCHLD);
        }
}

void vsf_close_listener(void)
{
        close(*listener.socket);
}

int vsf_has_title(void)
{
        return listener.has_title;
}

/* The place of a session whose process has ended falls to its successor. */
static bool bequeath(uint32_t pid, uint32_t heir)
{
        unsigned char address[16];
        const void *entry = hash_lookup_entry(listener.clients, &pid);

        if (!entry || hash_lookup_entry(listener.clients, &heir) || kill((pid_t)heir, 0) < 0)
                return false;
        memcpy(address, entry, listener.address_size);
        hash_free_entry(listener.clients, &pid);
        hash_add_entry(listener.clients, &heir, address);
        return true;
}

int vsf_upgrade_is_client(unsigned int pid)
{
        struct pair **link = pair_before(pid), **before;
        unsigned int heir = *link ? (*link)->successor : 0;

        part(link);
        before = pair_behind(pid);
        if (*before && heir != 0)
                (*before)->successor = heir; /* of a place that has not become its own */
        else
                part(before);
        if (heir != 0 && bequeath(pid, heir))
                return 0;
        return hash_lookup_entry(listener.clients, &pid) != NULL;
}
