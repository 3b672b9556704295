# SPDX-License-Identifier: MIT
"""Random structs for bindings.py: of each member what C declares, what the schema says, how it is
filled with random values, and when two of it are the same."""

NUMBERS = [
    ('int8_t', 'int32 sint32 sfixed32 int64 sint64 sfixed64'),
    ('uint8_t', 'int32 sint32 sfixed32 uint32 fixed32 int64 uint64 fixed64'),
    ('short', 'int32 sint32 int64'),
    ('uint16_t', 'int32 sfixed32 uint32 fixed32 uint64 sint64'),
    ('int', 'int32 sint32 sfixed32 int64 sint64 sfixed64'),
    ('unsigned int', 'uint32 fixed32 uint64 fixed64 int64 sint64 sfixed64'),
    ('int64_t', 'int64 sint64 sfixed64'),
    ('long', 'int64 sint64'),
    ('uint64_t', 'uint64 fixed64'),
    ('size_t', 'uint64'),
    ('signed char', 'int32'),
    ('bool', 'bool'),
    ('float', 'float double'),
    ('double', 'double'),
]
PACKABLE = {field for _, fields in NUMBERS for field in fields.split()}
LENGTHS = ['uint8_t', 'int16_t', 'unsigned short', 'int', 'unsigned int', 'long', 'size_t']
FIXED = ['int', 'unsigned int', 'long long', 'unsigned long long']


def draw_number(kind):
    return {'bool': 'draw_one_in(2)', 'float': 'draw_float()', 'double': 'draw_double()'}.get(
        kind, f'({kind})draw_bits()')


class Struct:
    """A struct and its message. Code speaks of `s`, and of `a` and `b` that are compared."""

    def __init__(self, schema, name, has_identity):
        self.schema, self.rng, self.name = schema, schema.rng, name
        self.c_name, self.message = f'struct {schema.name}_{name}', name.capitalize()
        self.has_identity, self.flexible = has_identity, None
        self.members, self.fields, self.ignored = [], [], []
        self.fill, self.same, self.numbers = [], [], list(range(1, 200))
        self.rng.shuffle(self.numbers)
        self.numbers = [n for n in self.numbers if n != 1]

    def field(self, kind, name, label='optional', packed=False, **options):
        """A field of the schema; the text of its declaration."""
        text = []
        for option, value in options.items():
            quoted = 'true' if value is True else value if isinstance(value, int) else f'"{value}"'
            text.append(f'{option}: {quoted}')
        parts = ['packed = true'] if packed else []
        if text:
            parts.append(f'(ekiden.field) = {{ {" ".join(text)} }}')
        options = f' [{", ".join(parts)}]' if parts else ''
        return f'{label}{" " if label else ""}{kind} {name} = {self.numbers.pop()}{options};'

    def add(self, declaration, field, fill, same):
        self.members.append(declaration)
        if field:
            self.fields.append(field)
        self.fill.append(fill)
        if same:
            self.same.append((field, same))

    # One value.

    def number(self, name):
        kind, fields = self.rng.choice(NUMBERS)
        self.add(f'{kind} {name};', self.field(self.rng.choice(fields.split()), name),
                 f's->{name} = {draw_number(kind)};',
                 f'memcmp(&a->{name}, &b->{name}, sizeof(a->{name})) == 0')

    def enum(self, name):
        enum = self.rng.choice(self.schema.enums)
        kind = self.rng.choice([f'enum {self.schema.name}_{enum.lower()}', 'int', 'int64_t'])
        self.add(f'{kind} {name};', self.field(enum, name),
                 f's->{name} = {self.schema.name}_{enum.lower()}_values[draw(4)];',
                 f'a->{name} == b->{name}')

    def bits(self, name):
        # Such as are apart in the struct must be apart in the schema.
        if self.fields and 'bits:' in self.fields[-1]:
            self.number(name + '_apart')
        for index in range(self.rng.randint(1, 4)):
            part = f'{name}_{index}'
            kind, field, width = self.rng.choice([
                ('unsigned int', 'uint32', 32), ('unsigned int', 'int32', 31),
                ('int', 'sint32', 32), ('unsigned long long', 'fixed64', 60), ('bool', 'bool', 1),
                ('unsigned int', 'bool', 1), ('long long', 'int64', 64), ('int', 'int64', 32)])
            width = self.rng.randint(1, width)
            if self.rng.random() < 0.15:
                self.members.append(f'unsigned int {part} : {min(width, 32)};')
                self.ignored.append(f'{part}:{min(width, 32)}')
                continue
            self.add(f'{kind} {part} : {width};', self.field(field, part, bits=width),
                     f's->{part} = ({kind})draw_bits();', f'a->{part} == b->{part}')

    def text(self, name):
        size = self.rng.randint(1, 12)
        kind = self.rng.choice(['char', 'char', 'unsigned char', 'signed char'])
        self.add(f'{kind} {name}[{size}];', self.field('string', name),
                 f'{{ char *text = trip_text({size - 1}); memset(s->{name}, 0, {size}); '
                 f'memcpy(s->{name}, text, strlen(text)); }}',
                 f'memcmp(a->{name}, b->{name}, {size}) == 0')

    def zt(self, name):
        self.add(f'char *{name};', self.field('string', name, zt=True),
                 f's->{name} = draw_one_in(3) ? NULL : trip_text(20);',
                 f'same_text(a->{name}, b->{name})')

    def function(self, name):
        table = self.schema.name + '_calls'
        self.add(f'int (*{name})(int);', self.field('string', name, function=table),
                 f's->{name} = draw_one_in(2) ? NULL : (int (*)(int)){table}[draw(2)].function;',
                 f'a->{name} == b->{name}')

    def embedded(self, name, struct=None):
        struct = struct or self.rng.choice([s for s in self.schema.structs if not s.flexible] or
                                           [None])
        if struct is None:
            return self.number(name)
        self.add(f'{struct.c_name} {name};', self.field(struct.message, name),
                 f'{struct.name}_fill(&s->{name});', f'{struct.name}_same(&a->{name}, &b->{name})')

    def pointer(self, name, target=None):
        target = target or self.rng.choice(self.schema.object_names)
        options = {'reference': True} if target == 'entry' and self.rng.random() < 0.5 else {}
        self.add(f'struct {self.schema.name}_{target} *{name};',
                 self.field(target.capitalize(), name, **options),
                 f's->{name} = {target}_any();', f'!a->{name} == !b->{name}')

    def path(self, name):
        first, fields = self.rng.choice(NUMBERS)
        second, more = self.rng.choice(NUMBERS)
        middle = ['char gap;', 'double before;', ''][self.rng.randint(0, 2)]
        if middle:
            self.ignored.append(f'{name}.{middle.split()[1][:-1]}')
        self.members.append(f'struct {{ {middle} {first} one; struct {{ {second} two; }} in; }} '
                            f'{name};')
        for member, kind, field in (('one', first, fields), ('in.two', second, more)):
            self.fields.append(self.field(self.rng.choice(field.split()),
                                          name + '_' + member.replace('.', '_'),
                                          c_member=f'{name}.{member}'))
            self.fill.append(f's->{name}.{member} = {draw_number(kind)};')
            self.same.append((None, f'memcmp(&a->{name}.{member}, &b->{name}.{member}, '
                                    f'sizeof(a->{name}.{member})) == 0'))

    def ignore(self, name):
        kind = self.rng.choice(['void *', 'char ', 'double ', 'struct { int x; char y; } '])
        self.members.append(f'{kind}{name};')
        self.ignored.append(name)

    def union(self, name):
        prefix = self.rng.choice([f'{name}.', ''])
        kind = self.rng.choice(['int', 'int8_t', 'long'])
        cases = self.rng.sample(range(-100, 100), 6)
        values = [s for s in self.schema.structs if not s.has_identity]
        choices = [(f'{name}_number', 'int64_t', 'sint64', {}, '= (int64_t)draw_bits()', '{a} == {b}'),
                   (f'{name}_text', 'char *', 'string', {'zt': True}, '= trip_text(9)',
                    'same_text({a}, {b})'),
                   (f'{name}_real', 'double', 'double', {}, '= (double)draw(99)', '{a} == {b}')]
        if values:
            choices.append((f'{name}_value', values[0].c_name, values[0].message, {}, None,
                            f'{values[0].name}_same(&{{a}}, &{{b}})'))
        if self.schema.object_names:
            target = self.schema.object_names[0]
            choices.append((f'{name}_object', f'struct {self.schema.name}_{target} *',
                            target.capitalize(), {}, f'= {target}_any()', '!{a} == !{b}'))
        choices = self.rng.sample(choices, self.rng.randint(1, len(choices)))
        oneof = f'  oneof {name} {{\n    option (ekiden.oneof) = {{ c_discriminator: ' \
                f'"{name}_kind" c_none: "{cases[5]}" }};\n'
        fill = f's->{name}_kind = {cases[5]}; switch (draw({len(choices) + 1})) {{ '
        same = f'a->{name}_kind == b->{name}_kind'
        declared = ''
        for index, (member, c_type, field, options, value, equal) in enumerate(choices):
            options = dict(options, c_member=prefix + member, c_case=str(cases[index]))
            oneof += '    ' + self.field(field, member, '', **options) + '\n'
            declared += f'{c_type} {member}; '
            at = f's->{prefix}{member}'
            fill += f'case {index}: s->{name}_kind = {cases[index]}; ' + \
                (f'{at} {value}; ' if value else f'{values[0].name}_fill(&{at}); ') + 'break; '
            a, b = f'a->{prefix}{member}', f'b->{prefix}{member}'
            same += f' && (a->{name}_kind != {cases[index]} || ({equal.format(a=a, b=b)}))'
        self.fields.append(oneof[2:] + '  }')
        self.members += [f'{kind} {name}_kind;',
                         f'union {{ {declared}}}{" " + name if prefix else ""};']
        self.fill.append(fill + '}')
        self.same.append((None, same))

    # Several values.

    def element(self):
        """Of an array: C's type, the field's, options, how to fill `%s`, when they are the same."""
        kind, fields = self.rng.choice(NUMBERS)
        draws = [(kind, self.rng.choice(fields.split()), {}, f'{{0}} = {draw_number(kind)};',
                  'memcmp(&{0}, &{1}, sizeof({0})) == 0')] * 2
        draws.append(('char *', 'string', {'zt': True}, '{0} = trip_text(9);',
                      'same_text({0}, {1})'))
        values = [s for s in self.schema.structs if not s.flexible]
        if values:
            value = self.rng.choice(values)
            draws.append((value.c_name, value.message, {}, f'{value.name}_fill(&{{0}});',
                          f'{value.name}_same(&{{0}}, &{{1}})'))
        if self.schema.object_names:
            target = self.rng.choice(self.schema.object_names)
            draws += [(f'struct {self.schema.name}_{target} *', target.capitalize(), {},
                       f'{{0}} = {target}_any();', '!{0} == !{1}')] * 2
        return self.rng.choice(draws)

    def several(self, name):
        kind, field, options, fill, same = self.element()
        if field in PACKABLE and self.rng.random() < 0.5:
            options = dict(options, packed=True)
        room = self.rng.choice(['whole', 'counted', 'pointed', 'pointed'])
        size = self.rng.randint(1, 5)
        count = f'{name}_count'
        loop = 'for (int i = 0; i < (int){0}; i++) {1}'
        if room == 'whole':
            same_loop = ' && '.join(same.format(f'a->{name}[{i}]', f'b->{name}[{i}]')
                                    for i in range(size))
            return self.add(f'{kind} {name}[{size}];',
                            self.field(field, name, 'repeated', **options),
                            loop.format(size, '{ ' + fill.format(f's->{name}[i]') + ' }'),
                            same_loop)
        declaration = [f'{kind} {name}[{size}];' if room == 'counted' else f'{kind} *{name};',
                       f'{self.rng.choice(LENGTHS)} {count};']
        if room == 'pointed':
            declaration += self.room(name, count, options)
        self.rng.shuffle(declaration)
        make = f's->{count} = draw({size + 1}); '
        if room == 'pointed':
            make += f's->{name} = s->{count} ? trip_zeroed((size_t)s->{count} * ' \
                    f'sizeof(s->{name}[0])) : NULL; '
        self.add(' '.join(declaration),
                 self.field(field, name, 'repeated', length=count, **options),
                 make + loop.format(f's->{count}', '{ ' + fill.format(f's->{name}[i]') + ' }'),
                 f'a->{count} == b->{count}')
        for i in range(size):
            self.same.append((None, f'(int)a->{count} <= {i} || '
                              f'({same.format(f"a->{name}[{i}]", f"b->{name}[{i}]")})'))

    def room(self, name, count, options):
        """Perhaps a member that says for how many there is room: what it says after a trip, is true."""
        if self.rng.random() < 0.5:
            return []
        options['capacity'] = f'{name}_room'
        self.fill.append(f's->{name}_room = 99;')
        self.same.append((None, f'a->{name}_room == 99 && b->{name}_room == b->{count}'))
        return [f'{self.rng.choice(LENGTHS)} {name}_room;']

    def bytes(self, name):
        size, kind = self.rng.randint(1, 9), self.rng.choice(['uint8_t', 'char', 'unsigned char'])
        room = self.rng.choice(['whole', 'counted', 'pointed'])
        if room == 'whole':
            return self.add(f'{kind} {name}[{size}];', self.field('bytes', name),
                            f'draw_bytes(s->{name}, {size});',
                            f'memcmp(a->{name}, b->{name}, {size}) == 0')
        options = {}
        pointed = self.rng.choice([kind, 'void']) + f' *{name}; '
        if room == 'pointed':
            pointed += ' '.join(self.room(name, name + '_size', options))
        self.add((f'{kind} {name}[{size}]; ' if room == 'counted' else pointed) +
                 f'{self.rng.choice(LENGTHS)} {name}_size;',
                 self.field('bytes', name, length=name + '_size', **options),
                 (f's->{name} = trip_allocate({size}); ' if room == 'pointed' else '') +
                 f's->{name}_size = draw({size + 1}); draw_bytes(s->{name}, '
                 f'(size_t)s->{name}_size);',
                 f'a->{name}_size == b->{name}_size && (a->{name}_size == 0 || '
                 f'memcmp(a->{name}, b->{name}, (size_t)a->{name}_size) == 0)')

    def texts(self, name):
        self.add(f'char {name}[2][5];', self.field('string', name, 'repeated'),
                 f'for (int i = 0; i < 2; i++) {{ char *text = trip_text(4); '
                 f'memset(s->{name}[i], 0, 5); memcpy(s->{name}[i], text, strlen(text)); }}',
                 f'memcmp(a->{name}, b->{name}, sizeof(a->{name})) == 0')

    def end_flexibly(self, name):
        """A flexible array member, the last; `{name}_count` is set where the object is made."""
        kind, field, options, fill, same = self.element()
        self.flexible = (f'{name}_count', name)
        self.members.insert(0, f'{self.rng.choice(LENGTHS)} {name}_count;')
        self.add(f'{kind} {name}[];',
                 self.field(field, name, 'repeated', length=name + '_count', flexible=True,
                            **options),
                 f'for (int i = 0; i < (int)s->{name}_count; i++) '
                 f'{{ {fill.format(f"s->{name}[i]")} }}', f'a->{name}_count == b->{name}_count')
        self.same.append((None, f'a->{name}_count == 0 || ({same.format(f"a->{name}[0]", f"b->{name}[0]")})'))

    def grow(self, count, kinds):
        for index in range(count):
            getattr(self, self.rng.choice(kinds))(f'm{index}')

    def hold_all(self):
        """Each message is in some item, or it may not be bound."""
        for struct in self.schema.structs:
            if struct.name in self.schema.object_names:
                self.pointer(f'to_{struct.name}', struct.name)
            else:
                self.embedded(f'the_{struct.name}', struct)

    def proto(self):
        options = [f'c_struct: "{self.c_name}"'] + [f'ignore: "{i}"' for i in self.ignored]
        text = f'message {self.message} {{\n{self.schema.item_option(self)}' \
               f'  option (ekiden.message) = {{ {" ".join(options)} }};\n'
        if self.has_identity:
            text += '  optional uint64 identity = 1 [(ekiden.field).identity = true];\n'
        return text + ''.join(f'  {f}\n' for f in self.fields) + '}\n'

    def functions(self):
        text = f'static void {self.name}_fill({self.c_name} *s)\n{{\n        (void)s;\n'
        text += ''.join(f'        {line}\n' for line in self.fill) + '}\n'
        text += f'static bool {self.name}_same(const {self.c_name} *a, const {self.c_name} *b)\n{{\n'
        text += '        (void)a, (void)b;\n'
        for _, condition in self.same:
            text += f'        if (!({condition}))\n                return differ({quote(condition)});\n'
        return text + '        return true;\n}\n'


def quote(text):
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


PLAIN = ['number', 'number', 'number', 'enum', 'bits', 'text', 'zt', 'bytes', 'path', 'ignore',
         'texts']
FLAT = PLAIN + ['embedded', 'several', 'several', 'several', 'union', 'function']
ALL = PLAIN + ['embedded', 'pointer', 'pointer', 'several', 'several', 'union', 'function']


class Schema:
    """Two value structs, some objects, an entry of a stream, and a singleton."""

    def __init__(self, name, rng):
        self.name, self.rng, self.structs, self.object_names = name, rng, [], []
        self.enums = ['First', 'Second']
        self.constants = {e: rng.sample(range(-128, 127), 4) for e in self.enums}
        for index in range(2):
            value = Struct(self, f'value{index}', False)
            value.grow(rng.randint(1, 6), PLAIN + (['embedded', 'union'] if index else []))
            self.structs.append(value)
        # Entries of a container that nothing points to, and that point to nothing.
        record = Struct(self, 'record', False)
        record.add('uint64_t key;', record.field('uint64', 'key'), 's->key = draw_bits();',
                   'a->key == b->key')
        record.grow(rng.randint(2, 14), FLAT)
        self.structs.append(record)
        self.object_names = [f'object{i}' for i in range(rng.randint(1, 3))] + ['entry']
        for name_ in self.object_names + ['root']:
            struct = Struct(self, name_, name_ != 'root' or rng.random() < 0.5)
            if name_ == 'entry':
                struct.add('uint64_t key;', struct.field('uint64', 'key'),
                           's->key = draw_bits();', 'a->key == b->key')
            if name_ == 'root':
                struct.hold_all()
            struct.grow(rng.randint(2, 14), ALL)
            if name_ != 'root' and rng.random() < 0.5:
                if not struct.members:
                    struct.number('first')
                struct.end_flexibly('tail')
            self.structs.append(struct)
        for struct in self.structs:
            if not struct.fields:
                struct.number('last')

    def item_option(self, struct):
        return {'entry': '  option (ekiden.item) = { name: "entries" stream: true key: "key" };\n',
                'record': '  option (ekiden.item) = { name: "records" stream: true key: "key" };\n',
                'root': '  option (ekiden.item) = { name: "root" };\n'}.get(struct.name, '')

    def header(self):
        text = '#pragma once\n#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n'
        for enum, values in self.constants.items():
            text += f'enum {self.name}_{enum.lower()} {{ ' + ' '.join(
                f'{self.name}_{enum}_{i} = {v},' for i, v in enumerate(values)) + ' };\n'
        text += ''.join(f'struct {self.name}_{n};\n' for n in self.object_names)
        for struct in self.structs:
            text += f'{struct.c_name} {{\n' + ''.join(f'        {m}\n' for m in struct.members) + \
                '};\n'
        return text + '#ifdef __cplusplus\nextern "C" {\n#endif\n' \
            'void *trip_allocate(size_t size_bytes);\nvoid trip_release(void *memory);\n' \
            '#ifdef __cplusplus\n}\n#endif\n'

    def proto(self):
        text = f'syntax = "proto2";\npackage {self.name}.v1;\nimport "ekiden/options.proto";\n' \
               f'option (ekiden.program) = {{ name: "{self.name}" version: 1 ' \
               f'c_include: "{self.name}.h" c_alloc: "trip_allocate" c_free: "trip_release" }};\n'
        for enum in self.enums:
            numbers = self.rng.sample(range(-9, 99), 4)
            text += f'enum {enum} {{\n' + ''.join(
                f'  {enum.upper()}_{i} = {n} [(ekiden.value).c_constant = '
                f'"{self.name}_{enum}_{i}"];\n' for i, n in enumerate(numbers)) + '}\n'
        structs = list(self.structs)
        self.rng.shuffle(structs)
        return text + ''.join(struct.proto() for struct in structs)

    def trip(self):
        """C that fills and compares, which knows the structs from here and not from the schema."""
        text = f'#include "{self.name}_v1.native.h"\n#include "trip.h"\n#include "draw.h"\n' \
               '#include <string.h>\n' \
               'static const char *difference;\n' \
               'static bool differ(const char *text) { difference = text; return false; }\n' \
               'static bool same_text(const char *a, const char *b)\n' \
               '{ return a && b ? strcmp(a, b) == 0 : a == b; }\n' \
               'static int call_one(int x) { return x; }\nstatic int call_two(int x) ' \
               '{ return 2 * x; }\n' \
               f'const struct ekiden_function {self.name}_calls[] = ' \
               '{EKIDEN_FUNCTION(call_one), EKIDEN_FUNCTION(call_two), {NULL, NULL}};\n'
        for enum in self.enums:
            kind = f'enum {self.name}_{enum.lower()}'
            values = ', '.join(f'{self.name}_{enum}_{i}' for i in range(4))
            text += f'__attribute__((unused)) static const {kind} ' \
                    f'{self.name}_{enum.lower()}_values[] = {{{values}}};\n'
        for name in self.object_names:
            kind = f'struct {self.name}_{name}'
            text += f'static {kind} *{name}_pool[8];\n__attribute__((unused)) static {kind} ' \
                    f'*{name}_any(void) {{ return draw_one_in(4) ? NULL : {name}_pool[draw(8)]; }}\n'
        text += '#pragma GCC diagnostic ignored "-Wunused-function"\n'
        text += ''.join(struct.functions() for struct in self.structs)
        return text + self.whole()

    def whole(self):
        n, by_name = self.name, {s.name: s for s in self.structs}
        text = f'void {n}_fill(struct trip *trip);\nvoid {n}_fill(struct trip *trip)\n{{\n'
        for name in self.object_names:
            struct, more = by_name[name], ''
            size = f'sizeof({struct.c_name})'
            if struct.flexible:
                count, tail = struct.flexible
                size += f' + 5 * sizeof({name}_pool[0]->{tail}[0])'
                more = f'{name}_pool[i]->{count} = draw(6);'
            text += f'for (int i = 0; i < 8; i++) {{ {name}_pool[i] = trip_zeroed({size}); {more} }}\n'
        for name in self.object_names:
            text += f'for (int i = 0; i < 8; i++) {name}_fill({name}_pool[i]);\n'
        text += f'trip->root = trip_zeroed(sizeof(struct {n}_root));\nroot_fill(trip->root);\n' \
                'for (int i = 0; i < 8; i++) trip->entries[trip->count++] = entry_pool[i];\n' \
                'for (size_t i = draw(TRIP_RECORDS); i > 0; i--) {\n' \
                f'        trip->records[i - 1] = trip_zeroed(sizeof(struct {n}_record));\n' \
                '        record_fill(trip->records[i - 1]);\n        trip->record_count++;\n}\n}\n'
        text += f'static struct {n}_entry *next(struct {n}_entry *previous, ' \
                'struct ekiden_cursor *cursor, void *data)\n{ struct trip *trip = data; ' \
                '(void)previous; return cursor->record < trip->count ? ' \
                'trip->entries[cursor->record] : NULL; }\n' \
                f'static int insert(struct {n}_entry *entry, struct ekiden_cursor *cursor, ' \
                'void *data)\n{ struct trip *trip = data; (void)cursor; ' \
                'trip->entries[trip->count++] = entry; return 0; }\n' \
                f'static const struct {n}_v1_entries_functions functions = ' \
                '{NULL, next, insert, NULL};\n'
        text += f'static uint64_t scan(uint64_t position, struct {n}_record **entries, ' \
                'size_t room, size_t *ret_count, void *data)\n{ return trip_scan(data, position, ' \
                '(void **)entries, room, ret_count); }\n' \
                f'static int take(struct {n}_record *entry, struct ekiden_cursor *cursor, ' \
                'void *data)\n{ return trip_take(data, entry, cursor); }\n' \
                f'static bool drop(struct {n}_record *entry, void *data)\n' \
                '{ return trip_drop(data, entry); }\n' \
                'static int make_room(uint64_t count, void *data)\n' \
                '{ ((struct trip *)data)->reserved += count; return 0; }\n' \
                f'static void announce(const struct {n}_record *entry, void *data)\n' \
                '{ trip_announce(data, entry); }\n' \
                'static uint64_t count(void *data)\n' \
                '{ return ((struct trip *)data)->record_count; }\n' \
                f'static const struct {n}_v1_records_functions record_functions = ' \
                '{.count = count, .insert = take, .remove = drop, .scan = scan, ' \
                '.reserve = make_room, .prefetch = announce};\n' \
                f'bool {n}_record_differs(const void *a, const void *b);\n' \
                f'bool {n}_record_differs(const void *a, const void *b)\n' \
                '{ return !record_same(a, b); }\n'
        text += f'void {n}_tag(struct trip *trip);\nvoid {n}_tag(struct trip *trip)\n{{\n' \
                f'if (!trip->root) trip->root = trip_zeroed(sizeof(struct {n}_root));\n' \
                f'{n}_v1_tag_root(trip->root);\n{n}_v1_tag_entries(&functions, trip);\n' \
                f'{n}_v1_tag_records(&record_functions, trip);\n}}\n'
        text += f'const char *{n}_differs(const struct trip *a, const struct trip *b);\n' \
                f'const char *{n}_differs(const struct trip *a, const struct trip *b)\n{{\n' \
                'difference = NULL;\nroot_same(a->root, b->root);\n' \
                'for (size_t i = 0; !difference && i < a->count; i++) ' \
                'entry_same(a->entries[i], b->entries[i]);\n' \
                'for (size_t i = 0; !difference && i < a->record_count; i++) ' \
                'record_same(a->records[i], b->records[i]);\nreturn difference;\n}\n'
        return text

    def write(self):
        for name, text in ((f'{self.name}.h', self.header()),
                           (f'{self.name}_v1.proto', self.proto()),
                           (f'{self.name}_trip.c', self.trip())):
            with open(name, 'w') as file:
                file.write(text)
