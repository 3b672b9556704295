# SPDX-License-Identifier: MIT
"""ekiden-upgrade upgrades all processes of a program that were forked from one another."""
import os
import pathlib
import resource
import signal
import subprocess
import unittest

from family import SECONDS, TOOL, V1, V2
from grown import Tree, counts, ends


class Whole(Tree):
    def test_all_processes_are_upgraded_in_the_order_of_their_roles(self):
        self.grow()
        before = self.whos()
        status, events = self.tool('family', V2)
        self.assertEqual(status, 0)
        self.assertEqual(ends(events), [('committed', 'worker'), ('committed', 'worker'),
                                        ('committed', 'helper'), ('committed', 'main')])
        self.assertEqual([event['predecessor_pid'] for event in events
                          if event['event'] == 'committed'],
                         [before[number]['pid'] for number in (1, 2, 3, 0)])
        for number, who in self.whos().items():
            self.assertEqual((who['version'], who['role'], who['count']),
                             (2, before[number]['role'], before[number]['count'] + 1))

    def test_every_event_tells_process_and_role_and_the_last_one_counts(self):
        self.grow()
        roles = {who['pid']: who['role'] for who in self.whos().values()}
        _, events = self.tool('family', V2)
        for event in events[:-1]:
            self.assertEqual(event['role'], roles[event['predecessor_pid']])
        self.assertEqual({event['predecessor_pid'] for event in events[:-1]}, set(roles))
        self.assertEqual(events[-1]['event'], 'tree')
        self.assertEqual(counts(events[-1]), {'processes': 4, 'succeeded': 4})
        self.assertEqual((events[-1]['rounds'], events[-1]['error'], events[-1]['exit_status']),
                         (1, None, 0))
        self.assertEqual(events[-1]['longest_pause_us'],
                         max(event['pause_us'] for event in events if 'pause_us' in event))

    def test_a_tree_is_upgraded_again_and_again(self):
        self.grow()
        for _ in range(5):
            status, events = self.tool('family', V1)
            self.assertEqual((status, events[-1]['succeeded'], events[-1]['rounds']), (0, 4, 1))
        self.assertEqual(self.versions(), [1, 1, 1, 1])

    def test_a_rehearsal_tries_each_and_changes_nothing(self):
        self.grow()
        before = self.whos()
        status, events = self.tool('--rehearse', 'family', V2)
        self.assertEqual((status, events[-1]['event'], events[-1]['rehearse']), (0, 'tree', True))
        self.assertEqual(ends(events), [('rehearsed', 'worker'), ('rehearsed', 'worker'),
                                        ('rehearsed', 'helper'), ('rehearsed', 'main')])
        for number, who in self.whos().items():
            self.assertEqual((who['pid'], who['version']), (before[number]['pid'], 1))

    def test_verification_and_arguments_are_for_each(self):
        self.grow()
        status, events = self.tool('--verify', 'family', V2, '--', self.sockets + '/s', 'keep=none')
        self.assertEqual(status, 0)
        for event in events:
            if event['event'] == 'committed':
                self.assertEqual([item['verdict'] for item in event['items']], ['same as given'])
        for who in self.whos().values():
            arguments = pathlib.Path(f'/proc/{who["pid"]}/cmdline').read_bytes().split(b'\0')
            self.assertEqual(arguments[2], b'keep=none')

    def test_a_tree_may_keep_its_pids(self):
        self.grow()
        before = self.whos()
        status, events = self.tool('--keep-pid', 'family', V2)
        self.assertEqual((status, counts(events[-1]), events[-1]['rounds']),
                         (0, {'processes': 4, 'succeeded': 4}, 1))
        for number, who in self.whos().items():
            self.assertEqual((who['version'], who['pid'], who['parent']),
                             (2, before[number]['pid'], before[number]['parent']))

    def test_a_role_that_keeps_its_pid_is_one_of_the_tree(self):
        self.grow('keep=main')
        status, events = self.tool('family', V2)
        self.assertEqual((status, counts(events[-1])), (0, {'processes': 4, 'succeeded': 4}))
        self.assertEqual(self.pid(0), self.process.pid)
        self.assertEqual(self.versions(), [2] * 4)

    def test_a_process_by_itself_may_be_named_as_a_tree(self):
        self.start()
        status, events = self.tool('--tree', 'family', V2)
        self.assertEqual((status, events[-1]['event']), (0, 'tree'))
        self.assertEqual(counts(events[-1]), {'processes': 1, 'succeeded': 1})


class Choice(Tree):
    def test_a_role_is_upgraded_alone(self):
        self.grow()
        status, events = self.tool('--role', 'worker', 'family', V2)
        self.assertEqual((status, ends(events)), (0, [('committed', 'worker')] * 2))
        self.assertEqual(self.versions(), [1, 2, 2, 1])

    def test_several_roles_keep_their_order(self):
        self.grow()
        _, events = self.tool('--role', 'main', '--role', 'helper', 'family', V2)
        self.assertEqual(ends(events), [('committed', 'helper'), ('committed', 'main')])
        self.assertEqual(self.versions(), [2, 1, 1, 2])

    def test_a_role_that_nobody_is_in_is_not_found(self):
        self.grow()
        status, events = self.tool('--role', 'cook', 'family', V2)
        self.assertEqual((status, [event['error'] for event in events]), (3, ['EKIDEN_ENOTFOUND']))
        self.assertIn('"cook"; there are: ', events[0]['sentence'])
        for role in 'worker', 'helper', 'main':
            self.assertIn(role, events[0]['sentence'])
        self.assertIn('name one of these roles', events[0]['next'])
        self.assertEqual(self.versions(), [1, 1, 1, 1])

    def test_a_pid_alone_is_one_process(self):
        self.grow()
        self.upgrade(self.process.pid)
        self.assertEqual(self.versions(), [2, 1, 1, 1])

    def test_options_of_a_tree_are_refused_for_a_pid_alone(self):
        self.grow()
        for options in ('--role', 'worker'), ('--skip-same',), ('--keep-going',), ('--parallel', '2'):
            status, _, errors = self.lines(*options, self.process.pid, V2)
            self.assertEqual(status, 64)
            self.assertIn(f'--tree {self.process.pid}', errors[0])
        self.assertEqual(self.versions(), [1, 1, 1, 1])

    def test_two_instances_are_ambiguous_and_nothing_is_upgraded(self):
        self.grow()
        other, talk = self.start_another()
        status, events = self.tool('family', V2)
        self.assertEqual((status, len(events), events[0]['error']), (4, 1, 'EKIDEN_EAMBIGUOUS'))
        self.assertIn(f'{self.process.pid} (4 processes)', events[0]['sentence'])
        self.assertIn(f'{other} (2 processes)', events[0]['sentence'])
        self.assertIn('--tree', events[0]['sentence'])
        self.assertEqual((self.versions(), talk.who()['version']), ([1, 1, 1, 1], 1))

    def test_the_tree_of_any_of_its_processes_is_upgraded_and_the_other_is_not(self):
        self.grow()
        _, talk = self.start_another()
        status, events = self.tool('--tree', self.pid(3), V2)
        self.assertEqual((status, counts(events[-1])), (0, {'processes': 4, 'succeeded': 4}))
        self.assertEqual((self.versions(), talk.who()['version']), ([2, 2, 2, 2], 1))


    def test_what_cannot_be_understood_of_several_is_refused(self):
        for words in (['--parallel', '0'], ['--parallel', 'many'], ['--parallel', '1001'],
                      ['--tree', '--rehearse', '--times', '2']):
            self.environment = os.environ
            self.assertEqual(self.lines(*words, 'family', V2)[0], 64, words)
        self.assertEqual(self.lines('--role', 'worker', '--status', 'family')[0], 64)

    def test_more_processes_than_descriptors_are_allowed_at_first_are_no_obstacle(self):
        self.grow()
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        done = subprocess.run([TOOL, '--quiet', 'family', V2], env=self.environment,
                              stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                                    (7, most)))
        self.assertEqual((done.returncode, self.versions()), (0, [2] * 4))


class Failure(Tree):
    def test_the_first_failure_stops_and_says_who_was_not_tried(self):
        self.grow('fault=refuse@helper')
        status, events = self.tool('family', V2)
        self.assertEqual(status, 12)
        self.assertEqual(ends(events), [('committed', 'worker'), ('committed', 'worker'),
                                        ('failed', 'helper'), ('untried', 'main')])
        self.assertEqual(counts(events[-1]),
                         {'processes': 4, 'succeeded': 2, 'failed': 1, 'untried': 1})
        self.assertEqual((events[-1]['error'], events[-1]['exit_status']), ('EKIDEN_EREFUSED', 12))
        self.assertIn('--skip-same', events[-1]['next'])
        self.assertEqual(self.versions(), [1, 2, 2, 1])

    def test_with_keep_going_the_others_are_upgraded(self):
        self.grow('fault=refuse@worker')
        status, events = self.tool('--keep-going', 'family', V2)
        self.assertEqual((status, counts(events[-1])),
                         (12, {'processes': 4, 'succeeded': 2, 'failed': 2}))
        self.assertEqual(self.versions(), [2, 1, 1, 2])

    def test_a_process_that_has_failed_is_not_tried_again_under_another_pid(self):
        self.grow('keep=main', 'fault=kill')
        status, events = self.tool('--role', 'main', '--keep-going', 'family', V2)
        self.assertNotEqual(status, 0)
        self.assertEqual((counts(events[-1]), self.versions()),
                         ({'processes': 1, 'failed': 1}, [1] * 4))
        self.assertNotEqual(self.pid(0), self.process.pid)

    def test_a_tree_that_is_half_done_is_completed(self):
        self.grow('fault=refuse@helper')
        self.assertEqual(self.tool('family', V2)[0], 12)
        done = [self.pid(1), self.pid(2)]
        status, events = self.tool('--skip-same', 'family', V2, '--', self.sockets + '/s')
        self.assertEqual((status, ends(events)),
                         (0, [('skipped', 'worker'), ('skipped', 'worker'),
                              ('committed', 'helper'), ('committed', 'main')]))
        self.assertEqual([self.pid(1), self.pid(2)], done)
        self.assertEqual(self.versions(), [2, 2, 2, 2])

    def test_the_same_file_is_known_by_any_name(self):
        self.grow()
        link = os.path.join(self.directory, 'family-again')
        os.symlink(V1, link)
        status, events = self.tool('--skip-same', 'family', link)
        self.assertEqual((status, counts(events[-1])), (0, {'processes': 4, 'skipped': 4}))

    def test_a_process_that_does_not_answer_is_of_its_parents_tree(self):
        self.grow()
        stopped = self.pid(2)
        os.kill(stopped, signal.SIGSTOP)
        try:
            status, events = self.tool('--keep-going', '--timeout', '1', 'family', V2)
        finally:
            os.kill(stopped, signal.SIGCONT)
        self.assertEqual((status, counts(events[-1])),
                         (14, {'processes': 4, 'succeeded': 3, 'failed': 1}))
        self.assertEqual([event['predecessor_pid'] for event in events
                          if event['event'] == 'failed'], [stopped])
        self.assertEqual(self.versions(), [2, 2, 1, 2])


    def test_a_part_of_the_tool_that_is_killed_is_a_failure_and_its_process_serves_on(self):
        self.grow('fault=hold@worker')
        self.hold()
        tool = self.begin('family', V2)
        self.until(tool, phase='warm')
        for part in pathlib.Path(f'/proc/{tool.pid}/task/{tool.pid}/children').read_text().split():
            os.kill(int(part), signal.SIGKILL)
        self.assertEqual(self.finish(tool), 72)
        self.assertEqual(ends(tool.events)[0], ('failed', 'worker'))
        self.assertEqual([event['phase'] for event in tool.events if event['event'] == 'failed'],
                         ['warm'])
        self.release()
        self.wait_for(lambda: len(self.members()) == 4, 'a successor is left')
        self.assertEqual(self.versions(), [1] * 4)


if __name__ == '__main__':
    unittest.main(verbosity=2)
