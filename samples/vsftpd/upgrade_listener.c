/* SPDX-License-Identifier: MIT */
/*
 * The listener: its socket, the number of its children, and its two tables. Their functions are
 * made by the successor's own hash_alloc(). A child that ended while the listener was upgraded is
 * still to be waited for; its signal is lost, so the successor gives itself one.
 */
#include "upgrade.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "hash.h"
#include "release.h"

static struct listener {
        int *socket;
        unsigned int *children;
        struct hash *addresses; /* address → number of clients */
        struct hash *clients; /* PID → address */
        unsigned int address_size;
        int has_arrived; /* and does not serve yet */
} listener;

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

static int export_child(VSFTPD_RECORD(Child) * record, struct ekiden_cursor *cursor, void *data)
{
        const void *value, *pid;

        (void)data;
        pid = vsf_upgrade_hash_next(listener.clients, &cursor->position, &value);
        if (!pid)
                return 0;
        record->has_pid = 1;
        memcpy(&record->pid, pid, sizeof(record->pid));
        record->has_address = 1;
        record->address = address_bytes(value);
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

int vsf_upgrade_is_client(unsigned int pid)
{
        return hash_lookup_entry(listener.clients, &pid) != NULL;
}
