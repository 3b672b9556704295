# SPDX-License-Identifier: MIT
"""EKIDEN_PREDECESSOR: a new version finds its predecessor by itself."""
import contextlib
import os
import signal
import socket
import struct
import subprocess
import time
import unittest

from hermit import RELEASES, SANDBOX, SECONDS, Hermit

ROOT = os.geteuid() == 0


def frame(kind, payload):
    """As handover.proto has it; the checksum is CRC-32C."""
    head = struct.pack('<IHH', len(payload), kind, 0)
    crc = 0xffffffff
    for byte in head + payload:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return head + struct.pack('<I', crc ^ 0xffffffff) + payload


SEEN = frame(65, b'\x08\x01\x10\x00')  # EVENT, of kind SEEN, 0 us after the request


class Found(Hermit):
    def succeed(self, whom='hermit', **variables):
        """The new version, started as a supervisor would."""
        return self.launch(1, EKIDEN_PREDECESSOR=str(whom), **variables)

    def fails(self, whom='hermit', status=None, **variables):
        """It gives up with this status: what it says."""
        process = self.launch(1, EKIDEN_PREDECESSOR=str(whom), errors=subprocess.PIPE, **variables)
        said = process.communicate(timeout=SECONDS)[1].decode()
        self.assertEqual(process.returncode, status, said)
        return said

    def test_it_takes_over_from_the_process_that_its_program_names(self):
        old = self.start()
        client = self.client()
        asked = client.who()[2]
        new = self.succeed()
        self.assertEqual(old.wait(SECONDS), 0)
        self.assertEqual(client.who(), (2, new.pid, asked + 1))

    def test_it_keeps_the_umask_that_it_was_started_with(self):
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        old = self.start()
        os.umask(0o27)
        new = self.succeed()
        self.assertEqual(old.wait(SECONDS), 0)
        with open(f'/proc/{new.pid}/status', encoding='ascii') as file:
            self.assertIn('Umask:\t0027\n', file.read())

    def test_or_that_its_pid_names(self):
        old = self.start()
        client = self.client()
        new = self.succeed(old.pid)
        self.assertEqual(old.wait(SECONDS), 0)
        self.assertEqual(client.who()[:2], (2, new.pid))

    def test_ten_times_with_nothing_left_open(self):
        old = self.start()
        client = self.client()
        opened = None
        for turn in range(1, 11):
            new = self.launch(turn % 2, EKIDEN_PREDECESSOR='hermit')
            self.assertEqual(old.wait(SECONDS), 0)
            self.assertEqual(client.who()[:2], (turn % 2 + 1, new.pid))
            opened = opened or client.ask('open')
            self.assertEqual(client.ask('open'), opened)
            old = new

    @unittest.skipUnless(SANDBOX, 'a sandbox is entered by root alone, and by no sanitizer')
    def test_of_processes_in_a_sandbox_as_of_others(self):
        old = self.start(self.folder)
        client = self.client()
        self.wait_for(lambda: client.ask('where') == 'inside', 'it does not enter the sandbox')
        for turn in (1, 2, 3):
            new = self.launch(turn % 2, self.folder, EKIDEN_PREDECESSOR='hermit')
            self.assertEqual(old.wait(SECONDS), 0)
            self.assertEqual(client.who()[:2], (turn % 2 + 1, new.pid))
            self.assertEqual(client.ask('where'), 'inside')
            old = new

    @unittest.skipUnless(SANDBOX, 'a sandbox is entered by root alone, and by no sanitizer')
    def test_one_that_is_in_its_sandbox_already_is_told_so(self):
        old = self.start(self.folder)
        client = self.client()
        new = self.launch(1, self.folder, EKIDEN_PREDECESSOR='hermit', HERMIT_FAULT='late',
                          errors=subprocess.PIPE)
        said = new.communicate(timeout=SECONDS)[1].decode()
        self.assertIn(f'process {new.pid} has entered its sandbox without ekiden_before_sandbox(), or ahead of it: '
                      'cannot open /dev/null', said)
        self.assertNotEqual(new.returncode, 0)
        self.assertEqual(client.who()[:2], (1, old.pid))

    def test_where_nobody_of_the_program_serves_it_begins_afresh(self):
        new = self.succeed()
        self.wait_for(self.is_listening, 'it does not start')
        self.assertEqual(self.client().who(), (2, new.pid, 1))

    def test_and_says_in_which_directory_it_has_looked(self):
        errors = open(os.path.join(os.path.dirname(self.path), 'log'), 'w+')
        self.addCleanup(errors.close)
        self.launch(1, EKIDEN_PREDECESSOR='hermit', HERMIT_LOG='1', errors=errors)
        self.wait_for(self.is_listening, 'it does not start')
        errors.seek(0)
        self.assertIn(f'no process of hermit serves in {self.runtime} that this one could succeed', errors.read())

    def test_what_a_process_left_behind_is_nobody(self):
        old = self.start()
        old.send_signal(signal.SIGKILL)
        old.wait(SECONDS)
        self.assertEqual(len(os.listdir(self.runtime)), 1)
        os.unlink(self.path)
        new = self.succeed()
        self.wait_for(self.is_listening, 'it does not start')
        self.assertEqual(self.client().who(), (2, new.pid, 1))

    def test_a_pid_that_has_no_control_socket_is_an_error(self):
        self.start()
        said = self.fails(os.getpid(), status=3)
        self.assertIn(f'process {os.getpid()}, which EKIDEN_PREDECESSOR names, has no control socket', said)

    def test_the_name_of_another_program_is_an_error(self):
        self.start()
        self.assertIn('should be the name of this program, hermit', self.fails('heremit', status=64))
        self.assertIn('should be the name of this program, hermit', self.fails('12x', status=64))

    def test_a_predecessor_in_another_role_than_was_named_is_refused(self):
        old = self.start()
        client = self.client()
        said = self.fails(f'{old.pid}:session', status=12)
        self.assertIn('to succeed one of role "session", and its predecessor is of role "main"', said)
        self.assertEqual(client.who()[:2], (1, old.pid))
        new = self.succeed(f'{old.pid}:main')
        self.assertEqual(old.wait(SECONDS), 0)
        self.assertEqual(client.who()[:2], (2, new.pid))

    def test_a_role_without_a_name_is_an_error(self):
        self.start()
        self.assertIn('behind the colon should be the name of a role', self.fails('hermit:', status=64))

    def test_one_that_does_not_say_its_role_is_not_taken_for_nobody(self):
        old = self.start()
        old.send_signal(signal.SIGSTOP)
        said = self.fails('hermit:main', status=14)
        old.send_signal(signal.SIGCONT)
        self.assertIn(f'process {old.pid} of hermit does not say whether it is of role "main"', said)

    def test_where_several_serve_they_are_named(self):
        first = self.start()
        path, self.path = self.path, self.path + '2'
        second = self.start()
        self.path = path
        said = self.fails(status=4)
        self.assertRegex(said, rf'2 processes of hermit serve \(({first.pid}, {second.pid}|'
                               rf'{second.pid}, {first.pid})\)')

    def test_what_the_predecessor_refuses_is_its_own_error(self):
        old = self.start()
        client = self.client()
        said = self.fails(status=75, HERMIT_FAULT='refuse', HERMIT_LOG='1')
        self.assertIn('it was told to refuse', said)
        self.assertEqual(client.who()[:2], (1, old.pid))

    def test_while_another_upgrade_is_under_way_it_is_refused(self):
        old = self.start()
        slow = subprocess.Popen([os.environ['EKIDEN_UPGRADE'], '--quiet', '--spawn-here', 'hermit', RELEASES[1]],
                                env={**self.environment, 'HERMIT_FAULT': 'sleep'},
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        self.addCleanup(slow.wait)
        self.addCleanup(slow.kill)
        self.wait_for(lambda: len(self.running()) == 2, 'nothing is started')
        self.assertIn('another upgrade is under way', self.fails(status=6))
        self.assertEqual(self.client().who()[:2], (1, old.pid))

    def test_a_predecessor_that_goes_away_is_an_error(self):
        os.mkdir(self.runtime, 0o700)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f'{self.runtime}/hermit.{os.getpid()}')
            listener.listen()
            process = self.launch(1, EKIDEN_PREDECESSOR='hermit', errors=subprocess.PIPE)
            connection, _ = listener.accept()
            connection.recv(1)
            connection.close()
            said = process.communicate(timeout=SECONDS)[1].decode()
        self.assertEqual(process.returncode, 13, said)

    def test_a_predecessor_that_talks_without_end_is_given_up(self):
        os.mkdir(self.runtime, 0o700)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f'{self.runtime}/hermit.{os.getpid()}')
            listener.listen()
            process = self.launch(1, EKIDEN_PREDECESSOR='hermit', errors=subprocess.PIPE)
            connection, _ = listener.accept()
            until = time.monotonic() + SECONDS / 2
            with connection, contextlib.suppress(BrokenPipeError):
                while process.poll() is None and time.monotonic() < until:
                    connection.sendall(SEEN)
                    time.sleep(0.1)
            said = process.communicate(timeout=SECONDS)[1].decode()
        self.assertEqual(process.returncode, 14, said)
        self.assertIn('came to no update point in time, or does not go on there', said)

    @contextlib.contextmanager
    def asked_by_the_new_version(self):
        """The connection in which it asks, and the process."""
        os.mkdir(self.runtime, 0o700)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f'{self.runtime}/hermit.{os.getpid()}')
            listener.listen()
            process = self.launch(1, EKIDEN_PREDECESSOR='hermit', errors=subprocess.PIPE)
            connection, _ = listener.accept()
            with connection:
                yield connection, process

    def test_an_event_of_many_bytes_is_refused_before_they_come(self):
        with self.asked_by_the_new_version() as (connection, process):
            connection.sendall(struct.pack('<IHHI', 8 << 20, 65, 0, 0))
            said = process.communicate(timeout=SECONDS)[1].decode()
        self.assertEqual(process.returncode, 17, said)

    def test_descriptors_that_nobody_has_asked_for_are_refused(self):
        with self.asked_by_the_new_version() as (connection, process):
            socket.send_fds(connection, [SEEN], [0])
            said = process.communicate(timeout=SECONDS)[1].decode()
        self.assertEqual(process.returncode, 15, said)

    @unittest.skipUnless(ROOT, 'another user is played by root alone')
    def test_a_directory_of_another_user_is_not_looked_into_by_root(self):
        os.mkdir(self.runtime, 0o700)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f'{self.runtime}/hermit.{os.getpid()}')
            os.seteuid(65534)
            listener.listen()
            os.seteuid(0)
            os.chown(self.runtime, 65534, 65534)
            self.assertIn('a directory of user 65534, and this process one of user 0', self.fails(status=5))
            listener.setblocking(False)
            self.assertRaises(BlockingIOError, listener.accept)

    def test_a_directory_that_others_may_enter_is_not_believed(self):
        self.start()
        os.chmod(self.runtime, 0o755)
        self.assertIn('is not believed', self.fails(status=5))

    @unittest.skipUnless(ROOT, 'another user is played by root alone')
    def test_a_listener_of_another_user_is_not_believed(self):
        os.mkdir(self.runtime, 0o700)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f'{self.runtime}/hermit.{os.getpid()}')
            os.seteuid(65534)
            listener.listen()  # whose it is, is noted here
            os.seteuid(0)
            self.assertIn('is not believed', self.fails(status=5))

    def test_a_successor_that_was_started_as_one_looks_for_nobody(self):
        self.start()
        client = self.client()
        self.upgrade('hermit', RELEASES[1])
        self.assertEqual(client.who()[0], 2)

    def test_what_it_starts_later_does_not_see_the_variable(self):
        old = self.start()
        client = self.client()
        self.succeed()
        self.assertEqual(old.wait(SECONDS), 0)
        self.upgrade('hermit', RELEASES[0])  # by its saved environment, where it would be an error
        release, pid, _ = client.who()
        self.assertEqual(release, 1)
        with open(f'/proc/{pid}/environ', 'rb') as file:
            self.assertNotIn(b'EKIDEN_PREDECESSOR', file.read())


if __name__ == '__main__':
    unittest.main(verbosity=2)
