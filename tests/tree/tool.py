# SPDX-License-Identifier: MIT
"""ekiden-upgrade upgrades all processes of a program that were forked from one another."""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import resource
import signal
import socket
import struct
import subprocess
import termios
import threading
import unittest

from family import SECONDS, TOOL, V1, V2, Family, Talk


class Tree(Family):
    """The eldest with two workers and a helper."""

    def grow(self, *arguments, **more):
        self.start(*arguments, **more)
        self.talks = {0: self.talk(0)}
        for number, role in (1, 'worker'), (2, 'worker'), (3, 'helper'):
            self.talks[0].ask('bear ' + role)
            self.talks[number] = self.talk(number)

    def whos(self):
        return {number: talk.who() for number, talk in self.talks.items()}

    def versions(self):
        return [who['version'] for who in self.whos().values()]

    def pid(self, number):
        return self.talks[number].who()['pid']

    def hold(self):
        """From now on successors with fault=hold wait, until release()."""
        pathlib.Path(self.sockets, 's.hold').touch()

    def release(self):
        os.unlink(os.path.join(self.sockets, 's.hold'))

    def begin(self, *arguments):
        """The tool, that runs, in a process group of its own; not for ever."""
        tool = subprocess.Popen([TOOL, '--json', *map(str, arguments)], env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                start_new_session=True)
        tool.events = []
        patience = threading.Timer(SECONDS, tool.kill)
        patience.start()
        self.addCleanup(patience.cancel)
        self.addCleanup(self.finish, tool)
        self.addCleanup(tool.kill)
        return tool

    def until(self, tool, **wanted):
        """The next event with these members."""
        for line in tool.stdout:
            tool.events.append(json.loads(line))
            if wanted.items() <= tool.events[-1].items():
                return tool.events[-1]
        self.fail(f'there is no {wanted}: {tool.events}')

    @staticmethod
    def finish(tool):
        """Its exit status; all it said is in tool.events."""
        if tool.stdout.closed:
            return tool.returncode
        tool.events += [json.loads(line) for line in tool.communicate(timeout=SECONDS)[0].splitlines()]
        return tool.returncode

    def lines(self, *arguments):
        """What is printed for people: exit status, standard output and error."""
        done = subprocess.run([TOOL, *map(str, arguments)], env={**self.environment, 'LC_ALL': 'C'},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=SECONDS, check=False)
        return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()

    def start_another(self):
        """A second instance of the program, with a worker."""
        prefix = self.sockets + '/t'
        process = subprocess.Popen([V1, prefix], env=self.environment, stdin=subprocess.DEVNULL)
        children = []

        def end():
            for pid in [process.pid, *children]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()

        self.addCleanup(end)
        with socket.socket(socket.AF_UNIX) as probe:
            self.wait_for(lambda: probe.connect_ex(prefix + '.0') == 0, 'it does not start')
        talk = Talk(prefix + '.0')
        self.addCleanup(talk.socket.close)
        children.append(int(talk.ask('bear worker')))
        self.wait_for(lambda: os.path.exists(f'{self.runtime}/family.{children[0]}'), 'no child')
        return process.pid, talk


def ends(events):
    """How each process fared: (event, role)."""
    return [(event['event'], event['role']) for event in events
            if event['event'] in ('committed', 'rehearsed', 'failed', 'ended', 'skipped', 'untried')]


def counts(event):
    return {name: event[name] for name in
            ('processes', 'succeeded', 'ended', 'skipped', 'failed', 'untried') if event[name]}


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


class Meanwhile(Tree):
    def test_a_process_that_ends_before_its_turn_is_no_error(self):
        self.grow('fault=hold@worker')
        self.hold()
        tool = self.begin('family', V2)
        first = self.until(tool, phase='warm')['predecessor_pid']
        self.assertEqual(first, self.pid(1))
        self.talks.pop(2).socket.sendall(b'end\n')
        self.wait_for(lambda: self.talks[0].ask('reap') != '-', 'it does not end')
        self.release()
        self.assertEqual(self.finish(tool), 0)
        self.assertEqual(ends(tool.events), [('committed', 'worker'), ('ended', 'worker'),
                                             ('committed', 'helper'), ('committed', 'main')])
        self.assertEqual(counts(tool.events[-1]), {'processes': 4, 'succeeded': 3, 'ended': 1})
        self.assertEqual(self.versions(), [2, 2, 2])

    def test_a_process_that_ends_during_its_upgrade_is_no_error(self):
        self.grow('fault=hold@helper')
        self.hold()
        tool = self.begin('family', V2)
        self.until(tool, phase='warm', role='helper')
        self.talks.pop(3).socket.sendall(b'end\n')
        self.wait_for(lambda: self.talks[0].ask('reap') != '-', 'it does not end')
        self.release()
        self.assertEqual(self.finish(tool), 0)
        self.assertEqual(ends(tool.events), [('committed', 'worker'), ('committed', 'worker'),
                                             ('ended', 'helper'), ('committed', 'main')])
        self.assertEqual(self.versions(), [2, 2, 2])

    def test_a_process_that_is_born_meanwhile_is_upgraded_as_well(self):
        self.grow('fault=hold@main')
        self.hold()
        tool = self.begin('family', V2)
        self.until(tool, phase='warm', role='main')
        self.talks[0].ask('bear worker')
        self.talks[4] = self.talk(4)
        self.assertEqual(self.talks[4].who()['version'], 1)
        self.release()
        self.assertEqual(self.finish(tool), 0)
        self.assertEqual(ends(tool.events)[-2:], [('committed', 'main'), ('committed', 'worker')])
        self.assertEqual((counts(tool.events[-1]), tool.events[-1]['rounds']),
                         ({'processes': 5, 'succeeded': 5}, 2))
        self.assertEqual(self.versions(), [2] * 5)

    def test_a_process_that_is_born_of_a_new_one_is_left_alone(self):
        self.grow('fault=hold@main')
        self.hold()
        tool = self.begin('family', V2)
        self.until(tool, phase='warm', role='main')
        self.talks[1].ask('bear helper')
        self.talks[101] = self.talk(101)
        born = self.talks[101].who()
        self.assertEqual(born['version'], 2)
        self.release()
        self.assertEqual(self.finish(tool), 0)
        self.assertEqual((counts(tool.events[-1]), tool.events[-1]['rounds']),
                         ({'processes': 4, 'succeeded': 4}, 1))
        self.assertEqual(self.talks[101].who()['pid'], born['pid'])

    def test_a_child_of_a_new_version_that_is_a_script_is_left_alone(self):
        self.grow('fault=hold@main')
        script = os.path.join(self.directory, 'family-script')
        pathlib.Path(script).write_text(f'#!/bin/sh\nexec {V2} "$@"\n')
        os.chmod(script, 0o755)
        self.hold()
        tool = self.begin('family', script)
        self.until(tool, phase='warm', role='main')
        self.talks[1].ask('bear helper')
        self.talks[101] = self.talk(101)
        self.release()
        self.assertEqual(self.finish(tool), 0)
        self.assertEqual((tool.events[-1]['processes'], tool.events[-1]['rounds']), (4, 1))
        self.assertEqual(self.versions(), [2] * 5)


    def test_births_without_end_are_given_up_on(self):
        self.grow('fault=hold@worker')
        self.hold()
        tool = self.begin('--role', 'worker', 'family', V2)
        for number in range(4, 14):
            if number == 4:
                self.upgrade_held(tool)  # of the first round's two
            event = self.until(tool, phase='warm')
            self.talks[0].ask('bear worker')
            self.talks[number] = self.talk(number)
            self.let_through(tool, event['predecessor_pid'])
        self.assertEqual(self.finish(tool), 17)
        self.assertEqual((counts(tool.events[-1]), tool.events[-1]['rounds']),
                         ({'processes': 12, 'succeeded': 11, 'untried': 1}, 10))
        self.assertEqual((tool.events[-1]['error'], self.talks[13].who()['version']),
                         ('EKIDEN_ELIMIT', 1))

    def upgrade_held(self, tool):
        self.let_through(tool, self.until(tool, phase='warm')['predecessor_pid'])

    def let_through(self, tool, pid):
        """The process's upgrade ends, and the tool goes on when the next one is held again."""
        talk = next(talk for talk in self.talks.values() if talk.who()['pid'] == pid)
        tool.send_signal(signal.SIGSTOP)
        self.release()
        self.wait_for(lambda: talk.who()['version'] == 2, 'it is not upgraded')
        self.hold()
        tool.send_signal(signal.SIGCONT)


class Parallel(Tree):
    def begun(self, tool):
        return {event['predecessor_pid'] for event in tool.events if event['event'] == 'seen'}

    def test_as_many_of_a_role_as_were_asked_for_are_under_way_at_once(self):
        self.grow('fault=hold@worker')
        self.talks[0].ask('bear worker')
        self.talks[4] = self.talk(4)
        self.hold()
        tool = self.begin('--parallel', '2', 'family', V2)
        self.until(tool, phase='warm')
        self.until(tool, phase='warm')
        self.assertEqual(self.begun(tool), {self.pid(1), self.pid(2)})
        self.release()
        self.assertEqual(self.finish(tool), 0)
        self.assertEqual(self.versions(), [2] * 5)

    def test_who_waits_for_another_upgrade_upgrades_what_came_of_it(self):
        self.grow('fault=hold@worker')
        self.hold()
        other = self.begin(self.pid(1), V2)
        self.until(other, phase='warm')
        tool = self.begin('--wait', 'family', V2, '--', self.sockets + '/s')
        self.until(tool, event='notice', role='worker')
        self.release()
        self.assertEqual((self.finish(other), self.finish(tool)), (0, 0))
        self.assertEqual(counts(tool.events[-1]), {'processes': 4, 'succeeded': 4})
        self.assertEqual(ends(tool.events)[0], ('committed', 'worker'))
        self.assertEqual(self.versions(), [2] * 4)

    def test_a_role_begins_when_the_one_before_has_ended(self):
        self.grow('fault=hold@worker')
        self.hold()
        tool = self.begin('--parallel', '9', 'family', V2)
        self.until(tool, phase='warm')
        self.until(tool, phase='warm')
        self.release()
        self.assertEqual(self.finish(tool), 0)
        order = [event['role'] for event in tool.events if event['event'] in ('seen', 'committed')]
        self.assertEqual(order[4:], ['helper', 'helper', 'main', 'main'])
        self.assertEqual(self.versions(), [2] * 4)

    def test_one_after_the_other_without_the_option(self):
        self.grow()
        _, events = self.tool('family', V2)
        self.assertEqual([event['event'] for event in events
                          if event['event'] in ('seen', 'committed')], ['seen', 'committed'] * 4)

    def test_after_a_failure_those_that_are_under_way_come_to_their_end(self):
        self.grow('fault=hold@worker')
        self.hold()
        tool = self.begin('--parallel', '2', 'family', V2)
        self.until(tool, phase='warm')
        self.until(tool, phase='warm')
        self.assertEqual(self.tool('--cancel', self.pid(2))[0], 0)
        self.until(tool, event='failed', predecessor_pid=self.pid(2))
        self.release()
        self.assertEqual(self.finish(tool), 18)
        self.assertEqual(sorted(ends(tool.events)), [('committed', 'worker'), ('failed', 'worker'),
                                                     ('untried', 'helper'), ('untried', 'main')])
        self.assertEqual(self.versions(), [1, 2, 1, 1])


class Interrupt(Tree):
    def test_ctrl_c_calls_off_those_under_way_and_begins_no_more(self):
        self.grow('fault=hold@worker')
        before = self.whos()
        self.hold()
        tool = self.begin('--parallel', '2', '--keep-going', 'family', V2)
        self.until(tool, phase='warm')
        self.until(tool, phase='warm')
        tool.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(tool), 18)
        self.assertEqual(sorted(ends(tool.events)), [('failed', 'worker'), ('failed', 'worker'),
                                                     ('untried', 'helper'), ('untried', 'main')])
        self.assertEqual(tool.events[-1]['error'], 'EKIDEN_ECANCELLED')
        for number, who in self.whos().items():
            self.assertEqual((who['pid'], who['version']), (before[number]['pid'], 1))

    def test_the_terminals_ctrl_c_comes_to_each_once_and_is_confirmed(self):
        self.grow('fault=hold@worker')
        self.hold()
        tool = self.begin('--parallel', '2', 'family', V2)
        self.until(tool, phase='warm')
        self.until(tool, phase='warm')
        os.killpg(tool.pid, signal.SIGINT)
        self.assertEqual(self.finish(tool), 18)
        self.assertEqual([event['serves_on'] for event in tool.events
                          if event['event'] == 'failed'], [True, True])

    def test_what_was_upgraded_before_ctrl_c_stays_so(self):
        self.grow('fault=hold@helper')
        self.hold()
        tool = self.begin('family', V2)
        self.until(tool, phase='warm', role='helper')
        tool.send_signal(signal.SIGTERM)
        self.assertEqual(self.finish(tool), 18)
        self.assertIn('--skip-same', tool.events[-1]['next'])
        self.assertEqual(self.versions(), [1, 2, 2, 1])

    def test_the_end_of_the_tool_calls_all_off(self):
        self.grow('fault=hold@worker')
        self.hold()
        tool = self.begin('--parallel', '2', 'family', V2)
        self.until(tool, phase='warm')
        self.until(tool, phase='warm')
        tool.kill()
        tool.wait()
        self.wait_for(lambda: len(self.members()) == 4, 'a successor is left')
        self.release()
        status, events = self.tool('family', V2)
        self.assertEqual((status, events[-1]['succeeded']), (0, 4))


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
        self.assertEqual(re.findall(r'(\d+)  (worker|helper|main) +1  ', text),
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
