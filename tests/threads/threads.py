# SPDX-License-Identifier: MIT
"""Programs of many threads in whole upgrades: all stand for the pause, each is told of, and all go on
where it is called off."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

TOOL = os.environ['EKIDEN_UPGRADE']
CREW = os.environ['CREW']
PUPPET = os.environ['PUPPET']
LOCKS = os.environ.get('LOCKS')
HAS_OWN_THREADS = os.environ.get('HAS_OWN_THREADS') == '1'  # of a sanitizer
SECONDS = 60
NAMESPACES = [['unshare', *options, '--pid', '--fork', '--kill-child']
              for options in ([], ['--user', '--map-root-user'])]
UNSHARE = next((command for command in NAMESPACES if shutil.which('unshare') and not subprocess.run(
    [*command, 'true'], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
    timeout=SECONDS).returncode), None)
OK, REFUSED, PEER, TIMEOUT, CANCELLED = 0, 12, 13, 14, 18
ALL = ['poller:p', 'reader:r', 'waiter:w', 'idler:i', 'watcher:e', 'deaf:d']


class Crew(unittest.TestCase):
    """One that runs, and is upgraded."""
    maxDiff = None

    def start(self, *members, under=(), **environment):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        page = os.path.join(directory.name, 'page')
        pathlib.Path(page).write_bytes(bytes(4096))
        runtime = os.path.join(directory.name, 'runtime')
        os.mkdir(runtime, 0o700)
        # Where a test is not of the deadline, no machine is slow enough to meet it.
        self.environment = {**os.environ, 'EKIDEN_RUNTIME_DIR': runtime, 'CREW_PAGE': page,
                            'CREW_STOP_MS': '20000', **environment}
        self.members = list(members)
        self.process = subprocess.Popen([*under, CREW, *members], env=self.environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.pid = self.process.pid
        self.addCleanup(self.end)
        self.port = int(self.process.stdout.readline())
        self.process.stdout.close()

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def end_who_answers(self):
        """Where a test cannot know who that is."""
        with contextlib.suppress(OSError, ValueError):
            os.kill(self.tell('ask')['pid'], signal.SIGKILL)

    def tell(self, line):
        with socket.create_connection(('127.0.0.1', self.port), timeout=SECONDS) as peer:
            peer.sendall(line.encode() + b'\n')
            return json.loads(b''.join(iter(lambda: peer.recv(65536), b'')))

    def wait_for(self, condition, sentence):
        until = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), until, sentence)
            time.sleep(0.01)

    def ask(self, *options, binary=CREW, arguments=()):
        return subprocess.Popen([TOOL, '--json', *options, 'probe', binary,
                                 *(['--', *arguments] if arguments else [])],
                                env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def hear(self, tool):
        """The exit status, and all events."""
        output, errors = tool.communicate(timeout=SECONDS)
        events = [json.loads(line) for line in output.splitlines()]
        self.assertTrue(events, errors)
        if events[-1]['event'] == 'committed':
            self.pid = events[-1]['successor_pid']
        return tool.returncode, events

    def upgrade(self, *options, **more):
        status, events = self.hear(self.ask(*options, **more))
        return status, events[-1]

    def expect_upgrade(self, *options, **more):
        status, event = self.upgrade(*options, **more)
        self.assertEqual((status, event['event']), (OK, 'committed'), event)
        return event

    def expect_failure(self, status, phase, *options, **more):
        got, event = self.upgrade(*options, **more)
        self.assertEqual((got, event['event'], event['phase']), (status, 'failed', phase), event)
        self.assertTrue(event['serves_on'])
        return event['sentence']

    def await_event(self, tool, event):
        """Reads what the tool says until there is one."""
        heard = None
        while heard != event:
            line = tool.stdout.readline()
            self.assertTrue(line, f'there never was a {event}')
            heard = json.loads(line)['event']

    def await_phase(self, tool, phase):
        """Reads what the tool says until a phase begins."""
        heard = {}
        while heard.get('phase') != phase or heard['event'] != 'phase':
            line = tool.stdout.readline()
            self.assertTrue(line, f'phase {phase} never began: {heard}')
            heard = json.loads(line)

    def passes(self):
        return {name: member['passes'] for name, member in self.tell('ask')['members'].items()}

    def has_named(self, name):
        """Whether a thread has given itself the name by which it is told of."""
        tasks = pathlib.Path(f"/proc/{self.tell('ask')['pid']}/task")
        return any((task / 'comm').read_text() == name + '\n' for task in tasks.iterdir())

    def expect_all_go_on(self, names, before):
        """Those that do not only wait for an upgrade serve again and again."""
        def go_on():
            now = self.passes()
            return all(now[name] > before[name] for name in names)
        self.wait_for(go_on, f'not all go on: {before} became {self.passes()}')


class Stop(Crew):
    """All threads stand for the pause."""

    def test_threads_in_all_kinds_of_waits_come_and_cross_leg_by_leg(self):
        self.start(*ALL)
        for leg in range(3):
            self.wait_for(lambda: all(self.passes().values()), 'not all have begun')
            before = self.passes()
            pid = self.pid
            event = self.expect_upgrade()
            self.assertNotEqual(self.pid, pid)
            self.expect_all_go_on('pid', before)
            # A member shows no count before it has passed in the new process.
            self.wait_for(lambda: all(self.passes().values()), 'not all have begun again')
            after = self.tell('ask')
            for name, member in after['members'].items():
                self.assertGreaterEqual(member['passes'], before[name])
                where = member['stood']
                if name != 'i':
                    self.assertEqual((where, member['resumed']), (f'{name}_loop', 1), name)
                else:
                    self.assertIn(where, ('idle asleep', 'i_loop'))
            self.assertEqual(after['violations'], 0)
            self.assertEqual(event['update_point'], 'crew_loop')

    def test_a_rehearsal_and_a_snapshot_stop_them_and_all_go_on(self):
        self.start(*ALL)
        self.wait_for(lambda: all(self.passes().values()), 'not all have begun')
        before = self.passes()
        status, event = self.upgrade('--rehearse')
        self.assertEqual((status, event['event']), (OK, 'rehearsed'), event)
        self.expect_all_go_on('prwied', before)
        file = os.path.join(self.directory, 'snapshot')
        before = self.passes()
        subprocess.run([TOOL, '--snapshot', file, 'probe'], env=self.environment, check=True,
                       stdout=subprocess.DEVNULL, timeout=SECONDS)
        self.expect_all_go_on('prwied', before)
        self.assertEqual(self.tell('ask')['violations'], 0)
        self.expect_upgrade()

    def test_one_that_ends_when_it_is_wanted_counts_no_more(self):
        self.start('ender:e', 'poller:p')
        self.expect_upgrade()
        self.assertEqual(self.tell('ask')['members']['e']['stood'], '-')
        self.expect_upgrade()

    def test_one_that_registers_during_a_stop_stands_as_well(self):
        self.start(*(f'late:l{i}' for i in range(3)), 'reader:r', 'poller:p')
        until, stops = time.monotonic() + SECONDS, 0
        while stops < 5 or not all(self.passes().values()):  # on a busy machine one may miss a few
            self.assertLess(time.monotonic(), until, 'late ones never served')
            before = self.passes()
            status, event = self.upgrade(binary=PUPPET, arguments=('ready', 'kill'))
            self.assertEqual((status, event['event']), (PEER, 'failed'), event['sentence'])
            self.expect_all_go_on('p', before)
            stops += 1
        self.expect_upgrade()
        self.assertEqual(self.tell('ask')['violations'], 0)

    def test_many_threads_stop_and_go_on_leg_by_leg(self):
        self.start(*(f'poller:p{i}' for i in range(30)), *(f'reader:r{i}' for i in range(30)))
        for _ in range(5):
            self.expect_upgrade()
        self.assertEqual(self.tell('ask')['violations'], 0)


class Kept(Crew):
    """The PID stays, and all threads with their names."""

    def test_all_threads_go_on_under_the_same_pid(self):
        self.start(*ALL)
        for _ in range(2):
            self.wait_for(lambda: all(self.passes().values()), 'not all have begun')
            before = self.passes()
            self.expect_upgrade('--keep-pid')
            self.assertEqual(self.pid, self.process.pid)
            self.expect_all_go_on('pid', before)
            after = self.tell('ask')
            self.assertEqual(after['members']['r']['stood'], 'r_loop')
            self.assertEqual(after['violations'], 0)

    def test_the_old_version_comes_back_with_its_threads(self):
        self.start('poller:p', 'reader:r', CREW_STOP_MS='200')
        for _ in range(2):
            self.wait_for(lambda: all(self.passes().values()), 'not all have begun')
            before = self.passes()
            sentence = self.expect_failure(TIMEOUT, 'ready', '--keep-pid',
                                           arguments=('absent:p', 'reader:r'))
            self.assertIn('thread "p" (', sentence)
            self.expect_all_go_on('p', before)
            after = self.tell('ask')
            self.assertEqual((after['pid'], after['violations']), (self.process.pid, 0))
            self.assertEqual(after['members']['r']['stood'], 'r_loop')

    def test_one_that_does_not_come_is_named_before_anything_is_split(self):
        self.start('stuck:sam', 'poller:p', CREW_STOP_MS='100')
        before = self.passes()
        self.assertIn('"sam"', self.expect_failure(TIMEOUT, 'pause', '--keep-pid'))
        self.expect_all_go_on('p', before)
        self.tell('free')
        self.expect_upgrade('--keep-pid')
        self.assertEqual(self.pid, self.process.pid)

    def test_a_keeper_that_is_alone_has_threads_again_before_the_next_turn_comes(self):
        self.start('poller:p', CREW_STOP_MS='20000')
        first = self.ask('--keep-pid', arguments=('absent:p',))
        self.await_phase(first, 'transfer')
        second = self.ask('--wait')
        self.await_event(second, 'notice')
        self.process.kill()
        self.addCleanup(self.end_who_answers)
        event = self.hear(first)[1][-1]
        self.assertTrue(event['serves_on'], event)
        self.assertRegex(event['sentence'],
                         r'process \d+ serves on in its place, and has handed on to process '
                         rf'{event["serving_pid"]}, for its threads$')
        status, events = self.hear(second)
        self.assertEqual((status, events[-1]['event']), (OK, 'committed'), events[-1])
        self.assertIn('it has ended, and its new version is asked now',
                      [event.get('sentence') for event in events])
        self.expect_all_go_on('p', {'p': 0})


class Missing(Crew):
    """One that does not come is named, and nothing happens to the others."""

    def test_it_is_named_with_its_place_and_the_kernels(self):
        self.start('stuck:sam', 'poller:p', 'reader:r', CREW_STOP_MS='150')
        self.wait_for(lambda: all(self.passes().values()), 'not all have begun')
        before = self.passes()
        sentence = self.expect_failure(TIMEOUT, 'pause')
        self.assertIn('thread "sam" (', sentence)
        self.assertGreaterEqual(int(re.search(r'within (\d+) ms', sentence).group(1)), 150)
        # It naps and naps: on a busy machine it may be found between two naps.
        self.assertRegex(sentence, r'(in system call (clock_)?nanosleep|, which runs).*, state [SDR]')
        self.assertNotIn('"p"', sentence)
        self.expect_all_go_on('p', before)
        self.tell('free')
        self.expect_upgrade()
        self.assertEqual(self.tell('ask')['violations'], 0)

    def test_its_last_update_point_is_told(self):
        self.start('stuck:sam', 'poller:p', CREW_STOP_MS='100')
        self.tell('free')
        self.wait_for(lambda: self.passes()['sam'] > 2, 'it is stuck all the same')
        # The upgrade is under way, and the thread passes update points; then it sticks.
        tool = self.ask(binary=PUPPET, arguments=('warm', 'hang'))
        self.await_phase(tool, 'warm')
        before = self.passes()
        self.expect_all_go_on(['sam', 'p'], before)
        self.tell('stick')
        tool.send_signal(signal.SIGINT)
        self.hear(tool)
        sentence = self.expect_failure(TIMEOUT, 'pause')
        self.assertRegex(sentence, r'"sam" \(last at "sam_loop", \d+ ms ago')

    def test_several_are_named_and_the_rest_counted(self):
        self.start(*(f'stuck:s{i}' for i in range(5)), CREW_STOP_MS='50')
        sentence = self.expect_failure(TIMEOUT, 'pause')
        self.assertIn('threads "s', sentence)
        # On a busy machine its first update point may be within the upgrade, and then was seen.
        self.assertRegex(sentence, r'"s." \((at no update point|last at "s._loop")[^)]*\), "s.", "s." and '
                                   r'2 more did not come')

    def test_one_of_the_successors_that_does_not_come_calls_it_off(self):
        self.start('poller:p', CREW_STOP_MS='200')
        before = self.passes()
        status, event = self.upgrade(arguments=('absent:p',))
        self.assertEqual((status, event['phase']), (TIMEOUT, 'ready'), event)
        self.assertIn('thread "p" (', event['sentence'])
        self.expect_all_go_on('p', before)
        self.assertEqual(self.tell('ask')['violations'], 0)
        self.expect_upgrade()

    def test_the_operator_calls_it_off_while_it_is_waited_for(self):
        self.start('stuck:sam', 'poller:p', CREW_STOP_MS='50000')
        for how in ('interrupt', 'cancel'):
            before = self.passes()
            tool = self.ask()
            self.await_phase(tool, 'pause')
            if how == 'interrupt':
                tool.send_signal(signal.SIGINT)
            else:
                subprocess.run([TOOL, '--cancel', 'probe'], env=self.environment, timeout=SECONDS,
                               stdout=subprocess.DEVNULL, check=True)
            status, events = self.hear(tool)
            self.assertEqual((status, events[-1]['phase']), (CANCELLED, 'pause'), events[-1])
            self.expect_all_go_on('p', before)
        self.assertEqual(self.tell('ask')['violations'], 0)

    def test_a_pause_that_may_not_be_so_long_ends_the_wait(self):
        self.start('stuck:sam', 'poller:p', CREW_STOP_MS='50000')
        before = self.passes()
        self.assertIn('"sam"', self.expect_failure(TIMEOUT, 'pause', '--max-pause', '20'))
        self.assertIn('"sam"', self.expect_failure(TIMEOUT, 'pause', '--timeout', '1'))
        self.expect_all_go_on('p', before)


    def test_a_rehearsal_of_a_pause_that_would_be_too_long_blames_no_thread(self):
        self.start('poller:p', 'waiter:w')
        before = self.passes()
        sentence = self.expect_failure(TIMEOUT, 'pause', '--rehearse', '--keep-pid', '--max-pause', '0.1')
        self.assertRegex(sentence, r'the pause would reach [\d.]+ ms in phase pause, and --max-pause allows 0\.1;')
        self.assertNotIn('thread', sentence)
        self.expect_all_go_on('p', before)


class Faults(Crew):
    """Whatever becomes of the successor, all threads go on, and it never serves."""

    def test_a_successor_that_goes_wrong_at_any_step_leaves_all_serving(self):
        self.start(*ALL)
        for step in ('check', 'warm', 'pause', 'transfer', 'ready', 'commit'):
            for fault in ('kill', 'exit', 'close'):
                with self.subTest(step=step, fault=fault):
                    before = self.passes()
                    status, event = self.upgrade(binary=PUPPET, arguments=(step, fault))
                    self.assertEqual((status, event['event']), (PEER, 'failed'), event)
                    self.expect_all_go_on('pid', before)
        before = self.passes()
        self.expect_upgrade()
        self.expect_all_go_on('pid', before)
        self.assertEqual(self.tell('ask')['violations'], 0)

    def test_a_successor_that_hangs_leaves_all_serving(self):
        self.start(*ALL)
        for step in ('pause', 'transfer', 'ready', 'commit'):
            with self.subTest(step=step):
                before = self.passes()
                status, event = self.upgrade('--timeout', '1', binary=PUPPET,
                                             arguments=(step, 'hang'))
                self.assertEqual((status, event['event']), (TIMEOUT, 'failed'), event)
                self.expect_all_go_on('pid', before)
        self.assertEqual(self.tell('ask')['violations'], 0)


@unittest.skipIf(HAS_OWN_THREADS, 'there are threads that are not the program\'s')
class Told(Crew):
    """What the operator and the log are told of threads."""

    def test_those_that_never_registered_are_a_warning_of_each_upgrade(self):
        self.start('stranger:x', 'poller:p')
        self.wait_for(lambda: self.passes()['p'] and self.has_named('stranger'), 'it does not begin')
        status, events = self.hear(self.ask())
        self.assertEqual((status, events[-1]['event']), (OK, 'committed'), events[-1])
        notices = [event['sentence'] for event in events if event['event'] == 'notice']
        self.assertEqual(len(notices), 1, notices)
        self.assertRegex(notices[0], r'^warning: 1 thread of this process is not registered, and '
                                     r'is not stopped: "stranger" \(\d+\); ')
        # Its own update points do nothing, which the log is told once: when it comes to one while the
        # library has something to do.
        def is_told():
            subprocess.run([TOOL, '--status', '--watch', '0.1', 'probe'], env=self.environment,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False)
            return 'stranger' in self.tell('ask')['log']
        self.wait_for(is_told, 'the log has nothing')
        self.assertEqual(self.tell('ask')['log'].count('is not registered'), 1)
        tool = subprocess.run([TOOL, 'probe', CREW], env=self.environment, capture_output=True,
                              text=True, timeout=SECONDS)
        self.assertEqual(tool.returncode, OK, tool)
        self.assertIn('ekiden-upgrade: warning: 1 thread of this', tool.stderr)
        self.pid = self.tell('ask')['pid']

    def test_one_that_nothing_can_wake_is_a_warning(self):
        self.start('deaf:d', 'watcher:e', 'waiter:w', 'poller:p')
        self.wait_for(lambda: all(self.passes().values()), 'not all have begun')
        _, events = self.hear(self.ask())
        notices = [event['sentence'] for event in events if event['event'] == 'notice']
        self.assertEqual(len(notices), 1, notices)
        self.assertIn('thread "d" cannot be woken', notices[0])

    def test_the_status_lists_all_threads(self):
        self.start('reader:r', 'idler:i', 'stranger:x')
        self.wait_for(lambda: all(self.passes()[name] for name in 'ri'), 'not all have begun')
        self.expect_upgrade()
        self.wait_for(lambda: all(self.passes()[name] for name in 'ri') and self.has_named('stranger'),
                      'not all go on')
        status = self.status()
        threads = {thread['name']: thread for thread in status['threads']}
        self.assertEqual(set(threads), {'main', 'r', 'i', 'stranger'})
        self.assertEqual(status['threads'][0]['name'], 'main')
        self.assertEqual(threads['main']['update_point'], 'crew_loop')
        self.assertEqual((threads['r']['state'], threads['r']['update_point']), ('runs', 'r_loop'))
        self.assertIn(threads['i']['state'], ('idle', 'runs'))
        self.assertEqual(threads['stranger']['state'], 'unregistered')
        self.assertIsNone(threads['stranger']['update_point'])
        text = subprocess.run([TOOL, '--status', 'probe'], env=self.environment, text=True,
                              capture_output=True, timeout=SECONDS, check=True).stdout
        self.assertRegex(text, r'threads +NAME +STATE +UPDATE POINT +LAST')
        self.assertRegex(text, r'r +runs +r_loop +now')
        self.assertRegex(text, r'stranger +not registered +-')

    def status(self):
        output = subprocess.run([TOOL, '--json', '--status', 'probe'], env=self.environment,
                                capture_output=True, timeout=SECONDS, check=True).stdout
        return json.loads(output)

    @unittest.skipIf(UNSHARE is None, 'unshare(1) may make no PID namespace here')
    @unittest.skipIf(HAS_OWN_THREADS, 'it has others')
    def test_in_a_pid_namespace_of_its_own_they_are_known_by_what_proc_has(self):
        self.start('reader:r', 'idler:i', under=UNSHARE)
        self.pid = self.status()['pid']
        self.wait_for(lambda: all(self.passes()[name] for name in 'ri'), 'not all have begun')
        threads = self.status()['threads']
        self.assertEqual({thread['name'] for thread in threads}, {'main', 'r', 'i'})
        self.assertEqual({str(thread['tid']) for thread in threads},
                         set(os.listdir(f'/proc/{self.pid}/task')))

    def test_a_program_of_one_thread_has_nothing_to_tell_of(self):
        self.start()
        self.assertEqual(self.status()['threads'], [])
        _, events = self.hear(self.ask())
        self.assertNotIn('notice', [event['event'] for event in events])

    def test_those_that_stand_are_seen_in_the_status_of_a_stop(self):
        self.start('stuck:sam', 'poller:p', CREW_STOP_MS='50000')
        tool = self.ask()
        self.await_phase(tool, 'pause')
        states = {thread['name']: thread['state'] for thread in self.status()['threads']}
        self.assertEqual(states, {'main': 'runs', 'sam': 'runs', 'p': 'stands'})
        tool.send_signal(signal.SIGINT)
        self.hear(tool)


@unittest.skipUnless(LOCKS, 'the check for locks is not built')
class Locks(Crew):
    """With libekiden-locks.so, a lock that is held across an update point is noticed."""

    def test_a_lock_that_is_held_is_logged_and_refuses_the_upgrade(self):
        self.start('locker:l', 'poller:p', 'waiter:w', LD_PRELOAD=LOCKS)
        self.wait_for(lambda: 'holds a lock' in self.tell('ask')['log'], 'nothing is logged')
        log = self.tell('ask')['log']
        self.assertRegex(log, r"thread 'l' holds a lock across update point 'l_loop': a mutex, "
                              r"taken in \S*crew\+0x[0-9a-f]+")
        self.assertEqual(log.count('holds a lock'), 1)
        before = self.passes()
        sentence = self.expect_failure(REFUSED, 'pause')
        self.assertIn('thread "l" holds a lock across update point "l_loop"', sentence)
        self.expect_all_go_on('p', before)
        self.tell('free')
        self.wait_for(lambda: self.upgrade()[0] == OK, 'it is refused for ever')
        self.assertEqual(self.tell('ask')['violations'], 0)

    def test_a_lock_that_the_new_version_holds_refuses_it(self):
        self.start('poller:p', LD_PRELOAD=LOCKS)
        sentence = self.expect_failure(REFUSED, 'ready', arguments=('grabber:p',))
        self.assertIn('thread "p" holds a lock across update point "p_loop"', sentence)
        self.expect_all_go_on('p', self.passes())

    def test_without_a_lock_held_nothing_is_refused(self):
        self.start(*ALL, LD_PRELOAD=LOCKS)
        for _ in range(3):
            before = self.passes()
            self.expect_all_go_on('pid', before)
            self.expect_upgrade()
        self.assertNotIn('holds a lock', self.tell('ask')['log'])


if __name__ == '__main__':
    unittest.main(verbosity=2)
