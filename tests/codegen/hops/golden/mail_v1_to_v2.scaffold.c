/*
 * mail from version 1 to 2: what protoc-gen-ekiden cannot write. Fill it in, and keep it under
 * another name: the generator would write over this one.
 */
#include "mail_v1_to_v2.hop.h"

/*
 * Box becomes Box.
 *
 * - message Box: its meaning is another one: by your function
 */
int mail_v1_to_v2_box(const Mail__V1__Box *old, Mail__V2__Box *new_, struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        return ekiden_hop_refuse(hop, "mail_v1_to_v2_box() is not written yet");
}

/*
 * Person becomes Friend.
 *
 * - message Friend: its meaning is another one: by your function
 * - optional bool is_friend = 3: it is dropped: let go
 */
int mail_v1_to_v2_friend(const Mail__V1__Person *old, Mail__V2__Friend *new_,
                         struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        return ekiden_hop_refuse(hop, "mail_v1_to_v2_friend() is not written yet");
}

/*
 * Letter becomes Letter.
 *
 * - item "letters": it looks up item "people": by your function
 * - item "letters": it looks up item "boxes": by your function
 * - required string writer = 3: it is new and required: by your function
 * - optional uint64 from = 1: it is dropped: let go
 */
int mail_v1_to_v2_letter(const Mail__V1__Letter *old, Mail__V2__Letter *new_,
                         struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        /* new_->writer = ...; */
        return ekiden_hop_refuse(hop, "mail_v1_to_v2_letter() is not written yet");
}

/*
 * Person becomes Stranger.
 *
 * - message Stranger: its meaning is another one: by your function
 * - optional bool is_friend = 3: it is dropped: let go
 */
int mail_v1_to_v2_stranger(const Mail__V1__Person *old, Mail__V2__Stranger *new_,
                           struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        return ekiden_hop_refuse(hop, "mail_v1_to_v2_stranger() is not written yet");
}
