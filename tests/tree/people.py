# SPDX-License-Identifier: MIT
"""What ekiden-upgrade prints of a tree: tables, the line of a terminal, --list, --status."""
import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unittest

from family import SECONDS, TOOL, V2
from grown import Tree


class People(Tree):
    def test_each_process_is_one_line_of_a_table_and_a_summary_follows(self):
        self.grow()
        pids = [self.pid(number) for number in (1, 2, 3, 0)]
        status, lines, errors = self.lines('family', V2)
        self.assertEqual((status, errors, len(lines)), (0, [], 6))
        self.assertEqual(lines[0].split(), ['ROLE', 'PID', 'NEW', 'PID', 'VERSION', 'PAUSE', 'RECORDS'])
        after = [self.pid(number) for number in (1, 2, 3, 0)]
        for line, old, new, role in zip(lines[1:5], pids, after, ['worker', 'worker', 'helper', 'main']):
            self.assertRegex(line, rf'^{role} +{old} +{new}  v1 -> v2 +[\d.,]+ ms +1$')
            self.assertEqual(len(line), len(lines[0]))
        self.assertRegex(lines[5], r'^family: 4 of 4 processes upgraded  longest pause [\d.,]+ ms  '
                                   r'total [\d.,]+ ms$')

    def test_a_failure_is_in_the_table_and_its_next_step_on_standard_error(self):
        self.grow('fault=refuse@worker')
        first, second, helper, main = (self.pid(number) for number in (1, 2, 3, 0))
        status, lines, errors = self.lines('family', V2)
        self.assertEqual(status, 12)
        self.assertRegex(lines[1], rf'^worker +{first}  failed in phase \w+, serves on: .*told to refuse')
        self.assertRegex(lines[2], r'^family: 0 of 4 processes upgraded, 1 failed, 3 not tried')
        self.assertEqual(errors[0], 'ekiden-upgrade: 4 of 4 processes of family were not upgraded.')
        self.assertEqual(errors[1], f'  failed     worker {first}')
        self.assertEqual(errors[2], f'  not tried  worker {second}, helper {helper}, main {main}')
        self.assertIn(f'worker (pid {first}): ', errors[3])
        self.assertTrue(errors[4].startswith('  next       '))
        self.assertEqual(errors[5], '  error      EKIDEN_EREFUSED (exit status 12)')

    def test_one_process_that_is_left_is_told_of_as_one(self):
        self.start('fault=refuse')
        _, _, errors = self.lines('--tree', 'family', V2)
        self.assertEqual(errors[0], 'ekiden-upgrade: the process of family was not upgraded.')
        self.talk(0).ask('bear worker')
        self.talk(1)
        _, _, errors = self.lines('--keep-going', '--role', 'main', '--role', 'worker', 'family', V2)
        self.assertEqual(errors[0], 'ekiden-upgrade: 2 of 2 processes of family were not upgraded.')
        _, _, errors = self.lines('--rehearse', '--role', 'main', 'family', V2)
        self.assertEqual(errors[0], 'ekiden-upgrade: the process of family was not rehearsed.')

    def test_one_of_several_that_is_left_is_told_of_as_one(self):
        self.grow('fault=refuse@main')
        _, _, errors = self.lines('family', V2)
        self.assertEqual(errors[0], 'ekiden-upgrade: 1 of 4 processes of family was not upgraded.')

    def test_a_name_of_several_does_not_do_for_a_command_that_is_for_one(self):
        self.grow()
        for command in ['--cancel'], ['--wait'], ['--snapshot', self.sockets + '/file']:
            status, _, errors = self.lines(*command, 'family')
            self.assertEqual(status, 4)
            self.assertIn('  next    name one of them by its PID', errors)
        status, _, errors = self.lines('--rehearse', '--times', '2', 'family', V2)
        self.assertEqual(status, 4)
        self.assertIn('  next    name one of them by its PID', errors)

    def test_a_pid_that_was_succeeded_leads_to_the_one_that_serves(self):
        self.start()
        before = self.process.pid
        after = self.upgrade(before)['successor_pid']
        self.process.wait()
        for arguments in (['--status', before], [before, V2], ['--tree', before, V2],
                          ['--cancel', before], ['--rehearse', '--times', '2', before, V2]):
            status, _, errors = self.lines(*arguments)
            self.assertEqual(status, 3)
            self.assertIn(f'  next    name process {after}', errors)

    def test_a_pid_that_is_lost_is_told_in_its_line_with_who_serves_in_its_place(self):
        self.start('keep=main', 'fault=kill')
        pid = self.process.pid
        status, lines, errors = self.lines('--tree', 'family', V2)
        self.assertEqual(status, 13)
        keeper = self.talk(0).who()['pid']
        self.assertRegex(' '.join(line.strip() for line in lines),
                         rf'main +{pid} +failed in phase \w+, and its PID is lost: process {keeper} '
                         rf'serves on in its place: ')
        self.assertIn(f'tell whoever watches PID {pid},', ' '.join(line.strip() for line in errors))

    def test_on_a_terminal_what_is_under_way_stands_below_the_table(self):
        self.grow('fault=hold@helper')
        self.hold()
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
        helper, main = self.pid(3), self.pid(0)
        tool = subprocess.Popen([TOOL, 'family', V2], env={**self.environment, 'TERM': 'xterm'},
                                stdin=its, stdout=its, stderr=its)
        self.addCleanup(tool.wait)
        self.addCleanup(tool.kill)
        os.close(its)
        printed = b''
        while f'helper (pid {helper}): warm; 1 wait'.encode() not in printed:
            printed += os.read(ours, 4096)
        self.assertEqual(len(re.findall(rb'worker +\d+ +\d+  v1', printed)), 2)
        self.release()
        with contextlib.suppress(OSError):  # the end of its terminal
            while True:
                printed += os.read(ours, 4096)
        os.close(ours)
        self.assertEqual(tool.wait(SECONDS), 0)
        left = [line.split(b'\x1b[K')[-1] for line in printed.split(b'\n')]
        self.assertFalse([line for line in left if b'wait' in line])
        self.assertRegex(left[4], rf'^main +{main} '.encode())
        self.assertRegex(left[5].decode(), r'family:.* 4 of 4 processes upgraded')

    def test_quietly_there_are_errors_only(self):
        self.grow('fault=refuse@main')
        self.assertEqual(self.lines('--quiet', '--role', 'worker', 'family', V2), (0, [], []))
        status, lines, errors = self.lines('--quiet', '--role', 'main', 'family', V2)
        self.assertEqual((status, lines), (12, []))
        self.assertIn('told to refuse', ' '.join(errors))

    def test_the_list_has_roles_where_there_are_any(self):
        self.start()
        self.assertNotIn('ROLE', self.lines('--list')[1][0])
        self.talk(0).ask('bear worker')
        self.talk(1)
        lines = self.lines('--list')[1]
        self.assertEqual(lines[0].split()[:3], ['PROGRAM', 'PID', 'ROLE'])
        self.assertEqual(sorted(line.split()[2] for line in lines[1:]), ['main', 'worker'])

    def test_the_status_has_role_and_tree(self):
        self.grow('keep=worker')
        text = '\n'.join(self.lines('--status', self.pid(1))[1])
        self.assertRegex(text, r'\n  role +worker\n')
        self.assertRegex(text, r'\n  PID +kept in upgrades\n')
        self.assertEqual(re.findall(r'(\d+) +(worker|helper|main) +1  ', text),
                         [(str(self.pid(number)), role) for number, role in
                          ((1, 'worker'), (2, 'worker'), (3, 'helper'), (0, 'main'))])

    def test_the_status_of_a_trees_name_is_that_of_its_main_process(self):
        self.grow()
        status, events = self.tool('--status', 'family')
        self.assertEqual((status, events[0]['pid'], events[0]['role']),
                         (0, self.process.pid, 'main'))
        self.start_another()
        self.assertEqual(self.tool('--status', 'family')[0], 4)

    def test_the_status_of_a_process_by_itself_has_neither(self):
        self.start()
        text = '\n'.join(self.lines('--status', 'family')[1])
        self.assertNotIn('\n  role', text)
        self.assertNotIn('\n  tree', text)

    def test_the_json_status_tells_the_tree(self):
        self.grow('keep=worker')
        processes = self.tool('--list')[1]
        self.assertEqual(len({process['tree'] for process in processes}), 1)
        places = {process['role']: process['role_place'] for process in processes}
        self.assertLess(places['worker'], places['helper'])
        self.assertLess(places['helper'], places['main'])
        self.assertEqual({process['role'] for process in processes if process['keeps_pid']},
                         {'worker'})


if __name__ == '__main__':
    unittest.main(verbosity=2)
