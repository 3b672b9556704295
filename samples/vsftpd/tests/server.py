# SPDX-License-Identifier: MIT
"""A vsftpd to try things on, in a folder of its own, and clients of it.

Each test runs in a mount namespace of its own, where /etc has two users more and /run is empty: nothing on the
machine is touched, and whatever happens here is gone afterwards. Run a test by `unshare --mount` (the tests do
that themselves)."""
import ftplib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = os.environ.get('EKIDEN_BUILD', '')
TOOL = os.path.join(BUILD, 'tools', 'ekiden-upgrade')
PROGRAMS = {name: os.path.join(BUILD, 'vsftpd', 'vsftpd-' + name) for name in ('upstream', 'debian', 'broken')}
PROGRAMS['none'] = '/bin/true'  # is no vsftpd
OTHER = {'upstream': 'debian', 'debian': 'upstream'}
SECONDS = 30  # for anything to happen
# Names and passwords, and what crypt() makes of those.
USERS = {'ann': 'secret', 'bob': 'hidden'}
HASHES = {'ann': '$5$ekidenann$Hkzi2qeJuFYXKLdrEAnxEsMaYthuGcZ7HdOfHNG6Hv.',
          'bob': '$5$ekidenbob$YgDcb3RCY7lnCe0/V0FkcjqK1a5mWNJCAEl2wmXZA13'}
FIRST_USER = 3001
NOBODY = 65534  # whom a privileged parent becomes at the login
SKIPPED = 77  # to meson

# Sandboxes are off, unless a test is about them.
SETTINGS = {
    'listen': 'YES', 'listen_address': '127.0.0.1', 'background': 'NO', 'seccomp_sandbox': 'NO',
    'isolate': 'NO', 'isolate_network': 'NO', 'xferlog_enable': 'YES', 'write_enable': 'YES',
    'anon_upload_enable': 'YES', 'anon_other_write_enable': 'YES', 'anon_mkdir_write_enable': 'YES',
    'anon_umask': '022', 'ftp_username': 'ftp', 'secure_chroot_dir': '/run/vsftpd/empty', 'pam_service_name': 'ekiden-test',
}
ANONYMOUS = {'anonymous_enable': 'YES', 'local_enable': 'NO', 'run_as_launching_user': 'YES'}
LOCAL = {'anonymous_enable': 'NO', 'local_enable': 'YES'}
IPV6 = {'listen': 'NO', 'listen_ipv6': 'YES', 'listen_address6': '::1'}
SANDBOXES = {'seccomp_sandbox': 'YES', 'isolate': 'YES', 'isolate_network': 'YES', 'chroot_local_user': 'YES',
             'allow_writeable_chroot': 'YES'}


def enter_namespace():
    """Goes on in a mount namespace of its own, and returns there, with a folder for all files."""
    folder = os.environ.get('EKIDEN_TEST_FOLDER')
    if not folder:
        folder = tempfile.mkdtemp(prefix='ekiden-vsftpd-')
        status = subprocess.call(['unshare', '--mount', '--propagation', 'private', sys.executable, '-B', *sys.argv],
                                 env={**os.environ, 'EKIDEN_TEST_FOLDER': folder})
        os.rmdir(folder)
        sys.exit(status)
    mount('-t', 'tmpfs', 'tmpfs', folder)
    os.chmod(folder, 0o755)
    add_users(folder)
    mount('-t', 'tmpfs', 'tmpfs', '/run')
    os.makedirs('/run/vsftpd/empty')
    copy_programs(folder)
    return folder


def copy_programs(folder):
    """To where users can read them, wherever the build is."""
    for name, program in PROGRAMS.items():
        PROGRAMS[name] = shutil.copy(program, os.path.join(folder, os.path.basename(program)))
    shutil.copy(os.path.join(BUILD, 'runtime', 'libekiden.so.0'), folder)
    os.environ['LD_LIBRARY_PATH'] = folder


def mount(*arguments):
    subprocess.run(['mount', *arguments], check=True, stdin=subprocess.DEVNULL, timeout=SECONDS)


def add_users(folder):
    """Gives the machine users of the test's own, and the way to log in as them."""
    os.mkdir(os.path.join(folder, 'home-ftp'))
    own = {'passwd': [f'ftp:x:2999:2999::{folder}/home-ftp:/usr/sbin/nologin'], 'shadow': []}
    for number, name in enumerate(USERS, FIRST_USER):
        home = os.path.join(folder, 'home-' + name)
        os.mkdir(home)
        os.chown(home, number, number)
        own['passwd'].append(f'{name}:x:{number}:{number}::{home}:/bin/sh')
        own['shadow'].append(f'{name}:{HASHES[name]}:19000:0:99999:7:::')
    for name, lines in own.items():
        copy = os.path.join(folder, name)
        shutil.copy(os.path.join('/etc', name), copy)
        with open(copy, 'a', encoding='utf-8') as file:
            file.writelines(line + '\n' for line in lines)
        mount('--bind', copy, os.path.join('/etc', name))
    services = os.path.join(folder, 'pam.d')
    shutil.copytree('/etc/pam.d', services)
    with open(os.path.join(services, 'ekiden-test'), 'w', encoding='utf-8') as file:
        file.write('auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_permit.so\n')
    mount('--bind', services, '/etc/pam.d')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_until(is_so, what):
    deadline = time.monotonic() + SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.01)


def connections():
    """The kernel's lines about TCP sockets."""
    for name in ('tcp', 'tcp6'):
        with open('/proc/net/' + name, encoding='ascii') as file:
            yield from file


def is_traced(pid):
    with open(f'/proc/{pid}/status', encoding='ascii', errors='replace') as file:
        return 'TracerPid:\t0\n' not in file.read()


def user_of(pid):
    with open(f'/proc/{pid}/status', encoding='ascii', errors='replace') as file:
        return int(re.search(r'^Uid:\t(\d+)', file.read(), re.MULTILINE).group(1))


def has_open(pid, sockets):
    """Whether a process serves one of them; in a successor that serves just now it has another number yet."""
    if os.readlink(f'/proc/{pid}/fd/0') in sockets:
        return True
    return os.path.basename(os.readlink(f'/proc/{pid}/exe')).startswith('vsftpd') and any(
        os.readlink(f'/proc/{pid}/fd/{descriptor}') in sockets for descriptor in os.listdir(f'/proc/{pid}/fd'))


class Server:
    """A running vsftpd, its settings, and the tool that upgrades it."""

    def __init__(self, release, folder, settings):
        self.folder = tempfile.mkdtemp(prefix='server-', dir=folder)
        os.chmod(self.folder, 0o755)
        self.root = os.path.join(self.folder, 'root')
        os.makedirs(os.path.join(self.root, 'pub'))
        self.host = settings.get('listen_address6', '127.0.0.1')
        self.port = free_port()
        self.log = os.path.join(self.folder, 'log')
        self.release = release
        self.configuration = os.path.join(self.folder, 'vsftpd.conf')
        self.configure(settings)
        self.process = subprocess.Popen([PROGRAMS[release], self.configuration], stdin=subprocess.DEVNULL)
        wait_until(self._answers, 'vsftpd listens')
        self.pid = self.process.pid
        if settings.get('background') == 'YES':
            self.process.wait(SECONDS)
            self.pid = self.listener()

    def configure(self, settings):
        own = {'listen_port': str(self.port), 'anon_root': self.root, 'local_root': self.root,
               'vsftpd_log_file': self.log}
        with open(self.configuration, 'w', encoding='utf-8') as file:
            for name, value in {**SETTINGS, **own, **settings}.items():
                file.write(f'{name}={value}\n')

    def _answers(self):
        if self.process.poll():
            raise ChildProcessError(f'vsftpd has ended with {self.process.returncode}')
        return self.listens()

    def listens(self):
        """Whether somebody listens on the port; nobody is connected for that."""
        return any(re.search(rf':{self.port:04X} 0+:0000 0A ', line) for line in connections())

    def listener(self):
        """The PID of the listener, of those whom the tool sees."""
        for event in self.tool('--list')[1]:
            with open(f'/proc/{event["pid"]}/cmdline', encoding='ascii') as file:
                if self.configuration in file.read() and any(item['name'] == 'listener' for item in event['items']):
                    return event['pid']
        raise ProcessLookupError('no listener')

    def processes(self):
        """The PIDs of the server's processes, the listener's first."""
        children = {}
        for name in os.listdir('/proc'):
            if name.isdigit():
                try:
                    with open(f'/proc/{name}/stat', encoding='ascii', errors='replace') as file:
                        fields = file.read().rsplit(')', 1)[1].split()
                except (FileNotFoundError, ProcessLookupError):
                    continue
                if fields[0] != 'Z':
                    children.setdefault(int(fields[1]), []).append(int(name))
        found = [self.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def wait_for_processes(self, number):
        wait_until(lambda: len(self.processes()) == number, f'{number} processes')

    def tool(self, *arguments):
        """Runs ekiden-upgrade; its status, its last event and what it said."""
        result = subprocess.run(self.command(*arguments), stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, timeout=4 * SECONDS, check=False)
        events = [json.loads(line) for line in result.stdout.splitlines()]
        return result.returncode, events, result.stderr

    def program(self):
        """The path of what the listener runs."""
        return PROGRAMS[self.release]

    @staticmethod
    def command(*arguments):
        return [TOOL, '--json', *map(str, arguments)]

    def upgrade(self, pid=None, release=None):
        """Upgrades one process, the listener if none is named; the event that ends it."""
        release = release or OTHER[self.release]
        status, events, errors = self.tool(pid or self.pid, PROGRAMS[release])
        if status != 0:
            raise AssertionError(f'{pid or self.pid} was not upgraded: {events[-1:]} {errors}')
        if pid in (None, self.pid):
            self.release = release
        return events[-1]

    def upgrade_as(self, release, *pids):
        """Upgrades processes of sessions into a release: the listener comes first, which forks their successors."""
        if self.release != release:
            self.upgrade(release=release)
        return [self.upgrade(pid, release) for pid in pids]

    def connect(self):
        client = ftplib.FTP()
        try:
            client.connect(self.host, self.port, timeout=SECONDS)
        except ftplib.Error:
            client.close()
            raise
        return client

    def login(self, user='anonymous', password='me@here'):
        client = self.connect()
        client.login(user, password)
        return client

    def session_of(self, client):
        """The PID of the process that serves a client: of those that have its connection, the user's youngest."""
        owners = self._owners(client)
        return max([pid for pid, user in owners.items() if user not in (0, NOBODY)] or owners)

    def parent_of(self, client):
        """The PID of the privileged parent of a client's session, in which role it is root until the login."""
        owners = self._owners(client)
        return max([pid for pid, user in owners.items() if user == 0] or
                   [pid for pid, user in owners.items() if user == NOBODY])

    @staticmethod
    def _owners(client):
        """Those who have a client's connection open: their PIDs, and their users."""
        port = client.sock.getsockname()[1]
        sockets = {f'socket:[{fields[9]}]' for fields in map(str.split, connections())
                   if fields[2].endswith(f':{port:04X}')}
        owners = {}
        for name in os.listdir('/proc'):
            try:
                if name.isdigit() and has_open(name, sockets):
                    owners[int(name)] = user_of(name)
            except OSError:
                continue  # it has ended, or is none of ours
        return owners

    def runs(self, pid):
        """Which release a process runs."""
        path = os.readlink(f'/proc/{pid}/exe')
        return next(name for name, program in PROGRAMS.items() if os.path.realpath(program) == path)

    def strays(self):
        """Processes that serve on where the listener's PID was lost."""
        found = []
        for name in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open(f'/proc/{name}/cmdline', encoding='ascii', errors='replace') as file:
                    if self.configuration in file.read():
                        found.append(int(name))
            except (FileNotFoundError, ProcessLookupError):
                continue
        return found

    def stop(self):
        for pid in [*reversed(self.processes()), *self.strays()]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(SECONDS)


class ServerTest(unittest.TestCase):
    folder = None

    def serve(self, settings, release='upstream'):
        server = Server(release, self.folder, settings)
        self.addCleanup(server.stop)
        return server

    def client(self, server, *who):
        client = server.login(*who)
        self.addCleanup(client.close)
        return client

    def assert_refused(self, server, reply):
        """One more client is refused."""
        with self.assertRaisesRegex(ftplib.error_temp, reply):
            server.connect().close()


def main():
    missing = [program for program in PROGRAMS.values() if not os.path.exists(program)]
    if missing or os.geteuid() != 0:
        print('skipped: it takes root' if not missing else f'skipped: {missing[0]} is not there; see ./run vsftpd')
        sys.exit(SKIPPED)
    ServerTest.folder = enter_namespace()
    unittest.main(verbosity=2)
