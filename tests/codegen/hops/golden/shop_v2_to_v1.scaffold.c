/*
 * shop from version 2 to 1: what protoc-gen-ekiden cannot write. Fill it in, and keep it under
 * another name: the generator would write over this one.
 */
#include "shop_v2_to_v1.hop.h"

/* Nothing: the hop is complete as it is generated. */
