/*
 * mail from version 2 to 1: what protoc-gen-ekiden cannot write. Fill it in, and keep it under
 * another name: the generator would write over this one.
 */
#include "mail_v2_to_v1.hop.h"

/*
 * Box becomes Box.
 *
 * - message Box: its meaning is another one: by your function
 */
int mail_v2_to_v1_box(const Mail__V2__Box *old, Mail__V1__Box *new_, struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        return ekiden_hop_refuse(hop, "mail_v2_to_v1_box() is not written yet");
}

/*
 * Letter becomes Letter.
 *
 * - optional uint64 from = 1: version 2 has it no more: by your function
 * - required string writer = 3: version 1 does not have it: let go
 */
int mail_v2_to_v1_letter(const Mail__V2__Letter *old, Mail__V1__Letter *new_,
                         struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        /* new_->from = ...; */
        return ekiden_hop_refuse(hop, "mail_v2_to_v1_letter() is not written yet");
}

/*
 * Friend becomes Person.
 *
 * - item "people": item "strangers" was split off from it: by your function
 * - message Person: its meaning is another one: by your function
 * - optional bool is_friend = 3: version 2 has it no more: by your function
 */
int mail_v2_to_v1_person(const Mail__V2__Friend *old, Mail__V1__Person *new_,
                         struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        /* new_->is_friend = ...; */
        return ekiden_hop_refuse(hop, "mail_v2_to_v1_person() is not written yet");
}
