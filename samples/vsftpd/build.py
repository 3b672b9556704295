#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds both releases of vsftpd, upgradable: BUILD/vsftpd/vsftpd-upstream and BUILD/vsftpd/vsftpd-debian, out of
the trees that fetch.py has laid out, with the insertions applied to copies of them. The program's own Makefile does
it; ours goes in by what that lets one set. A third one, vsftpd-broken, is for the tests."""
import argparse
import os
import shutil
import subprocess
import sys

import insert

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PATIENCE = 600  # seconds, for each command

HARDENING = ('-g -O2 -fstack-protector-strong -Wformat -Werror=format-security -fPIE '
             '-Wdate-time -D_FORTIFY_SOURCE=2')

INSERTIONS = ['insertions.txt', 'parent.txt', 'sandbox.txt']
UPSTREAM = {'LIBS': '-lpam -lcap'}
DEBIAN = {'LIBS': '-lwrap -lpam -lssl -lcrypto -lcap', 'CFLAGS': HARDENING + ' -Wno-deprecated-declarations',
          'LDFLAGS': '-pie -Wl,-z,relro -Wl,-z,now'}

# Per release: the tree that it is built from, its schema's version, what its maintainers give to make, and the files of
# insertions.
RELEASES = {
    'upstream': ('upstream', 1, UPSTREAM, INSERTIONS),
    'debian': ('debian', 2, DEBIAN, INSERTIONS),
    'broken': ('upstream', 1, UPSTREAM, INSERTIONS + ['tests/broken.txt']),
}

# Calls that the update signal must not interrupt: interrupted.c.
INTERRUPTED = ('recvmsg', 'select', 'sendmsg')

SOURCES = ('hops', 'interrupted', 'upgrade', 'upgrade_calls', 'upgrade_listener', 'upgrade_process',
           'upgrade_sandbox', 'upgrade_session', 'upgrade_settings', 'upgrade_spawn')
WARNINGS = ['-Wall', '-Wextra', '-Wshadow', '-Wconversion', '-Wmissing-prototypes', '-Wpointer-arith',
            '-Wvla', '-Werror']


class BuildError(Exception):
    """What went wrong, with what the compiler said."""


def run(command, **options):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False, **options)
    if result.returncode != 0:
        raise BuildError(f'{" ".join(command)} failed:\n{result.stdout}')
    return result.stdout


def generate(build, folder):
    """What protoc-c and protoc-gen-ekiden make of the schemas, and of the hops between them."""
    os.makedirs(folder, exist_ok=True)
    state = os.path.join(HERE, 'state')
    protoc = ['protoc', '--plugin=' + os.path.join(build, 'codegen', 'protoc-gen-ekiden'),
              '-I' + state, '-I' + os.path.join(ROOT, 'idl')]
    schemas = [os.path.join(state, f'vsftpd_v{version}.proto') for version in (1, 2)]
    run(protoc + ['--c_out=' + folder, '--ekiden_out=' + folder] + schemas)
    run(protoc + ['--ekiden_out=hop:' + folder] + schemas)
    run(protoc + ['--ekiden_out=downgrade:' + folder] + schemas)


def include_options(generated, tree):
    ours = [HERE, generated] + [os.path.join(ROOT, *name) for name in (
        ('idl',), ('runtime', 'include'), ('transformers', 'include'))]
    # vsftpd has a features.h, which is not the system's.
    return ['-I' + folder for folder in ours] + ['-iquote', tree]


def compile_ours(generated, tree, version):
    """Compiles all that is not vsftpd's; returns the names of the objects."""
    hop = {1: 'vsftpd_v2_to_v1', 2: 'vsftpd_v1_to_v2'}[version]
    own = [os.path.join(HERE, name + '.c') for name in SOURCES] + [
        os.path.join(HERE, 'transformers', hop + '.c')]
    made = [os.path.join(generated, name) for name in (
        'vsftpd_v1.pb-c.c', 'vsftpd_v1.ekiden.c', 'vsftpd_v2.pb-c.c', 'vsftpd_v2.ekiden.c',
        f'vsftpd_v{version}.native.c', hop + '.hop.c')]
    objects = []
    for source in own + made:
        # Beside what make compiles, and named apart from it.
        name = os.path.basename(source)[:-2]
        objects.append(os.path.join(tree, f'ours-{name}{"-own" if source in own else ""}.o'))
        run(compiler() + ['-std=gnu11', '-O2', '-g', '-fPIE', '-D_GNU_SOURCE', f'-DVSFTPD_VERSION={version}',
                          *WARNINGS, *include_options(generated, tree),
                          '-c', source, '-o', objects[-1]])
    return objects


def compiler():
    return (['ccache'] if shutil.which('ccache') else []) + ['gcc']


def make(build, tree, objects, settings):
    library = os.path.join(build, 'runtime')
    settings = dict(settings)
    settings['LIBS'] = ' '.join(objects + [f'-L{library}', '-lekiden', '-lprotobuf-c', f'-Wl,-rpath,{library}',
                                           *(f'-Wl,--wrap={name}' for name in INTERRUPTED),
                                           settings['LIBS']])
    settings['CC'] = ' '.join(compiler() + [f'-I{HERE}', '-include', os.path.join(HERE, 'upgrade.h')])
    settings['LINK'] = ''
    run(['make', '--silent', f'-j{os.cpu_count()}', *(f'{name}={value}' for name, value in settings.items())], cwd=tree)


def build_release(build, name):
    folder = os.path.join(build, 'vsftpd')
    origin, version, settings, lists = RELEASES[name]
    tree = os.path.join(folder, name + '-upgradable')
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(os.path.join(folder, origin), tree)
    insertions = [insertion for name_of_list in lists
                  for insertion in insert.read_insertions(os.path.join(HERE, name_of_list))]
    insert.apply(insertions, tree)
    objects = compile_ours(os.path.join(folder, 'generated'), tree, version)
    make(build, tree, objects, settings)
    program = os.path.join(folder, 'vsftpd-' + name)
    # A running one keeps its file.
    shutil.copy(os.path.join(tree, 'vsftpd'), program + '.new')
    os.rename(program + '.new', program)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('build', help='the folder of a build of Ekiden')
    build = os.path.abspath(parser.parse_args().build)
    try:
        generate(build, os.path.join(build, 'vsftpd', 'generated'))
        for name in RELEASES:
            build_release(build, name)
    except (BuildError, insert.InsertError, OSError) as error:
        print(f'build: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
