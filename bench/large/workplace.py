# SPDX-License-Identifier: MIT
"""Where a measurement runs: a folder of its own, processes that end with it, and bounds on time and memory."""
import contextlib
import mmap
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time


END_SECONDS = 0.5  # for what was killed to be gone


class Skipped(Exception):
    """What is to be measured cannot be measured here: a sentence."""


class Failed(Exception):
    """Something went wrong that must not: a sentence."""


def memory_available():
    with open('/proc/meminfo', encoding='ascii') as file:
        for line in file:
            if line.startswith('MemAvailable:'):
                return int(line.split()[1]) * 1024
    raise Failed('/proc/meminfo has no MemAvailable')


def touch_free_memory(size):
    """So that a process that soon needs so many bytes finds memory that the machine has: a hypervisor may have taken
    free memory back, gives it again page by page as it is touched, two seconds for a gibibyte, and takes it back in as
    many. Half as much again is touched, for the kernel need not give next what was freed last, but never all of it."""
    size = min(size + size // 2, memory_available() // 4 * 3)
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        for page in range(0, size, mmap.PAGESIZE):
            memory[page] = 1


def process_memory(pid, key):
    """VmRSS or VmHWM of a process, in bytes."""
    with open(f'/proc/{pid}/status', encoding='ascii', errors='replace') as file:
        for line in file:
            if line.startswith(key + ':'):
                return int(line.split()[1]) * 1024
    raise Failed(f'process {pid} has no {key}')


def shared_memory(pid):
    """Bytes in the memory files (memfd_create) that a process has open, each once."""
    sizes, folder = {}, f'/proc/{pid}/fd'
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            if os.readlink(f'{folder}/{name}').startswith('/memfd:'):
                found = os.stat(f'{folder}/{name}')
                sizes[found.st_ino] = found.st_blocks * 512
    return sum(sizes.values())


def forget_peak_memory(pid):
    """VmHWM of a process begins anew."""
    with open(f'/proc/{pid}/clear_refs', 'w', encoding='ascii') as file:
        file.write('5')


def await_that(condition, seconds, what):
    """Asks often until it holds; a deadline that passes is a failure. Returns what the condition gave."""
    deadline = time.monotonic() + seconds
    while True:
        if got := condition():
            return got
        if time.monotonic() > deadline:
            raise Failed(f'{what}: not within {seconds} s')
        time.sleep(0.002)


@contextlib.contextmanager
def bounded(seconds, what):
    """The body may take so long; then it fails, and what it started is ended where it says so."""
    def end(*_):
        raise Failed(f'{what}: not over within {seconds} s')
    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Workplace:
    """Use as a context manager: what was started in it has ended, and its files are gone, when it is left."""

    def __init__(self, build):
        self.build = build
        self.folder = None
        self.env = None
        self._started = []

    def __enter__(self):
        # In memory: neither a disk nor its cache has a part in what is measured.
        self.folder = tempfile.mkdtemp(prefix='ekiden-bench-', dir='/dev/shm')
        self.env = dict(os.environ, EKIDEN_RUNTIME_DIR=self.path('run'), LC_ALL='C.UTF-8')
        self.env.pop('EKIDEN_HANDOVER', None)
        os.mkdir(self.path('run'), 0o700)
        return self

    def __exit__(self, *_):
        for process in self._started:
            self._end_group(process)
        shutil.rmtree(self.folder)

    @staticmethod
    def _end_group(process):
        """A process that was started here leads a group, in which its successors are too."""
        deadline = time.monotonic() + END_SECONDS
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            while time.monotonic() < deadline:
                os.killpg(process.pid, 0)  # until there is none, or none but those that nobody reaps
                time.sleep(0.002)
        process.wait()

    def path(self, name):
        return os.path.join(self.folder, name)

    def program(self, name):
        path = os.path.join(self.build, name)
        if not os.access(path, os.X_OK):
            raise Skipped(f'{name} is not built')
        return path

    def need_memory(self, size, what):
        """Half a gigabyte is left to others."""
        have = memory_available()
        if have < size + (1 << 29):
            raise Skipped(f'{what} needs {size >> 20} MiB of memory, and {have >> 20} are available')

    def start(self, arguments, *, executable=None, env=None):
        """Starts a process that ends with the workplace. What it says is in its `log`, a file."""
        log = self.path(f'log-{len(self._started)}')
        with open(log, 'wb') as out:
            process = subprocess.Popen(arguments, executable=executable, env=env or self.env,
                                       stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       cwd=self.folder, start_new_session=True)
        process.log = log
        self._started.append(process)
        return process

    def end(self, process):
        """Ends a process that was started here, with its successors."""
        self._end_group(process)
        self._started.remove(process)

    def run(self, arguments, seconds, *, expected=(0,)):
        """Runs a command to its end, and returns what it wrote."""
        process = self.start(arguments)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f'{arguments[0]} was not over within {seconds} s') from None
        finally:
            self.end(process)
        with open(process.log, encoding='utf-8', errors='replace') as file:
            said = file.read()
        if process.returncode not in expected:
            raise Failed(f'{" ".join(arguments)} ended with {process.returncode}:\n{said}')
        return said


def children(pid):
    with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as file:
        return [int(child) for child in file.read().split()]


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as listener:
        return listener.getsockname()[1]
