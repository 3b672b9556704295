/* SPDX-License-Identifier: MIT */
/*
 * protoc-c writes an include of this header into the output of every schema that imports
 * ekiden/options.proto. The options speak to protoc-gen-ekiden alone, nothing of them is needed
 * at run time: so there is nothing here.
 */
#pragma once
