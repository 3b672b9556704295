#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random pairs of schemas, their hops generated and compiled, random records sent through them.

Each record goes through the codecs beside protobuf-c, whole and damaged, before that. What the hops
did is compared with what this script did to the schema, both as `protoc --decode`
prints records: an implementation of protobuf that knows nothing of ours. The way back must give
what there was, but for what the way up let go.

    property.py PLUGIN PROTOC PROTOC_GEN_C CC IDL_DIR PROTOBUF_DIR ROOT_DIR LIBRARY...

EKIDEN_SEED and EKIDEN_PAIRS choose others, and more, than the usual ones.
"""
import copy
import os
import random
import re
import subprocess
import sys
import tempfile

RECORDS = 40
CODEC_TEST = ('codec/alike', 'codec/judge', 'codec/records', 'property/draw')
WIDER = {
    'int32': ['int64', 'sint64', 'sfixed64', 'sint32', 'sfixed32'],
    'sint32': ['int64', 'int32'],
    'uint32': ['uint64', 'int64', 'fixed64', 'fixed32'],
    'fixed32': ['uint64', 'int64'],
    'int64': ['sint64', 'sfixed64'],
    'uint64': ['fixed64'],
    'bool': ['int32', 'uint32', 'int64', 'uint64'],
    'float': ['double'],
    'string': ['bytes'],
}
SCALARS = ['int32', 'sint32', 'uint32', 'fixed32', 'int64', 'uint64', 'bool', 'float', 'double',
           'string', 'bytes']


class Field:
    """A field of the older version, and what became of it: `name`, `type` … of the newer."""

    def __init__(self, name, number, kind, label):
        self.name, self.number, self.type, self.label = name, number, kind, label
        self.default = None
        self.was = None
        self.packed = False


def draw_message(rng, names, enums):
    fields = []
    for number in range(1, rng.randint(4, 10)):
        kind = rng.choice(SCALARS * 2 + names + enums * 3)
        label = rng.choice(['optional'] * 4 + ['repeated', 'choice'])
        if rng.random() < 0.1:
            kind, label = 'map', rng.choice(['string', 'int32', 'bool'])
        field = Field(f'f{number}', number, kind, label)
        if label == 'optional' and rng.random() < 0.3:
            field.default = {'int32': '-5', 'uint64': '9', 'bool': 'true', 'string': '"tea"',
                             'double': '2.5', 'float': '0.5'}.get(kind)
        field.packed = label == 'repeated' and kind not in ('string', 'bytes', *names) and \
            rng.random() < 0.5
        fields.append(field)
    return fields


def evolve(rng, older, enum_names):
    """The newer field, and None: it is dropped."""
    newer = copy.copy(older)
    action = rng.choice(['same', 'same', 'number', 'rename', 'widen', 'several', 'drop', 'default',
                         'choice', 'number of enum'])
    if action == 'number':
        newer.number += 100
    elif action == 'rename':
        newer.was, newer.name = older.name, older.name + '_new'
    elif action == 'drop':
        return None
    elif action == 'widen' and older.type in WIDER:
        newer.type = rng.choice(WIDER[older.type])
        newer.default = None if older.default is None or newer.type == 'bytes' else {
            'true': '1'}.get(older.default, older.default)
    elif action == 'widen' and older.type == 'map' and older.label == 'int32':
        newer.label = 'int64'
    elif action == 'several' and older.label == 'optional' and older.type != 'map':
        newer.label, newer.default = 'repeated', None
    elif action == 'default' and older.label == 'optional' and older.type == 'int32':
        newer.default = '77'
    elif action == 'choice' and older.label == 'optional' and older.type != 'map':
        newer.label, newer.default = f'only_{older.number}', None
    elif action == 'choice' and older.label == 'choice':
        newer.label = 'optional'
    elif action == 'number of enum' and older.type in enum_names:
        newer.type = 'int32'
    return newer


def declare(field):
    kind = f'map<string, {field.label}>' if field.type == 'map' else field.type
    label = field.label + ' ' if field.label in ('optional', 'repeated') and \
        field.type != 'map' else ''
    options = [f'default = {field.default}'] if field.default else []
    if field.packed and field.label == 'repeated' and field.type not in ('string', 'bytes'):
        options.append('packed = true')
    options += [f'(ekiden.field).was = "{field.was}"'] if field.was else []
    text = f'{label}{kind} {field.name} = {field.number}'
    return f'  {text}{" [" + ", ".join(options) + "]" if options else ""};\n'


def write_message(name, fields, item, options):
    text = f'message {name} {{\n  option (ekiden.item) = {{ name: "{item}" stream: true }};\n' \
        if item else f'message {name} {{\n'
    groups = {}
    for field in fields:
        if field.type != 'map' and field.label not in ('optional', 'repeated'):
            groups.setdefault(field.label, []).append(field)
        else:
            text += declare(field)
    for group, members in groups.items():
        text += f'  oneof {group} {{\n' + ''.join(declare(m) for m in members) + '  }\n'
    return text + options + '}\n'


class Pair:
    def __init__(self, index, rng):
        self.name = f'pair{index}'
        enums = ['E0', 'E1']
        names = ['M0', 'M1', 'M2', 'M3']
        self.items = {'M0': 'zero', 'M1': 'one'}
        self.older_enums = {e: [(f'{e}_V{k}', k * 2 + (rng.random() < 0.5)) for k in range(3)]
                            for e in enums}
        self.newer_enums, self.value_names = {}, {}
        for enum, values in self.older_enums.items():
            self.newer_enums[enum] = self.evolve_enum(rng, values)
        self.messages = {n: draw_message(rng, names, enums) for n in names}
        self.newer_names = {n: n if rng.random() < 0.7 else n + 'New' for n in names}
        self.newer = {n: [(f, evolve(rng, f, enums)) for f in fields]
                      for n, fields in self.messages.items()}
        self.added = {n: Field('added', 90, rng.choice(SCALARS), rng.choice(['optional', 'repeated']))
                      for n in names}

    def evolve_enum(self, rng, values):
        shift, result = rng.choice([0, 0, 10]), []
        for name, number in values:
            new_name = name if rng.random() < 0.7 else name + '_NEW'
            self.value_names[name] = new_name
            result.append((new_name, number + shift, name if new_name != name else None))
        if rng.random() < 0.5:
            result.append((values[0][0] + '_MORE', 50, None))
        return result

    def write(self):
        head = ('syntax = "proto2";\npackage {0}.v{1};\nimport "ekiden/options.proto";\n'
                'option (ekiden.program) = {{ name: "{0}" version: {1} }};\n')
        old, new = head.format(self.name, 1), head.format(self.name, 2)
        for enum, values in self.older_enums.items():
            old += f'enum {enum} {{\n' + ''.join(f'  {n} = {v};\n' for n, v in values) + '}\n'
            new += f'enum {enum} {{\n' + ''.join(
                f'  {n} = {v}' + (f' [(ekiden.value).was = "{w}"]' if w else '') + ';\n'
                for n, v, w in self.newer_enums[enum]) + '}\n'
        for name, fields in self.messages.items():
            old += write_message(name, fields, self.items.get(name), '')
            options, kept = '', []
            for field, newer in self.newer[name]:
                if newer is None:
                    options += f'  reserved {field.number};\n'
                else:
                    newer = copy.copy(newer)
                    newer.type = self.newer_names.get(newer.type, newer.type)
                    kept.append(newer)
            if self.newer_names[name] != name:
                options += f'  option (ekiden.message).was = "{name}";\n'
            new += write_message(self.newer_names[name], kept + [self.added[name]],
                                 self.items.get(name), options)
        for version, text in ((1, old), (2, new)):
            with open(f'{self.name}_v{version}.proto', 'w') as file:
                file.write(text)
            with open(f'{self.name}_w{version}.proto', 'w') as file:
                file.write(f'syntax = "proto2";\nimport "{self.name}_v{version}.proto";\n')
                for name, item in self.items.items():
                    name = name if version == 1 else self.newer_names[name]
                    file.write(f'message W{version}_{item} '
                               f'{{ repeated {self.name}.v{version}.{name} r = 1; }}\n')

    def value_up(self, field, newer, value):
        if field.type in self.messages:
            return self.up(field.type, value)
        if field.type == 'map':
            return value
        if field.type in self.older_enums:
            if newer.type == 'int32':
                return str(dict(self.older_enums[field.type])[value])
            return self.value_names[value]
        if field.type == 'bool' and newer.type != 'bool':
            return {'true': '1', 'false': '0'}[value]
        return value

    def up(self, name, record):
        """What the newer version must have of a record of the older one."""
        result = {}
        for field, newer in self.newer[name]:
            values = record.get(field.name, [])
            if newer is None:
                continue
            out = [self.value_up(field, newer, v) for v in values]
            if not out:
                out = [str(number) for _, number in self.meant(field, newer)]
            if out:
                result[newer.name] = out
        return result

    def meant(self, field, newer):
        """What an absent value meant, where an absent one would mean another now; or nothing."""
        if field.label != 'optional' or newer.label != 'optional':
            return []
        if field.type in self.older_enums and newer.type == 'int32':
            return [self.older_enums[field.type][0]] if self.older_enums[field.type][0][1] else []
        same = (field.default, newer.default) in (('true', '1'), (newer.default,) * 2)
        return [] if same or field.type not in SCALARS else [(field.default or '0',) * 2]

    def back(self, name, record):
        """What the older version must have again: all but what cannot come back."""
        result = {}
        for field, newer in self.newer[name]:
            values = record.get(field.name, [])
            if newer is None or (field.type == 'string' and newer.type == 'bytes'):
                continue
            if field.type in self.messages:
                values = [self.back(field.type, v) for v in values]
            if not values:
                values = [text for text, _ in self.meant(field, newer)]
            if values:
                result[field.name] = values
        return result


TOKEN = re.compile(r'\s*(?:(\w+)\s*(\{|:)\s*|(\}))')


def parse(text):
    """protoc's text of a message, as {name: [value, …]}."""
    root, stack = {}, []
    current = root
    for line in text.splitlines():
        line = line.strip()
        if line == '}':
            current = stack.pop()
        elif line.endswith('{'):
            below = {}
            current.setdefault(line[:-1].strip(), []).append(below)
            stack.append(current)
            current = below
        elif line:
            name, value = line.split(':', 1)
            current.setdefault(name, []).append(value.strip())
    return root


def main():
    plugin, protoc, protoc_gen_c, compiler, idl, protobuf, root = sys.argv[1:8]
    libraries = [os.path.abspath(path) for path in sys.argv[8:]]
    tests = os.path.join(root, 'tests', 'codegen')
    seed = int(os.environ.get('EKIDEN_SEED', '1'))
    count = int(os.environ.get('EKIDEN_PAIRS', '8'))
    plugin, compiler = os.path.abspath(plugin), compiler.split()
    imports = ['-I.', '-I' + idl, '-I' + protobuf]

    def run(*command, **options):
        return subprocess.run(command, check=True, timeout=100, **options)

    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        pairs = [Pair(i, random.Random(seed * 1000 + i)) for i in range(count)]
        compilers = []
        with open('pairs.c', 'w') as table:
            table.write('#include "property.h"\n')
            for pair in pairs:
                pair.write()
                files = [f'{pair.name}_v1.proto', f'{pair.name}_v2.proto']
                run(protoc, '--plugin=protoc-gen-ekiden=' + plugin,
                    '--plugin=protoc-gen-c=' + protoc_gen_c, *imports, '--c_out=.',
                    '--ekiden_out=.', *files)
                for words in ('hop', 'downgrade'):
                    run(protoc, '--plugin=protoc-gen-ekiden=' + plugin, *imports,
                        f'--ekiden_out={words}:.', *files)
                check_functions(pair)
                compilers.append(compile_pair(pair, compiler, idl, root))
                table.write(f'#include "{pair.name}_v1_to_v2.hop.h"\n'
                            f'#include "{pair.name}_v2_to_v1.hop.h"\n')
            table.write('const struct pair pairs[] = {\n')
            for pair in pairs:
                table.write(f'{{"{pair.name}", &{pair.name}_v1_to_v2, &{pair.name}_v2_to_v1}},\n')
            table.write('{0, 0, 0}};\n')
        for process in compilers:
            if process.wait(timeout=100) != 0:
                sys.exit('generated code does not compile')
        run(*compiler, '-O0', '-I.', '-I' + tests, '-I' + idl,
            f'-I{root}/transformers/include', f'-I{root}/transformers/src',
            f'-I{root}/runtime/include', f'-I{root}/runtime/src', f'-I{root}/tests/codec',
            f'-I{root}/tests/property', '-D_GNU_SOURCE', '-o', 'property', tests + '/property.c',
            *[f'{root}/tests/{name}.c' for name in CODEC_TEST], 'pairs.c',
            *[f'{p.name}.o' for p in pairs], *libraries, '-lprotobuf-c')
        run('./property', str(seed), str(RECORDS))
        checked = sum(check(pair, protoc, imports) for pair in pairs)
        print(f'{checked} records of {count} pairs of schemas, seed {seed}')


def check_functions(pair):
    """Up, nothing is left to the user; down, functions that do nothing more."""
    with open(f'{pair.name}_v1_to_v2.hop.h') as file:
        if 'Yours to write' in file.read():
            sys.exit(f'{pair.name}: a function is demanded for what is safe')
    with open(f'{pair.name}_v2_to_v1.hop.h') as file:
        prototypes = re.findall(r'^int [^;]*;', file.read(), re.M | re.S)
    with open(f'{pair.name}_functions.c', 'w') as file:
        file.write(f'#include "{pair.name}_v2_to_v1.hop.h"\n')
        for prototype in prototypes:
            file.write(prototype[:-1] + '\n{ (void)old; (void)new_; (void)hop; return 0; }\n')


def compile_pair(pair, compiler, idl, root):
    """All of a pair, in the background, into one object."""
    names = [f'{pair.name}_v{v}.{kind}' for v in (1, 2) for kind in ('pb-c', 'ekiden')]
    names += [f'{pair.name}_v1_to_v2.hop', f'{pair.name}_v2_to_v1.hop', f'{pair.name}_functions']
    flags = ['-O0', '-Wall', '-Wextra', '-Werror', '-Wconversion', '-Wno-unused-parameter', '-I.',
             '-isystem', idl, f'-I{root}/transformers/include', f'-I{root}/runtime/include']
    command = ' && '.join(
        f'{" ".join(compiler)} {" ".join(flags)} {"-w" if n.endswith("pb-c") else ""} '
        f'-c {n}.c -o {n}.o' for n in names)
    command += f' && ld -r -o {pair.name}.o ' + ' '.join(n + '.o' for n in names)
    return subprocess.Popen(['sh', '-c', command], stdin=subprocess.DEVNULL)


def decode(pair, protoc, imports, version, item, ending):
    with open(f'{pair.name}.{item}.{ending}', 'rb') as file:
        text = subprocess.run(
            [protoc, *imports, f'--decode=W{version}_{item}', f'{pair.name}_w{version}.proto'],
            stdin=file, check=True, capture_output=True, text=True, timeout=100).stdout
    return parse(text).get('r', [])


def check(pair, protoc, imports):
    checked = 0
    for name, item in pair.items.items():
        before = decode(pair, protoc, imports, 1, item, 'before')
        after = decode(pair, protoc, imports, 2, item, 'after')
        back = decode(pair, protoc, imports, 1, item, 'back')
        if not len(before) == len(after) == len(back) == RECORDS:
            sys.exit(f'{pair.name}, {item}: records were lost')
        for old, new, again in zip(before, after, back):
            for expected, is_, way in ((pair.up(name, old), new, 'up'),
                                       (pair.back(name, old), again, 'back')):
                if expected != is_:
                    sys.exit(f'{pair.name}, {item}, {way}:\n  before   {old}\n'
                             f'  expected {expected}\n  is       {is_}')
            checked += 1
    return checked


if __name__ == '__main__':
    main()
