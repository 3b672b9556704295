/*
 * odd from version 2 to 1: what protoc-gen-ekiden cannot write. Fill it in, and keep it under
 * another name: the generator would write over this one.
 */
#include "odd_v2_to_v1.hop.h"

/*
 * Session becomes Session.
 *
 * - optional string text = 5 [default: a\"b\\c? ?/ * / \n\t\177]: optional bytes does not become
 * optional string without a loss: by your function
 * - optional string backslash = 13 [default: \\n]: optional bytes does not become optional string
 * without a loss: by your function
 * - string namespace = 15 in oneof choice: bytes does not become string without a loss: by your
 * function
 * - optional int32 listener = 26: version 2 has it no more: by your function
 * - optional int32 old = 1: optional int64 becomes optional int32: narrowed, refused where it does
 * not fit
 * - optional int32 new = 2: optional int64 becomes optional int32: narrowed, refused where it does
 * not fit
 * - optional int32 hop = 3: optional int64 becomes optional int32: narrowed, refused where it does
 * not fit
 * - optional int32 r = 4: optional int64 becomes optional int32: narrowed, refused where it does
 * not fit
 * - optional bytes blob = 6 [default: \000\377* /\"]: the default is another one: absent becomes
 * the old default
 * - optional float tenth = 9 [default: 0.1]: optional double becomes optional float: narrowed,
 * refused where it does not fit
 * - optional int64 least = 10 [default: -9007199254740993]: the default is another one: absent
 * becomes the old default
 * - optional uint64 most = 11 [default: 9007199254740993]: the default is another one: absent
 * becomes the old default
 * - optional Color color = 12 [default: LAST]: the default is another one, the enum's values
 * differ: by name, refused where there is none, absent becomes the old default
 * - Color friend = 17 in oneof choice: the enum's values differ: by name, refused where there is
 * none
 * - bool operator = 18 in oneof choice: int32 becomes bool: narrowed, refused where it does not fit
 * - optional Other.Peer other = 19: repeated Other.Peer becomes optional Other.Peer: refused if
 * there are several
 * - optional Peer.Color inner_color = 21: the enum's values differ: by name, refused where there is
 * none
 * - required int32 must = 22: required int64 becomes required int32: narrowed, refused where it
 * does not fit
 * - optional Shape shape = 25: the enum's values differ: by name, refused where there is none
 * - optional string more = 23 [default: * /\n/ *]: version 1 does not have it: let go
 */
int odd_v2_to_v1_session(const Odd__V2__Session *old, Odd__V1__Session *new_,
                         struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        /* new_->text = old->text; */
        /* new_->backslash = old->backslash; */
        /* new_->namespace_ = old->namespace_; */
        /* new_->listener = ...; */
        return ekiden_hop_refuse(hop, "odd_v2_to_v1_session() is not written yet");
}

/*
 * Leaf becomes Leaf.
 *
 * - optional uint64 id = 1: version 2 has it no more: by your function
 */
int odd_v2_to_v1_leaf(const Odd__V2__Leaf *old, Odd__V1__Leaf *new_, struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        /* new_->id = ...; */
        return ekiden_hop_refuse(hop, "odd_v2_to_v1_leaf() is not written yet");
}
