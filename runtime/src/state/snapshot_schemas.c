/* SPDX-License-Identifier: MIT */
/* A snapshot carries its own schema, so that it can be read when nobody has the program any more.
 */
#include <stdlib.h>
#include <string.h>

#include "state/snapshot_write.h"
#include "state/standard_schemas.h"

int ek_snapshot_schemas(const struct ekiden_schema *schema, ProtobufCBinaryData *ret_schemas)
{
        size_t standard_size;
        const uint8_t *standard = ek_standard_schemas(&standard_size);
        size_t size = standard_size + schema->descriptor_set_size;
        uint8_t *joined = malloc(size);

        if (!joined)
                return EKIDEN_ENOMEM;
        memcpy(joined, standard, standard_size);
        if (schema->descriptor_set_size > 0)
                memcpy(joined + standard_size, schema->descriptor_set, schema->descriptor_set_size);
        *ret_schemas = (ProtobufCBinaryData){size, joined};
        return 0;
}
