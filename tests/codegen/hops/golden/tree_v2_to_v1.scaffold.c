/*
 * tree from version 2 to 1: what protoc-gen-ekiden cannot write. Fill it in, and keep it under
 * another name: the generator would write over this one.
 */
#include "tree_v2_to_v1.hop.h"

/*
 * Node becomes Node.
 *
 * - optional int32 weight = 4: optional string does not become optional int32 without a loss: by
 * your function
 * - optional uint64 object = 1: "id" is called "object": copied
 */
int tree_v2_to_v1_node(const Tree__V2__Node *old, Tree__V1__Node *new_, struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        /* new_->weight = old->weight; */
        return ekiden_hop_refuse(hop, "tree_v2_to_v1_node() is not written yet");
}
