# SPDX-License-Identifier: MIT
"""What happens while a tree is upgraded: ends, births, several at once, Ctrl-C."""
import os
import pathlib
import signal
import unittest

from family import V2
from grown import Tree, counts, ends


class Meanwhile(Tree):
    def test_a_process_that_ends_before_its_turn_is_no_error(self):
        self.grow('fault=hold@worker')
        self.hold()
        tool = self.begin('family', V2)
        first = self.until(tool, phase='warm')['predecessor_pid']
        self.assertEqual(first, self.pid(1))
        self.end_child(2)
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
        self.end_child(3)
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


if __name__ == '__main__':
    unittest.main(verbosity=2)
