#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random structs, and schemas bound to them: what is generated compiles without a warning, as C and
as C++ by all compilers there are, and random values come through it.

    bindings.py PLUGIN PROTOC PROTOC_GEN_C CC IDL_DIR PROTOBUF_DIR ROOT_DIR BUILD_DIR LIBRARY...

EKIDEN_SEED and EKIDEN_SCHEMAS choose others, and more, than the usual ones; EKIDEN_KEEP is a folder
to do it in, which stays.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile

from binding_members import Schema

WARNINGS = ['-Wall', '-Wextra', '-Werror', '-Wconversion', '-Wcast-align', '-Wshadow']


def run(*command, **options):
    return subprocess.run(command, check=True, timeout=100, stdin=subprocess.DEVNULL, **options)


def compilers():
    """Commands that compile generated code, in both languages."""
    found = [(name, '-std=c11', 'c') for name in ('gcc', 'clang') if shutil.which(name)]
    found += [(name, '-std=c++17', 'c++') for name in ('g++', 'clang++') if shutil.which(name)]
    return found


def start_compilers(schema, includes):
    for name, standard, language in compilers():
        for part in ('ekiden', 'native'):
            yield subprocess.Popen(
                [name, standard, *WARNINGS, *includes, '-fsyntax-only', '-x', language,
                 f'{schema.name}_v1.{part}.c'], stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE)


def start_trip(schema, compiler, includes):
    """What runs: by the build's own compiler, into objects."""
    names = [f'{schema.name}_v1.{part}' for part in ('pb-c', 'ekiden', 'native')]
    for name in names + [f'{schema.name}_trip']:
        yield subprocess.Popen(
            [*compiler, '-g', '-O1', *includes, '-w' if name.endswith('pb-c') else '-Wall', '-c',
             name + '.c', '-o', name + '.o'], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(processes, schema, limit):
    """Waits until no more than `limit` of the processes run."""
    while len(processes) > limit:
        process = processes.pop(0)
        _, text = process.communicate(timeout=100)
        if process.returncode != 0:
            lines = [line[:200] for line in text.decode().splitlines()[:12]]
            sys.exit(f'{schema.name}: generated code does not compile without a warning by '
                     f'{" ".join(process.args)}\n' + '\n'.join(lines))


def write_table(schemas):
    with open('journeys.c', 'w') as table:
        table.write('#include "trip.h"\n')
        for s in schemas:
            table.write(f'extern const struct ekiden_schema {s.name}_v1;\n'
                        f'void {s.name}_fill(struct trip *);\nvoid {s.name}_tag(struct trip *);\n'
                        f'const char *{s.name}_differs(const struct trip *, const struct trip *);\n'
                        f'bool {s.name}_record_differs(const void *, const void *);\n')
        table.write('const struct journey journeys[] = {\n')
        for s in schemas:
            table.write(f'{{"{s.name}", &{s.name}_v1, {s.name}_fill, {s.name}_tag, '
                        f'{s.name}_differs, {s.name}_record_differs}},\n')
        table.write('{0, 0, 0, 0, 0, 0}};\n')


def main():
    plugin, protoc, protoc_gen_c, compiler, idl, protobuf, root, build = sys.argv[1:9]
    libraries = [os.path.abspath(path) for path in sys.argv[9:]]
    here = os.path.dirname(os.path.abspath(__file__))
    seed = int(os.environ.get('EKIDEN_SEED', '1'))
    count = int(os.environ.get('EKIDEN_SCHEMAS', '4'))
    plugin, build, compiler = os.path.abspath(plugin), os.path.abspath(build), compiler.split()
    includes = ['-D_GNU_SOURCE', '-I.', '-I' + root + '/runtime/include', '-I' + here,
                '-I' + root + '/transformers/include', '-isystem', idl]
    with tempfile.TemporaryDirectory() as scratch:
        if 'EKIDEN_KEEP' in os.environ:
            scratch = os.environ['EKIDEN_KEEP']
        os.chdir(scratch)
        schemas = [Schema(f'b{seed + i}', random.Random(seed + i)) for i in range(count)]
        processes = []
        for schema in schemas:
            schema.write()
            run(protoc, '--plugin=protoc-gen-ekiden=' + plugin,
                '--plugin=protoc-gen-c=' + protoc_gen_c, '-I.', '-I' + idl, '-I' + protobuf,
                '--c_out=.', '--ekiden_out=.', f'{schema.name}_v1.proto')
            for process in [*start_trip(schema, compiler, includes),
                            *start_compilers(schema, includes)]:
                processes.append(process)
                finish(processes, schema, 2)
            finish(processes, schema, 0)
        write_table(schemas)
        inner = [f'-I{root}/{part}' for part in
                 ('runtime/src', 'transformers/src', 'tests/wire', 'tests/state', 'tests/fuzz')]
        run(*compiler, '-g', '-O1', *includes, *inner, '-isystem', build + '/idl', '-o', 'trips',
            here + '/trips.c', here + '/codecs.c', here + '/draw.c',
            root + '/tests/fuzz/mutate_message.c', 'journeys.c',
            *[f'{s.name}_{part}.o' for s in schemas
              for part in ('v1.pb-c', 'v1.ekiden', 'v1.native', 'trip')],
            '-Wl,--start-group', *libraries, '-Wl,--end-group', '-lcriterion', '-lprotobuf-c',
            '-luv', '-lisal', '-lxxhash', '-lpthread', '-lm')
        if subprocess.run(['./trips'], timeout=100, stdin=subprocess.DEVNULL).returncode != 0:
            sys.exit(f'values did not come through: {count} schemas from seed {seed}')
        members = sum(len(struct.members) for schema in schemas for struct in schema.structs)
        print(f'{count} schemas with {members} members from seed {seed}')


if __name__ == '__main__':
    main()
