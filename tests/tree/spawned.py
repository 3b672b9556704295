# SPDX-License-Identifier: MIT
"""A process in a sandbox is succeeded by a fork of another one of its tree."""
import concurrent.futures
import json
import os
import signal
import subprocess
import threading
import time
import unittest

from lodge import NOBODY, SECONDS, TOOL, V1, V2, Lodge, say

is_root = unittest.skipUnless(os.geteuid() == 0, 'only root can give up what it has')


class Sandboxed(Lodge):
    """Sessions that see no file, are nobody, and cannot fork."""

    def begin(self, *arguments):
        self.start(*arguments, sandbox=True)
        self.guests = [self.guest(), self.guest()]
        self.upgrade(self.desk_pid())

    @is_root
    def test_its_client_never_notices_and_the_new_one_is_in_the_sandbox_as_well(self):
        self.begin()
        guest = self.guests[0]
        before = self.who(guest)
        self.assertEqual((before['version'], before['user'], before['place'], before['forks']),
                         (1, NOBODY, 'inside', 'alone'))
        event = self.upgrade(before['pid'])
        after = self.who(guest)
        self.assertEqual(after, {**before, 'pid': event['successor_pid'], 'version': 2,
                                 'count': before['count'] + 1})
        self.assertEqual((event['predecessor_pid'], event['from_version'], event['to_version']),
                         (before['pid'], 1, 2))
        self.assertEqual(after['parent'], self.process.pid)

    @is_root
    def test_ten_times_over_with_the_same_client_and_nothing_is_left_behind(self):
        self.begin()
        guest = self.guests[0]
        self.upgrade(self.who(guest)['pid'])
        opened, desk_opened = say(guest, 'open'), self.desk('open')
        opened_later = say(self.guest(), 'open')
        for number in range(10):
            pid = self.who(guest)['pid']
            event = self.upgrade(pid)
            self.wait_for(lambda: int(self.desk('reaped')) == number + 2, 'it does not end')
            self.assertEqual(self.who(guest)['pid'], event['successor_pid'])
        self.assertEqual((say(guest, 'open'), self.desk('open')), (opened, desk_opened))
        self.assertEqual(say(self.guest(), 'open'), opened_later)
        self.assertEqual(self.who(guest)['count'], 25)
        self.assertEqual(self.tool('--list')[0], 0)  # it takes away what they could not
        self.assertEqual(len(self.sockets()), 5)  # of the desk and four sessions

    @is_root
    def test_a_tree_is_upgraded_by_its_name_the_desk_first(self):
        self.start(sandbox=True)
        guests = [self.guest() for _ in range(5)]
        for _ in range(3):
            status, events = self.tool('lodge', V2)
            self.assertEqual((status, events[-1]['succeeded']), (0, 6), events[-1])
            self.assertEqual([event['role'] for event in events if event['event'] == 'committed'],
                             ['main'] + ['session'] * 5)
            self.assertEqual({self.who(guest)['version'] for guest in guests}, {2})
        status, events = self.tool('--parallel', '5', 'lodge', V2)
        self.assertEqual((status, events[-1]['succeeded']), (0, 6), events[-1])

    @is_root
    def test_one_that_forgets_its_sandbox_is_told_of(self):
        self.begin('fault=outside')
        status, events = self.tool(self.who(self.guests[0])['pid'], V2)
        self.assertEqual((status, events[-1]['event']), (0, 'committed'), events[-1])
        notices = [event['sentence'] for event in events if event['event'] == 'notice']
        self.assertEqual(len(notices), 1, notices)
        self.assertIn(f'runs as user 0, the old one as user {NOBODY}, and sees all files',
                      notices[0])

    @is_root
    def test_one_that_is_called_off_leaves_no_name_behind(self):
        self.begin('fault=refuse')
        before = self.sockets()
        self.refused(self.guests[0])
        self.assertEqual(self.sockets(), before)

    @is_root
    def test_without_a_descriptor_left_operators_are_turned_away_one_after_the_other(self):
        self.begin()
        guest = self.guests[0]
        pid = self.who(guest)['pid']
        say(guest, 'full')
        for _ in range(3):
            self.assertEqual(self.tool('--timeout', '5', pid, V2)[1][-1]['error'], 'EKIDEN_EPEER')
        say(guest, 'room')
        self.upgrade(pid)

    @is_root
    def test_it_is_rehearsed_verified_and_kept_in_a_file_without_a_look_at_any(self):
        self.begin()
        pid = self.who(self.guests[0])['pid']
        status, events = self.tool('--rehearse', pid, V2)
        self.assertEqual((status, events[-1]['event']), (0, 'rehearsed'), events[-1])
        event = self.upgrade(pid, V2, '--verify')
        path = os.path.join(os.path.dirname(self.prefix), 'snapshot')
        status, events = self.tool('--snapshot', path, event['successor_pid'])
        self.assertEqual((status, events[-1]['event']), (0, 'snapshot'), events[-1])

    @is_root
    def test_in_pid_namespaces_of_their_own_each_is_known_by_its_pid_outside(self):
        self.begin('isolate')
        for guest in self.guests:
            self.assertEqual(self.who(guest)['pid'], 1)
        pids = sorted(set(self.sockets()) - {self.desk_pid()})
        self.assertEqual(len(pids), 2)
        for pid in pids:
            event = self.upgrade(pid)
            self.assertNotEqual(event['successor_pid'], 1)
        for guest in self.guests:
            who = self.who(guest)
            self.assertEqual((who['pid'], who['version'], who['place']), (1, 2, 'inside'))

    @is_root
    def test_a_session_that_begins_in_the_new_version_is_upgraded_as_well(self):
        self.begin()
        guest = self.guest()
        self.assertEqual(self.who(guest)['version'], 2)
        self.upgrade(self.who(guest)['pid'])
        self.assertEqual((self.who(guest)['user'], self.who(guest)['place']), (NOBODY, 'inside'))


class Forked(Lodge):
    """The same of sessions that are in no sandbox: what is asked for and refused."""

    def begin(self, *arguments, **how):
        self.start(*arguments, **how)
        self.guests = [self.guest()]
        self.upgrade(self.desk_pid())

    def test_its_client_never_notices(self):
        self.begin()
        before = self.who(self.guests[0])
        event = self.upgrade(before['pid'])
        self.assertEqual(self.who(self.guests[0]),
                         {**before, 'pid': event['successor_pid'], 'version': 2,
                          'count': before['count'] + 1})

    def test_one_that_has_no_parent_any_more_is_found_by_its_tree(self):
        self.begin('moves')
        self.assertNotEqual(self.who(self.guests[0])['parent'], self.desk_pid())
        self.upgrade(self.who(self.guests[0])['pid'])
        self.assertEqual(self.who(self.guests[0])['version'], 2)

    def test_it_goes_on_in_its_lineage_and_its_tree(self):
        self.begin()
        self.upgrade(self.who(self.guests[0])['pid'])
        pid = self.who(self.guests[0])['pid']
        events = {event['pid']: event for event in self.tool('--list')[1]}
        self.assertEqual((events[pid]['leg'], events[pid]['role'], len(events[pid]['lineage'])),
                         (2, 'session', 2))
        self.assertEqual(events[pid]['tree'], events[self.desk_pid()]['tree'])
        self.assertEqual((events[pid]['spawned_by'], events[self.desk_pid()]['spawned_by']),
                         ('main', None))

    def test_rehearsal_changes_nothing(self):
        self.begin()
        before = self.who(self.guests[0])
        status, events = self.tool('--rehearse', before['pid'], V2)
        self.assertEqual((status, events[-1]['event']), (0, 'rehearsed'), events[-1])
        self.assertEqual(self.who(self.guests[0]), {**before, 'count': before['count'] + 1})

    def test_verification_is_as_of_any_other(self):
        self.begin()
        self.upgrade(self.who(self.guests[0])['pid'], V2, '--verify')

    def test_a_desk_that_is_started_anew_finds_its_predecessor_among_the_sessions_by_its_role(self):
        self.start()
        guest = self.guest()
        before = self.who(guest)
        self.supervise('lodge:main')
        self.wait_for(lambda: self.desk('ask').split()[1] == '2', 'it does not take over')
        after = self.who(guest)
        self.assertEqual((after['pid'], after['version']), (before['pid'], 1))

    def test_or_is_told_that_there_are_several(self):
        self.start()
        self.guest()
        self.assertIn('2 processes of lodge serve', self.supervise('lodge').communicate(timeout=SECONDS)[1])
        self.assertEqual(self.desk('ask').split()[1], '1')

    def supervise(self, predecessor):
        """The new version, as a supervisor starts it."""
        process = subprocess.Popen([V2, self.prefix], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True,
                                   env={**self.environment, 'EKIDEN_PREDECESSOR': predecessor})
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def test_who_starts_it_must_run_the_new_version_first(self):
        self.start()
        event = self.refused(self.guest())
        self.assertIn('upgrade that role first', event['sentence'])
        self.assertEqual(event['error'], 'EKIDEN_EREFUSED')
        self.assertIn('runs ' + V1, event['sentence'])
        self.assertIn('ekiden-upgrade --role main lodge NEW_BINARY', event['next'])

    def test_a_new_version_that_is_not_there_is_told_before_anything_else(self):
        self.start()
        event = self.refused(self.guest(), binary='./not-there')
        self.assertEqual(event['error'], 'EKIDEN_EBINARY')
        self.assertIn('not-there: No such file or directory', event['sentence'])
        self.assertIn('runs ' + V1, event['next'])

    def test_where_nobody_can_start_it_the_tool_says_that_it_can(self):
        self.begin()
        desk = self.desk_pid()
        os.kill(desk, signal.SIGSTOP)
        began = time.monotonic()
        event = self.refused(self.guests[0], '--timeout', '1')
        self.assertLess(time.monotonic() - began, 3.9)  # each of two looks had 2 s
        self.assertEqual(event['error'], 'EKIDEN_ETIMEOUT')
        self.assertIn(f'process {desk}, which may be the one to start the successor', event['sentence'])
        self.assertIn('it is stopped', event['sentence'])
        self.assertIn('ekiden-upgrade --spawn-here ' + str(event['predecessor_pid']), event['next'])

    def stop_desk(self, seconds):
        desk = self.desk_pid()
        os.kill(desk, signal.SIGSTOP)
        goes_on = threading.Timer(seconds, os.kill, (desk, signal.SIGCONT))
        goes_on.start()
        self.addCleanup(goes_on.join)

    def test_who_starts_it_may_have_other_things_to_do_first(self):
        self.begin()
        pid = self.who(self.guests[0])['pid']
        self.stop_desk(5)
        self.upgrade(pid)

    def test_so_may_one_that_is_not_its_parent(self):
        self.begin('moves')
        pid = self.who(self.guests[0])['pid']
        self.stop_desk(5)
        self.upgrade(pid)

    def test_one_that_is_not_its_parent_is_named_where_it_does_not_answer(self):
        self.begin('moves')
        desk = self.desk_pid()
        os.kill(desk, signal.SIGSTOP)
        event = self.refused(self.guests[0], '--timeout', '1')
        self.assertEqual(event['error'], 'EKIDEN_ETIMEOUT')
        self.assertIn(f'process {desk}, which may be the one to start the successor', event['sentence'])

    def test_many_at_once_wait_for_who_starts_them(self):
        self.many_at_once()

    def test_many_at_once_wait_for_one_that_is_not_their_parent(self):
        self.many_at_once('moves')

    def many_at_once(self, *arguments):
        self.start(*arguments)
        guests = [self.guest() for _ in range(30)]
        pids = [self.who(guest)['pid'] for guest in guests]
        self.upgrade(self.desk_pid())
        self.stop_desk(1)
        with concurrent.futures.ThreadPoolExecutor(len(pids)) as all_at_once:
            list(all_at_once.map(self.upgrade, pids))
        self.assertEqual({self.who(guest)['version'] for guest in guests}, {2})

    def test_arguments_for_a_fork_are_refused(self):
        self.begin()
        before = self.who(self.guests[0])
        status, events = self.tool(before['pid'], V2, '--', 'mine')
        self.assertEqual((events[-1]['error'], events[-1]['serves_on']), ('EKIDEN_EINVAL', True))
        self.assertIn('leave out those behind --', events[-1]['sentence'])
        self.assertNotEqual(status, 0)
        self.assertEqual(self.who(self.guests[0]), {**before, 'count': before['count'] + 1})

    def test_in_a_tree_they_are_for_those_that_are_executed(self):
        self.start()
        guest = self.guest()
        status, events = self.tool('lodge', V2, '--', self.prefix)
        self.assertEqual((status, events[-1]['succeeded']), (0, 2), events[-1])
        self.assertEqual(self.who(guest)['version'], 2)

    def test_an_upgrade_is_no_error_in_its_log(self):
        self.begin(logs=True)
        self.upgrade(self.who(self.guests[0])['pid'])
        self.assertIn('was asked for', self.log())
        self.assertNotIn('refused', self.log())

    def test_a_signal_to_it_is_refused_in_its_log(self):
        self.begin(logs=True)
        os.kill(self.who(self.guests[0])['pid'], 12)
        self.who(self.guests[0])
        self.wait_for(lambda: 'upgrade refused: the successor of this process' in self.log(),
                      'nothing is said of it')

    def test_a_signal_to_it_upgrades_nothing(self):
        self.begin()
        before = self.who(self.guests[0])
        os.kill(before['pid'], 12)
        self.assertEqual(self.who(self.guests[0]), {**before, 'count': before['count'] + 1})

    def test_a_program_without_the_function_says_so(self):
        self.begin('fault=unset')
        sentence = self.refused(self.guests[0])['sentence']
        self.assertIn('ekiden_set_spawn', sentence)
        self.assertIn(f'process {self.desk_pid()} of role "main" starts no successors', sentence)

    def leave_meanwhile(self, *options):
        """A session whose client leaves in phase warm: what the tool has printed, and its PID."""
        self.begin('fault=hang')
        pid = self.who(self.guests[0])['pid']
        tool = subprocess.Popen([TOOL, *options, str(pid), V2], env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        self.addCleanup(tool.kill)
        self.wait_for(lambda: len(self.members()) == 3, 'its successor is not forked')
        self.guests[0].sendall(b'end\n')
        return pid, *tool.communicate(timeout=SECONDS)

    def test_one_whose_client_leaves_meanwhile_is_not_said_to_be_the_whole_service(self):
        pid, output, errors = self.leave_meanwhile()
        self.assertIn(f'lodge (pid {pid}) of role session has ended', errors)
        self.assertNotIn('nobody serves', output + errors)
        self.assertNotIn('start the program again', output + errors)

    def test_events_have_the_role_of_one_process_as_well(self):
        _, output, _ = self.leave_meanwhile('--json')
        events = [json.loads(line) for line in output.splitlines()]
        self.assertEqual({event['role'] for event in events}, {'session'})
        self.assertEqual((events[-1]['event'], events[-1]['serves_on']), ('failed', False))
        self.assertIn('other processes serve on', events[-1]['next'])

    def test_one_that_does_not_serve_yet_is_told_apart(self):
        self.begin('fault=late')
        pid, desk = self.who(self.guests[0])['pid'], self.desk_pid()
        tool = subprocess.Popen([TOOL, str(pid), V2], env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(tool.wait)
        self.addCleanup(tool.kill)
        self.wait_for(lambda: len([one for one in self.sockets() if one > 0]) == 3,
                      'its successor has no name')
        successor, = set(self.sockets()) - {pid, desk}
        said = f'to succeed process {pid}, and does not serve yet'
        events = {event['pid']: event for event in self.tool('--list')[1]}
        self.assertIn(said, events[successor]['sentence'])
        event = self.tool('--timeout', '1', successor, V2)[1][-1]
        self.assertIn(said, event['sentence'])
        self.assertIn(f'--cancel {pid}', event['next'])
        events = self.tool('--keep-going', '--tree', desk, V2)[1]
        self.assertEqual({event['predecessor_pid'] for event in events
                          if event.get('predecessor_pid')}, {pid, desk})

    def test_of_one_that_was_replaced_its_successor_is_named(self):
        self.begin()
        pid = self.who(self.guests[0])['pid']
        event = self.upgrade(pid)
        self.wait_for(lambda: not os.path.exists(f'/proc/{pid}'), 'it does not end')
        told = self.tool(pid, V2)[1][-1]
        self.assertEqual(told['error'], 'EKIDEN_ENOTFOUND')
        self.assertIn(f"process {event['successor_pid']} serves now", told['sentence'])

    def test_that_it_cannot_fork_is_told_with_the_reason(self):
        self.begin('fault=fork')
        event = self.refused(self.guests[0])
        self.assertEqual(event['error'], 'EKIDEN_ESYSTEM')
        self.assertIn('Resource temporarily unavailable', event['sentence'])

    def test_a_function_that_forks_nobody_is_an_error(self):
        self.begin('fault=nobody')
        self.assertIn('has started no successor', self.refused(self.guests[0])['sentence'])

    def expect_harmless(self, fault, error, *options, logs=False):
        self.begin('fault=' + fault, logs=logs)
        opened = self.desk('open')
        event = self.refused(self.guests[0], *options)
        self.assertEqual(event['error'], error, event)
        self.assertEqual(self.desk('ask').split()[1], '2')
        served = sorted([self.desk_pid(), self.who(self.guests[0])['pid']])
        self.wait_for(lambda: self.members() == served, 'the child is left')
        self.assertEqual(self.desk('open'), opened)
        self.assertEqual(self.sockets(), served)
        return event

    def test_a_child_that_leaves_at_once_harms_nobody(self):
        event = self.expect_harmless('leave', 'EKIDEN_EPEER')
        self.assertIn('ekiden_succeed()', event['sentence'])

    def test_a_child_that_comes_back_from_the_function_is_ended(self):
        self.expect_harmless('back', 'EKIDEN_EPEER', logs=True)
        self.assertIn('ekiden_set_spawn() has returned in the child', self.log())

    def test_a_child_that_leaves_as_a_successor_harms_nobody(self):
        self.expect_harmless('exit', 'EKIDEN_EPEER')

    def test_a_child_that_hangs_is_ended_when_the_time_is_over(self):
        self.expect_harmless('hang', 'EKIDEN_ETIMEOUT', '--timeout', '1')

    def begin_upgrade(self, pid, word, *options):
        """Until its events have this word."""
        tool = subprocess.Popen([TOOL, '--json', *options, str(pid), V2], env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(tool.stdout.close)
        self.addCleanup(tool.wait)
        self.addCleanup(tool.kill)
        for line in tool.stdout:
            event = json.loads(line)
            if word in (event.get('phase'), event['event']):
                return tool
        self.fail(f'there was no {word}')

    def test_who_waits_for_one_that_cannot_be_upgraded_any_more_is_told_that(self):
        self.begin('fault=hang')
        pid = self.who(self.guests[0])['pid']
        under_way = self.begin_upgrade(pid, 'check')
        queued = self.begin_upgrade(pid, 'notice', '--wait')
        self.assertEqual(say(self.guests[0], 'leave'), '0')
        for tool in under_way, queued:
            event = json.loads(tool.communicate(timeout=SECONDS)[0].splitlines()[-1])
            self.assertEqual((event['event'], event['serves_on']), ('failed', True), event)
            self.assertIn('cannot be upgraded any more', event['sentence'])

    def test_a_child_that_refuses_tells_why(self):
        event = self.expect_harmless('refuse', 'EKIDEN_EREFUSED')
        self.assertIn('it was told to refuse', event['sentence'])


if __name__ == '__main__':
    unittest.main(verbosity=2)
