# SPDX-License-Identifier: MIT
"""A place to try what the pages say: a folder of its own, with an installed Ekiden in its PATH."""
import errno
import fcntl
import os
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import time

PATIENCE = 60  # seconds, for anything
COLUMNS = 120  # of the terminal


class Workshop:
    """Use as a context manager: what was started in it has ended when it is left."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='ekiden-docs-')
        self.work = os.path.join(self.folder, 'work')
        os.mkdir(self.work)
        self.env = dict(os.environ, EKIDEN_RUNTIME_DIR=os.path.join(self.folder, 'run'),
                        LC_ALL='C.UTF-8', TERM='xterm', NO_COLOR='1')
        for name in ('CFLAGS', 'COLUMNS', 'EKIDEN_HANDOVER', 'LDFLAGS', 'LINES'):
            self.env.pop(name, None)
        self._started = []

    def __enter__(self):
        try:
            self._install()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self._started:
            # Its successors, too: they are in its process group.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        shutil.rmtree(self.folder)

    def _install(self):
        """Installs the build; ekiden.pc then names where that is."""
        root = os.path.join(self.folder, 'root')
        subprocess.run([os.environ.get('MESON', 'meson'), 'install', '--quiet', '--no-rebuild',
                        '-C', os.environ['EKIDEN_BUILD'], '--destdir', root],
                       check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)
        for where, _, names in os.walk(root):
            if 'ekiden.pc' in names:
                self._use(root, where)
                return
        raise FileNotFoundError('ekiden.pc was not installed')

    def _use(self, root, folder):
        name = os.path.join(folder, 'ekiden.pc')
        with open(name, encoding='utf-8') as file:
            text = file.read()
        prefix = root + re.search(r'^prefix=(.*)$', text, re.M).group(1)
        with open(name, 'w', encoding='utf-8') as file:
            file.write(re.sub(r'^prefix=.*$', 'prefix=' + prefix, text, flags=re.M))
        self.prefix = prefix
        self.libdir = os.path.dirname(folder)  # ekiden.pc is in its pkgconfig/
        libraries = os.path.dirname(folder)
        self.env['PKG_CONFIG_PATH'] = folder
        self.env['LD_LIBRARY_PATH'] = libraries
        self.env['PATH'] = os.path.join(prefix, 'bin') + ':' + self.env['PATH']

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name), encoding='utf-8') as file:
            return file.read()

    def write_files(self, page):
        """Writes every file that the page shows, its diffs applied."""
        parts = {}
        for block in page.blocks:
            if block.language in ('c', 'make', 'proto') and len(block.words) == 1:
                parts.setdefault(block.words[0], []).append(block.text)
        for name, texts in parts.items():
            self.write(name, '\n'.join(texts))
        for block in page.blocks:
            if block.language == 'diff':
                old, new = block.words
                self.write(new, apply_diff(self.read(old), block))

    def run(self, command):
        """Runs a shell command here, which must succeed: what it printed."""
        done = subprocess.run(['sh', '-euc', command], cwd=self.work, env=self.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
        if done.returncode != 0:
            raise AssertionError(f'status {done.returncode} of: {command}\n{done.stdout}')
        return done.stdout

    def start(self, *arguments):
        process = subprocess.Popen(arguments, cwd=self.work, env=self.env,
                                   stdin=subprocess.DEVNULL, start_new_session=True)
        self._started.append(process)
        return process

    def start_server(self, binary, *arguments):
        """Starts a server that takes a port, and connects to it: the port and the connection."""
        for _ in range(5):  # somebody may take the port before it does
            port = free_port()
            process = self.start(binary, str(port), *arguments)
            connection = connect(port, process)
            if connection:
                return port, connection
        raise AssertionError(f'{binary} does not listen')

    def on_terminal(self, command):
        """Runs a command on a terminal: the lines that stand on it in the end."""
        pid, master = pty.fork()
        if pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 40, COLUMNS, 0, 0))
                os.chdir(self.work)
                os.execvpe('sh', ['sh', '-c', command], self.env)
            finally:
                os._exit(127)
        output = read_all(master)
        os.close(master)
        os.waitpid(pid, 0)
        return screen(output.decode())


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def connect(port, process=None):
    """A connection as a file; None when the process (if given) ends before it listens."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and (process is None or process.poll() is None):
        try:
            with socket.create_connection(('127.0.0.1', port), timeout=PATIENCE) as connection:
                return connection.makefile('rw', newline='\n')
        except ConnectionRefusedError:
            time.sleep(0.01)
    return None


def say(connection, text):
    connection.write(text)
    connection.flush()


def ask(connection, text):
    """Sends a text and waits for a line in answer."""
    say(connection, text)
    return connection.readline().rstrip('\n')


def read_all(descriptor):
    output = b''
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError as error:  # how a terminal ends
            if error.errno != errno.EIO:
                raise
            return output
        if not piece:
            return output
        output += piece


def screen(output):
    """What a terminal shows: each line as it was drawn last."""
    output = re.sub(r'\x1b\[[0-9;]*[A-JL-Za-z]', '', output).replace('\r\n', '\n')
    lines = []
    for line in output.split('\n'):
        drawn = [re.sub(r'^.*\x1b\[K', '', piece) for piece in line.split('\r')]
        lines.append(drawn[-1].rstrip())
    while lines and not lines[-1]:
        lines.pop()
    return lines


def apply_diff(text, block):
    """Applies a diff without line numbers: hunks between lines of @@, each found once."""
    hunks = [[]]
    for line in block.lines:
        if line.startswith('@@'):
            hunks.append([])
        else:
            hunks[-1].append(line)
    for hunk in hunks:
        old = ''.join(line[1:] + '\n' for line in hunk if not line.startswith('+'))
        new = ''.join(line[1:] + '\n' for line in hunk if not line.startswith('-'))
        if text.count(old) != 1:
            raise AssertionError(f'found {text.count(old)} times, not once:\n{old}')
        text = text.replace(old, new)
    return text
