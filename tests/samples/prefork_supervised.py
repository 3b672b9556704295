# SPDX-License-Identifier: MIT
"""The forking sample under supervisors that watch a PID: none of them notices an upgrade."""
import os
import pathlib
import shutil
import signal
import subprocess
import unittest

from prefork_service import SECONDS, V1, V2, Service


class Supervised:
    """Of a supervisor: its command, and those that ask and tell it."""
    supervise, status, stop = '', [], []

    def begin(self, command, log):
        place = self.directory / 'service'
        place.mkdir()
        self.ended = self.directory / 'ended'
        self.write_script(place / 'run', f'exec {" ".join(command)} 2>&1')
        self.write_script(place / 'finish', f'echo ended >>{self.ended}')
        super().begin([self.supervise, str(place)], log)
        self.place = place
        self.wait_for(lambda: self.said('listening on'), 'it does not start')
        self.wait_for(self.supervised_pid, 'the supervisor does not say that it runs')
        self.master = self.supervised_pid()

    @staticmethod
    def write_script(path, line):
        path.write_text(f'#!/bin/sh\n{line}\n')
        path.chmod(0o755)

    def ask(self, command):
        return subprocess.run([*command, str(self.place)], stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, timeout=SECONDS, text=True).stdout

    def supervised_pid(self):
        """As the supervisor says: "run: DIRECTORY: (pid 123) 4s", "up (pid 123) 4 seconds"."""
        status = self.ask(self.status)
        return int(status.partition('(pid ')[2].partition(')')[0]) if '(pid ' in status else 0

    def noted(self):
        """What it has on record: the PID, and since when."""
        return (self.place / 'supervise' / 'status').read_bytes()

    def test_ten_upgrades_of_all_go_unnoticed(self):
        self.start()
        noted, master, workers = self.noted(), self.master, self.workers()
        client = self.connect_to(1)
        for leg in range(10):
            client.send('half')
            self.upgrade_all(V1 if leg % 2 else V2)
            client.send(' whole\n')
            self.assertEqual(client.receive('half whole')['version'], 1 if leg % 2 else 2)
            self.assertEqual(self.supervised_pid(), master)
        self.assertEqual(self.noted(), noted)
        self.assertFalse(self.ended.exists())
        self.assertEqual(len(self.said('listening on')), 1)
        self.assertEqual(self.workers(), workers)

    def test_an_end_is_noticed_after_upgrades_as_before(self):
        self.start()
        self.upgrade(self.master)
        noted = self.noted()
        os.kill(self.master, signal.SIGKILL)
        self.wait_for(lambda: len(self.said('listening on')) == 2, 'it is not started again')
        self.assertTrue(self.ended.exists())
        self.assertNotEqual(self.noted(), noted)

    def test_the_supervisor_can_stop_what_was_upgraded(self):
        self.start()
        self.upgrade_all()
        self.ask(self.stop)
        self.wait_for(lambda: self.members() == [self.process.pid], 'somebody runs on')


@unittest.skipUnless(shutil.which('runsv'), 'runit is not installed')
class Runit(Supervised, Service):
    supervise, status, stop = 'runsv', ['sv', 'status'], ['sv', 'down']


@unittest.skipUnless(shutil.which('s6-supervise'), 's6 is not installed')
class S6(Supervised, Service):
    supervise, status, stop = 's6-supervise', ['s6-svstat'], ['s6-svc', '-d']


if __name__ == '__main__':
    unittest.main(verbosity=2)
