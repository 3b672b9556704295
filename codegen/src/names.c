/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <string.h>

#include "text.h"

/* Not <ctype.h>'s: a locale has no say in names. */
static bool is_upper(char c)
{
        return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
        return c >= 'a' && c <= 'z';
}

static char to_upper(char c)
{
        return is_lower(c) ? (char)(c - 'a' + 'A') : c;
}

static char to_lower(char c)
{
        return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

/* Every '_' goes, and the letter behind it is a capital. */
static void add_camel(struct ek_text *text, const char *part, size_t length)
{
        bool capital = true;

        for (size_t i = 0; i < length; i++) {
                char c = capital ? to_upper(part[i]) : part[i];

                capital = part[i] == '_';
                if (!capital)
                        ek_text_add(text, &c, 1);
        }
}

/* A '_' comes where capitals begin. */
static void add_separated(struct ek_text *text, const char *part, size_t length, char convert(char))
{
        bool was_upper = true;

        for (size_t i = 0; i < length; i++) {
                char c = convert(part[i]);

                if (is_upper(part[i]) && !was_upper)
                        ek_text_add(text, "_", 1);
                was_upper = is_upper(part[i]);
                ek_text_add(text, &c, 1);
        }
}

static void add_lower(struct ek_text *text, const char *part, size_t length)
{
        add_separated(text, part, length, to_lower);
}

static void add_upper(struct ek_text *text, const char *part, size_t length)
{
        add_separated(text, part, length, to_upper);
}

/* Parts between dots are put together with "__". */
static char *join_parts(struct ek_memory *arena, const char *full_name,
                        void add(struct ek_text *text, const char *part, size_t length))
{
        struct ek_text text;

        ek_text_init(&text, arena);
        ek_text_add_string(&text, "");
        while (*full_name != '\0') {
                size_t length = strcspn(full_name, ".");

                if (length > 0) {
                        if (text.length > 0)
                                ek_text_add_string(&text, "__");
                        add(&text, full_name, length);
                }
                full_name += length + (full_name[length] == '.');
        }
        return text.bytes;
}

char *ek_name_type(struct ek_memory *arena, const char *full_name)
{
        return join_parts(arena, full_name, add_camel);
}

char *ek_name_lower(struct ek_memory *arena, const char *full_name)
{
        return join_parts(arena, full_name, add_lower);
}

char *ek_name_upper(struct ek_memory *arena, const char *full_name)
{
        return join_parts(arena, full_name, add_upper);
}

/* protoc-c's list, between spaces: the keywords of C and C++ as they were before 2011. */
static const char keywords[] =
        " and and_eq asm auto bitand bitor bool break case catch char class compl const "
        "const_cast continue default delete do double dynamic_cast else enum explicit "
        "extern false float for friend goto if inline int long mutable namespace new "
        "not not_eq operator or or_eq private protected public register "
        "reinterpret_cast return short signed sizeof static static_cast struct switch "
        "template this throw true try typedef typeid typename union unsigned using "
        "virtual void volatile wchar_t while xor xor_eq ";

char *ek_name_member(struct ek_memory *arena, const char *field_name)
{
        char *name = ek_memory_strdup(arena, field_name);

        for (char *c = name; *c != '\0'; c++)
                *c = to_lower(*c);
        if (strstr(keywords, ek_memory_printf(arena, " %s ", name)) == NULL)
                return name;
        return ek_memory_printf(arena, "%s_", name);
}

/* What that list lacks: keywords that came later, or of gcc; macros that gcc or <errno.h> has; and
 * types that protoc-c writes for other members, which C++ does not let change their meaning. */
static const char words[] =
        " alignas alignof char16_t char32_t char8_t co_await co_return co_yield concept consteval "
        "constexpr constinit decltype errno export i386 int32_t int64_t linux noexcept nullptr "
        "protobuf_c_boolean requires restrict size_t static_assert thread_local typeof "
        "typeof_unqual uint32_t uint64_t unix ";

bool ek_name_is_word(const char *member)
{
        const size_t length = strlen(member);

        for (const char *word = words; (word = strstr(word, member)) != NULL; word++)
                if (word[-1] == ' ' && word[length] == ' ')
                        return true;
        return strncmp(member, "__", 2) == 0;
}

bool ek_name_is_qualified(const char *name)
{
        bool first = true; /* of a part */

        for (; *name != '\0'; name++) {
                bool digit = *name >= '0' && *name <= '9';
                bool dot = *name == '.';

                if (!is_lower(*name) && !is_upper(*name) && *name != '_' && !digit && !dot)
                        return false;
                if (first && (digit || dot))
                        return false;
                first = dot;
        }
        return !first;
}

bool ek_name_is_identifier(const char *name)
{
        return strchr(name, '.') == NULL && ek_name_is_qualified(name);
}
