/* SPDX-License-Identifier: MIT */
/*
 * A walk through a table, included at the end of hash.c: nobody else knows what its nodes are.
 */

/* The next entry's key, NULL at the end; *position is NULL at first. */
const void *vsf_upgrade_hash_next(struct hash *table, void **position, const void **ret_value);

const void *vsf_upgrade_hash_next(struct hash *table, void **position, const void **ret_value)
{
        struct hash_node *node = *position;
        unsigned int bucket = 0;

        if (node) {
                bucket = table->hash_func(table->buckets, node->p_key) + 1;
                node = node->p_next;
        }
        while (!node && bucket < table->buckets)
                node = table->p_nodes[bucket++];
        *position = node;
        if (!node)
                return 0;
        *ret_value = node->p_value;
        return node->p_key;
}
