#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fetches Debian's source package of vsftpd and lays out two trees of it, ready to be built:

    FOLDER/upstream   what upstream released
    FOLDER/debian     the same with Debian's series of patches applied

apt does the fetching, so that its signatures and checksums are checked as for any package. It is given a
list of sources and a state of its own in FOLDER/apt: nothing on the machine is changed, and nothing has to
be put back. The mirror is the one that the machine's own apt is set up with."""
import argparse
import os
import shutil
import subprocess
import sys

PACKAGE = 'vsftpd'
VERSION = '3.0.5'
SUITE = 'trixie'
KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
PATIENCE = 300  # seconds, for each command


class FetchError(Exception):
    """What went wrong, and what to do about it."""


def run(command, what, **options):
    """Runs a command; one that fails is told with what it printed."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False,
                            **options)
    if result.returncode != 0:
        raise FetchError(f'{what} failed ({" ".join(command)}):\n{result.stdout}')
    return result.stdout


def find_mirror():
    """Where this machine gets Debian's packages from."""
    targets = run(['apt-get', 'indextargets', '--format', '$(LABEL) $(COMPONENT) $(REPO_URI)'],
                  'looking for the mirror in the settings of apt')
    for line in targets.splitlines():
        label, component, address = line.split(' ', 2)
        if label == 'Debian' and component == 'main':
            return address
    raise FetchError('apt is set up with no mirror of Debian; add one to /etc/apt/sources.list.d/')


def apt_options(folder, mirror):
    """Options that make apt look at its own folder, and at nothing of the machine's."""
    if not os.path.exists(KEYRING):
        raise FetchError(f'{KEYRING} is missing; install debian-archive-keyring')
    for name in ('lists/partial', 'cache/archives/partial'):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    sources = os.path.join(folder, 'debian.sources')
    with open(sources, 'w', encoding='utf-8') as file:
        file.write(f'Types: deb-src\nURIs: {mirror}\nSuites: {SUITE}\nComponents: main\n'
                   f'Signed-By: {KEYRING}\n')
    settings = {
        'Dir::Etc::SourceList': sources,
        'Dir::Etc::SourceParts': '-',
        'Dir::State::Lists': os.path.join(folder, 'lists'),
        'Dir::Cache': os.path.join(folder, 'cache'),
        'APT::Sandbox::User': 'root',
        'Acquire::Languages': 'none',
    }
    return [f'--option={name}={value}' for name, value in settings.items()]


def download(folder):
    """Gets the files of the source package into `folder`; returns their names."""
    options = apt_options(os.path.join(folder, 'apt'), find_mirror())
    run(['apt-get', *options, 'update'], f'fetching the list of {SUITE}\'s source packages')
    run(['apt-get', *options, 'source', '--download-only', PACKAGE],
        f'fetching the source of {PACKAGE}', cwd=folder)
    original = os.path.join(folder, f'{PACKAGE}_{VERSION}.orig.tar.gz')
    changes = [name for name in sorted(os.listdir(folder))
               if name.startswith(f'{PACKAGE}_{VERSION}-') and '.debian.tar.' in name]
    if not os.path.exists(original) or len(changes) != 1:
        raise FetchError(f'{SUITE} has another version than {VERSION} by now; the insertions and schemas '
                         'of this sample were made for that one')
    return original, os.path.join(folder, changes[0])


def unpack(archive, folder, *options):
    run(['tar', '--extract', '--file', archive, '--directory', folder, *options], f'unpacking {archive}')


def lay_out(original, changes, folder):
    """Unpacks both trees; each is there whole, or not at all."""
    for name in ('upstream', 'debian'):
        tree = os.path.join(folder, name)
        shutil.rmtree(tree, ignore_errors=True)
        shutil.rmtree(tree + '.part', ignore_errors=True)
        os.makedirs(tree + '.part')
        unpack(original, tree + '.part', '--strip-components=1')
        if name == 'debian':
            unpack(changes, tree + '.part')
            apply_series(tree + '.part')
        os.rename(tree + '.part', tree)


def apply_series(tree):
    patches = os.path.join(tree, 'debian', 'patches')
    with open(os.path.join(patches, 'series'), encoding='utf-8') as file:
        names = [line.split()[0] for line in file if line.strip() and not line.startswith('#')]
    for name in names:
        run(['patch', '--strip=1', '--silent', '--no-backup-if-mismatch', '--input',
             os.path.join(patches, name)], f'applying {name}', cwd=tree)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('folder', help='where the trees go; a folder of a build, not of the sources')
    folder = os.path.abspath(parser.parse_args().folder)
    if all(os.path.isdir(os.path.join(folder, name)) for name in ('upstream', 'debian')):
        return 0
    os.makedirs(folder, exist_ok=True)
    try:
        lay_out(*download(folder), folder)
    except (FetchError, subprocess.TimeoutExpired, OSError) as error:
        print(f'fetch: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
