# SPDX-License-Identifier: MIT
"""ekiden-upgrade --spawn-here: of processes in a sandbox, and of others."""
import json
import os
import signal
import subprocess
import unittest

from hermit import RELEASES, SANDBOX, SECONDS, TOOL, Hermit


@unittest.skipUnless(SANDBOX, 'a sandbox is entered by root alone, and by no sanitizer')
class InASandbox(Hermit):
    def enter(self):
        process = self.start(self.folder)
        client = self.client()
        self.wait_for(lambda: client.ask('where') == 'inside', 'it does not enter the sandbox')
        return process, client

    @property
    def own(self):
        """It was root's when it was started, and is nobody's now: its word for its arguments is not taken."""
        return ['--', self.path, self.folder]

    def wait_for_phase(self, tool, phase):
        for line in tool.stdout:
            event = json.loads(line)
            if event['event'] == 'phase' and event['phase'] == phase:
                return
        self.fail(f'it does not come to phase {phase}')

    def test_what_is_not_on_the_list_ends_it(self):
        process, client = self.enter()
        client.socket.sendall(b'break\n')
        self.assertEqual(process.wait(SECONDS), -signal.SIGSYS)

    def test_it_cannot_start_its_successor_itself(self):
        process, client = self.enter()
        failed = self.refused('hermit', RELEASES[1])
        self.assertEqual((failed['error'], failed['serves_on']), ('EKIDEN_EBINARY', True))
        self.assertIn(f'ekiden-upgrade --spawn-here {process.pid} NEW_BINARY', failed['next'])
        self.assertEqual(client.who()[:2], (1, process.pid))

    def test_a_binary_that_is_nowhere_is_no_matter_of_the_sandbox(self):
        _, client = self.enter()
        failed = self.refused('hermit', '/not-there')
        self.assertEqual(failed['error'], 'EKIDEN_EBINARY')
        self.assertIn('as the running process sees it', failed['next'])
        failed = self.refused('--spawn-here', 'hermit', './not-there', *self.own)
        self.assertEqual(failed['error'], 'EKIDEN_EBINARY')
        self.assertIn('as it is seen from here', failed['next'])
        self.assertEqual(client.who()[0], 1)

    def test_a_new_version_that_forgets_its_sandbox_is_told_of(self):
        self.enter()
        for options, last in ((('--rehearse',), 'rehearsed'), ((), 'committed')):
            status, events = self.tool(*options, '--spawn-here', 'hermit', RELEASES[1], '--', self.path)
            self.assertEqual((status, events[-1]['event']), (0, last), events[-1])
            notices = [event['sentence'] for event in events if event['event'] == 'notice']
            self.assertEqual(len(notices), 1, notices)
            self.assertIn('runs as user 0, the old one as user 65534', notices[0])
        self.assertIn('sees all files', notices[0])

    def test_one_that_enters_it_is_not(self):
        self.enter()
        for options in ('--rehearse',), ():
            status, events = self.tool(*options, '--spawn-here', 'hermit', RELEASES[1], *self.own)
            self.assertEqual(status, 0)
            self.assertEqual([event for event in events if event['event'] == 'notice'], [])

    def test_what_it_says_of_its_arguments_is_not_believed(self):
        _, client = self.enter()
        before = client.who()
        failed = self.refused('--spawn-here', 'hermit', RELEASES[1])
        self.assertEqual((failed['error'], failed['serves_on']), ('EKIDEN_EPERMISSION', True))
        self.assertIn('behind --', failed['sentence'])
        self.assertEqual(self.running(), [before[1]])
        self.upgrade('--spawn-here', 'hermit', RELEASES[1], *self.own)
        self.assertEqual(client.ask('where'), 'inside')

    def test_ten_upgrades_back_and_forth_lose_no_client(self):
        process, client = self.enter()
        pids = {client.who()[1]}
        asked = client.who()[2]
        for turn in range(1, 11):
            committed = self.upgrade('--spawn-here', 'hermit', RELEASES[turn % 2], *self.own)
            release, pid, count = client.who()
            self.assertEqual((release, pid), (turn % 2 + 1, committed['successor_pid']))
            self.assertEqual(client.ask('where'), 'inside')
            self.assertEqual(count, asked + 1)
            asked = count + 1
            pids.add(pid)
        self.assertEqual(len(pids), 11)
        self.assertEqual(process.wait(SECONDS), 0)
        self.wait_for(lambda: self.running() == [pid], 'a predecessor is left')

    def test_a_failure_leaves_it_serving_and_the_next_upgrade_works(self):
        _, client = self.enter()
        before = client.who()
        self.refused('--spawn-here', 'hermit', RELEASES[1], *self.own, HERMIT_FAULT='refuse')
        opened = client.ask('open')  # what is made once and kept is there by now
        for fault in ('before', 'exit', 'refuse', 'ready', 'taken'):
            failed = self.refused('--spawn-here', 'hermit', RELEASES[1], *self.own, HERMIT_FAULT=fault)
            self.assertTrue(failed['serves_on'])
            self.assertEqual(failed['phase'], {'exit': 'warm', 'refuse': 'ready', 'ready': 'transfer',
                                               'taken': 'commit'}.get(fault, 'check'))
            self.assertEqual(client.who()[:2], before[:2])
            self.assertEqual(client.ask('open'), opened)
            self.wait_for(lambda: self.running() == [before[1]], 'a successor is left')
        self.upgrade('--spawn-here', 'hermit', RELEASES[1], *self.own)
        self.assertEqual(client.who()[0], 2)

    def test_interrupted_before_or_in_the_pause_it_serves_on(self):
        process, client = self.enter()
        for fault in ('sleep', 'linger'):
            tool = subprocess.Popen([TOOL, '--json', '--spawn-here', 'hermit', RELEASES[1], *self.own],
                                    env={**self.environment, 'HERMIT_FAULT': fault},
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL, text=True)
            self.addCleanup(tool.stdout.close)
            self.addCleanup(tool.wait)
            self.addCleanup(tool.kill)
            phases = {'sleep': 'check', 'linger': 'pause'}
            self.wait_for_phase(tool, phases[fault])
            # The path is among the tool's own arguments, too.
            self.wait_for(lambda: len(set(self.running()) - {tool.pid}) == 2, 'nothing is started')
            tool.send_signal(signal.SIGINT)
            said = tool.stdout.read()
            self.assertEqual(tool.wait(SECONDS), 18, said)
            self.assertEqual(client.who()[:2], (1, process.pid))
            self.wait_for(lambda: self.running() == [process.pid], 'a successor is left')
        self.upgrade('--spawn-here', 'hermit', RELEASES[1], *self.own)
        self.assertEqual(client.who()[0], 2)

    def test_one_that_has_not_told_of_its_sandbox_is_not_ended_by_looking_for_threads(self):
        process = self.launch(0, '/', HERMIT_UNPREPARED='1')
        self.wait_for(self.is_listening, 'it does not start')
        client = self.client()  # there is a /proc, and getdents64() is not on the list
        self.wait_for(lambda: client.ask('where') == 'inside', 'it does not enter the sandbox')
        self.upgrade('--spawn-here', 'hermit', RELEASES[1], '--', self.path, '/')
        self.assertEqual(client.who()[0], 2)
        self.assertEqual(process.wait(SECONDS), 0)

    def test_a_new_version_that_is_not_ready_for_its_sandbox_fails_in_a_rehearsal_as_well(self):
        process, client = self.enter()
        for options, phase in ((['--rehearse'], 'ready'), ([], 'commit')):
            failed = self.refused('--spawn-here', *options, 'hermit', RELEASES[1], *self.own, HERMIT_FAULT='never')
            self.assertEqual((failed['error'], failed['phase'], failed['serves_on']),
                             ('EKIDEN_ESTATE', phase, True), failed)
            self.assertIn('has entered its sandbox without ekiden_before_sandbox()', failed['sentence'])
            self.assertIn('call ekiden_before_sandbox() right before chroot(2)', failed['next'])
            self.assertEqual(client.who()[:2], (1, process.pid))

    def test_it_is_rehearsed_and_verified_as_any_other(self):
        _, client = self.enter()
        before = client.who()
        status, events = self.tool('--spawn-here', '--rehearse', '--times', 3, 'hermit', RELEASES[1],
                                   *self.own)
        self.assertEqual((status, events[-1]['event']), (0, 'rehearsals'))
        self.assertEqual(client.who()[:2], before[:2])
        self.wait_for(lambda: self.running() == [before[1]], 'a successor is left')
        self.upgrade('--spawn-here', '--verify', '--max-pause', 5000, 'hermit', RELEASES[1], *self.own)
        self.assertEqual(client.who()[0], 2)


class Elsewhere(Hermit):
    def test_of_a_new_version_that_exits_the_operator_hears_how(self):
        self.start()
        failed = self.refused('--spawn-here', 'hermit', RELEASES[1], HERMIT_FAULT='before')
        self.assertEqual((failed['error'], failed['phase']), ('EKIDEN_EPEER', 'check'))
        self.assertIn('the new process exited with status 3 in phase check', failed['sentence'])

    def test_interrupted_it_leaves_the_old_version_serving_and_nothing_else(self):
        process = self.start()
        tool = subprocess.Popen([TOOL, '--spawn-here', 'hermit', RELEASES[1]],
                                env={**self.environment, 'HERMIT_FAULT': 'sleep'},
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True)
        self.addCleanup(tool.wait)
        self.addCleanup(tool.kill)
        self.wait_for(lambda: len(self.running()) == 2, 'nothing is started')
        tool.send_signal(signal.SIGINT)
        _, errors = tool.communicate(timeout=SECONDS)
        self.assertEqual(tool.returncode, 18, errors)
        self.assertEqual(self.running(), [process.pid])
        self.assertEqual(self.client().who()[:2], (1, process.pid))

    def test_killed_it_leaves_the_old_version_serving_and_the_next_upgrade_works(self):
        process = self.start()
        tool = subprocess.Popen([TOOL, '--spawn-here', 'hermit', RELEASES[1]],
                                env={**self.environment, 'HERMIT_FAULT': 'sleep'},
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        self.addCleanup(tool.wait)
        self.addCleanup(tool.kill)
        self.wait_for(lambda: len(self.running()) == 2, 'nothing is started')
        tool.kill()
        client = self.client()
        self.assertEqual(client.who()[:2], (1, process.pid))
        successor = next(pid for pid in self.running() if pid != process.pid)
        os.kill(successor, signal.SIGKILL)  # it had said nothing yet: nobody knew of it but the tool
        self.upgrade('--spawn-here', '--wait', 'hermit', RELEASES[1])
        self.assertEqual(client.who()[0], 2)

    def test_the_new_version_outlives_the_session_of_the_tool(self):
        self.start()
        client = self.client()
        script = f'"{TOOL}" --quiet --spawn-here hermit "{RELEASES[1]}" && kill -HUP 0'
        subprocess.run(['sh', '-c', script], env=self.environment, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, start_new_session=True, timeout=SECONDS, check=False)
        self.assertEqual(client.who()[0], 2)
        self.assertNotEqual(os.getsid(client.who()[1]), os.getsid(0))

    def test_the_arguments_behind_two_dashes_are_for_it(self):
        self.start()
        client = self.client()
        _, pid, _ = client.who()
        self.upgrade('--spawn-here', 'hermit', RELEASES[1], '--', self.path)
        _, successor, _ = client.who()
        self.assertNotEqual(pid, successor)


if __name__ == '__main__':
    unittest.main(verbosity=2)
