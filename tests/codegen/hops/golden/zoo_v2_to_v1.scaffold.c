/*
 * zoo from version 2 to 1: what protoc-gen-ekiden cannot write. Fill it in, and keep it under
 * another name: the generator would write over this one.
 */
#include "zoo_v2_to_v1.hop.h"

/*
 * Creature becomes Animal.
 *
 * - optional string text = 24: optional bytes does not become optional string without a loss: by
 * your function
 * - optional string gone = 25: version 2 has it no more: by your function
 * - optional uint32 address = 26: optional string does not become optional uint32 without a loss:
 * by your function
 * - repeated string nicks = 29: repeated bytes does not become repeated string without a loss: by
 * your function
 * - optional uint32 id = 1: optional uint64 becomes optional uint32: narrowed, refused where it
 * does not fit
 * - optional Mood mood = 3: the default is another one, the enum's values differ: by name, refused
 * where there is none, absent becomes the old default
 * - optional int32 legs = 4: number 40 is 4, optional int64 becomes optional int32: narrowed,
 * refused where it does not fit
 * - optional string eats = 7: "food" is called "eats": copied
 * - int32 cage = 8 in oneof home: int64 becomes int32: narrowed, refused where it does not fit
 * - optional float weight = 13 [default: 0.5]: optional double becomes optional float: narrowed,
 * refused where it does not fit
 * - optional int32 number = 15: optional Kind becomes optional int32, the default is another one:
 * widened, absent becomes the old default
 * - repeated Mood moods = 17: the enum's values differ: by name, refused where there is none
 * - optional bytes raw = 18: repeated bytes becomes optional bytes: refused if there are several
 * - optional bool tame = 19: optional int32 becomes optional bool: narrowed, refused where it does
 * not fit
 * - optional string TopSpeed = 20 [default: slow]: the default is another one: absent becomes the
 * old default
 * - optional int32 one = 21: it is in a oneof no more: copied
 * - optional int32 two = 22: it is in a oneof no more: copied
 * - optional uint64 big = 23 [default: 7]: the default is another one: absent becomes the old
 * default
 * - uint32 days = 27 in oneof left: it is in a oneof: copied
 * - string never = 28 in oneof left: it is in a oneof: copied
 * - repeated sint32 heights = 30: repeated int64 becomes repeated sint32: narrowed, refused where
 * it does not fit
 * - optional Kind as_number = 31: optional int64 becomes optional Kind: as the value of that
 * number, refused where there is none
 * - optional string fresh = 32 [default: yes]: version 1 does not have it: let go
 */
int zoo_v2_to_v1_animal(const Zoo__V2__Creature *old, Zoo__V1__Animal *new_, struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        /* new_->text = old->text; */
        /* new_->gone = ...; */
        /* new_->address = old->address; */
        /* new_->nicks = old->nicks; */
        return ekiden_hop_refuse(hop, "zoo_v2_to_v1_animal() is not written yet");
}
