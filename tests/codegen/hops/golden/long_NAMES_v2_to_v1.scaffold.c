/*
 * long-NAMES from version 2 to 1: what protoc-gen-ekiden cannot write. Fill it in, and keep it
 * under another name: the generator would write over this one.
 */
#include "long_NAMES_v2_to_v1.hop.h"

/*
 * AMessageWhoseNameIsAboutAsLongAsAnybodyWouldEverWantToTypeIntoAFile becomes
 * AMessageWhoseNameIsAboutAsLongAsAnybodyWouldEverWantToTypeIntoAFile.
 *
 * - optional uint32 changed_so_that_a_function_is_needed_for_all_of_this = 4: optional string does
 * not become optional uint32 without a loss: by your function
 */
int long_NAMES_v2_to_v1_amessage_whose_name_is_about_as_long_as_anybody_would_ever_want_to_type_into_afile(
        const ExampleX__LongNAMES__V2__AMessageWhoseNameIsAboutAsLongAsAnybodyWouldEverWantToTypeIntoAFile *old,
        ExampleX__LongNAMES__V1__AMessageWhoseNameIsAboutAsLongAsAnybodyWouldEverWantToTypeIntoAFile *new_,
        struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        /* new_->changed_so_that_a_function_is_needed_for_all_of_this = old->changed_so_that_a_function_is_needed_for_all_of_this; */
        return ekiden_hop_refuse(
                hop,
                "long_NAMES_v2_to_v1_amessage_whose_name_is_about_as_long_as_anybody_would_ever_want_to_type_into_afile() is not written yet");
}
