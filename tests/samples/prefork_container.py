# SPDX-License-Identifier: MIT
"""The forking sample as PID 1 of a PID namespace, as in a container: it stays PID 1."""
import contextlib
import os
import pathlib
import signal
import subprocess
import unittest

from prefork_service import SECONDS, V1, V2, Service, children_of, state_of

CRASHES = os.environ['PREFORK_CRASHES']
IF_NOT_ROOT = ['--user', '--map-root-user']


def can_unshare(options):
    command = ['unshare', *options, '--pid', '--fork', '--mount-proc', 'true']
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=SECONDS, check=False).returncode == 0
    except FileNotFoundError:
        return False


OPTIONS = next((options for options in ([], IF_NOT_ROOT) if can_unshare(options)), None)


def pid_inside(pid):
    status = pathlib.Path(f'/proc/{pid}/status').read_text().splitlines()
    return int(next(line for line in status if line.startswith('NSpid:')).split()[-1])


def descendants_of(pid):
    """PIDs out here, of zombies as well. In a namespace of its own PID 1 has no others."""
    found = []
    for child in children_of(pid):
        found += [child, *descendants_of(child)]
    return found


@unittest.skipIf(OPTIONS is None, 'unshare(1) may make no PID namespace here')
class Container(Service):
    def begin(self, command, log):
        namespace = ['unshare', *OPTIONS, '--pid', '--fork', '--mount-proc', '--kill-child']
        super().begin([*namespace, *command], log)
        self.wait_for(lambda: children_of(self.process.pid), 'unshare starts nothing')
        self.master = children_of(self.process.pid)[0]

    def inside(self):
        """Enters the namespace, as docker exec and others do."""
        user = ['--user', '--preserve-credentials'] if OPTIONS else []
        return ['nsenter', '--target', str(self.master), *user, '--pid', '--mount']

    def command(self, *arguments):
        return [*self.inside(), *super().command(*arguments)]

    def workers(self):
        out_here = {}
        for pid in children_of(self.master):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if state_of(pid) != 'Z':
                    out_here[pid_inside(pid)] = pid
        return {number: out_here[pid] for number, pid in super().workers().items()
                if pid in out_here}

    def upgrade(self, pid, binary=V2, *more):
        event = super().upgrade(pid_inside(pid), binary, *more)
        self.assertEqual(event['successor_pid'], pid_inside(pid))
        return event

    def expect_only(self, *pids):
        self.wait_for(lambda: sorted(descendants_of(self.master)) == sorted(pids),
                      'somebody is left, or is not reaped')

    def test_ten_upgrades_of_all_leave_it_pid_1_with_its_workers_and_nobody_else(self):
        self.start()
        self.assertEqual(pid_inside(self.master), 1)
        clients = [self.connect_to(1), self.connect_to(2)]
        workers = self.workers()
        for leg in range(10):
            for client in clients:
                client.send('half')
            self.upgrade_all(V1 if leg % 2 else V2)
            for client in clients:
                client.send(' whole\n')
                self.assertEqual(client.receive('half whole')['version'], 1 if leg % 2 else 2)
        self.assertEqual(pid_inside(self.master), 1)
        self.assertEqual(self.workers(), workers)
        self.expect_only(*workers.values())
        self.assertEqual(sorted(os.listdir(self.runtime)),
                         sorted(f'prefork.{pid_inside(pid)}'
                                for pid in (self.master, *workers.values())))

    def test_what_dies_after_an_upgrade_is_reaped_and_replaced(self):
        self.start()
        self.upgrade(self.master)
        first = self.workers()[1]
        os.kill(first, signal.SIGKILL)
        self.wait_for(lambda: self.workers().get(1, first) != first, 'nobody takes the place')
        self.assertEqual(self.connect_to(1).ask('x')['version'], 2)
        self.expect_only(*self.workers().values())

    def test_orphans_that_pid_1_inherits_are_reaped_in_any_version(self):
        self.start()
        workers = sorted(self.workers().values())
        for binary in (V2, V1):
            subprocess.run([*self.inside(), 'sh', '-c', 'sleep 600 &'], stdin=subprocess.DEVNULL,
                           timeout=SECONDS, check=True)
            orphan, = set(children_of(self.master)) - set(workers)
            self.upgrade(self.master, binary)
            os.kill(orphan, signal.SIGKILL)
            self.expect_only(*workers)

    def test_a_version_that_crashes_leaves_it_pid_1(self):
        self.start()
        client = self.connect_to(1)
        event = self.refused(1, CRASHES)
        self.assertTrue(event['serves_on'], event)
        self.assertEqual((event['predecessor_pid'], pid_inside(self.master)), (1, 1))
        self.assertEqual(client.ask('x')['version'], 1)
        self.expect_only(*self.workers().values())
        self.upgrade(self.master)

    def test_a_stop_ends_the_container(self):
        self.start()
        self.upgrade_all()
        os.kill(self.master, signal.SIGTERM)
        self.assertEqual(self.process.wait(SECONDS), 0)
        self.wait_for(lambda: not self.members(), 'somebody runs on')


if __name__ == '__main__':
    unittest.main(verbosity=2)
