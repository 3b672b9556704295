/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <string.h>

struct ek_place ek_place_below(const struct ek_place *place, int32_t a, int32_t b, int32_t c,
                               int32_t d)
{
        const int32_t steps[] = {a, b, c, d};
        struct ek_place below = *place;

        for (size_t i = 0; i < 4 && steps[i] >= 0 && below.length < EK_PLACE_MAX; i++)
                below.path[below.length++] = steps[i];
        return below;
}

typedef Google__Protobuf__SourceCodeInfo__Location Location;

static bool begins_with(const Location *location, const int32_t *path, size_t length)
{
        return location->n_path >= length && location->n_span >= 3 &&
               (length == 0 || memcmp(location->path, path, length * sizeof(*path)) == 0);
}

/* What was noted for the path or, where that is an option set field by field, for the first of its
 * fields: `option (ekiden.item).name = "jobs";` has the path of the name. */
static const Location *find_location(const Google__Protobuf__SourceCodeInfo *info,
                                     const int32_t *path, size_t length)
{
        const Location *below = NULL;

        if (info == NULL)
                return NULL;
        for (size_t i = 0; i < info->n_location; i++) {
                const Location *location = info->location[i];

                if (!begins_with(location, path, length))
                        continue;
                if (location->n_path == length)
                        return location;
                if (below == NULL)
                        below = location;
        }
        return below;
}

struct ek_position ek_place_position(const struct ek_place *place)
{
        const Location *location;

        for (size_t length = place->length;; length--) {
                location = find_location(place->source->info, place->path, length);
                if (location != NULL || length == 0)
                        break;
        }
        if (location == NULL || location->span[0] < 0 || location->span[0] == INT32_MAX ||
            location->span[1] < 0 || location->span[1] == INT32_MAX)
                return (struct ek_position){1, 1};
        return (struct ek_position){location->span[0] + 1, location->span[1] + 1};
}

const char *ek_place_comment(const struct ek_place *place)
{
        const Location *location = find_location(place->source->info, place->path, place->length);

        if (location == NULL)
                return NULL;
        return location->leading_comments != NULL ? location->leading_comments
                                                  : location->trailing_comments;
}
