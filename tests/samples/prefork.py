# SPDX-License-Identifier: MIT
"""The forking sample: every process of it is upgraded under its PID, and no client notices."""
import json
import os
import signal
import socket
import subprocess
import threading
import time
import unittest

from prefork_service import SECONDS, V1, V2, Service, children_of, committed

EXITS = os.environ['PREFORK_EXITS']
CRASHES = os.environ['PREFORK_CRASHES']
KILLED = os.environ['PREFORK_KILLED']


class Upgrades(Service):
    def test_connections_and_halves_of_lines_outlive_the_upgrade_of_all(self):
        self.start()
        clients = [self.connect_to(1), self.connect_to(2), self.connect_to(1)]
        for client in clients:
            client.send('first half')
        workers = self.workers()
        self.upgrade_one_by_one()
        for client in clients:
            client.send(', second half\n')
            self.assertEqual(client.receive('first half, second half')['version'], 2)
        self.assertEqual(self.workers(), workers)
        self.assertEqual(children_of(self.master), sorted(workers.values()))
        self.assertIsNone(self.process.poll())

    def test_a_worker_counts_on(self):
        self.start(workers=1)
        client = self.connect()
        before = client.ask('one')
        self.upgrade(self.workers()[1])
        self.assertEqual(client.ask('two'), {**before, 'version': 2, 'mine': before['mine'] + 1})

    def test_who_reads_nothing_finds_every_answer_later(self):
        self.start(workers=1)
        client = self.connect()
        for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            client.socket.setsockopt(socket.SOL_SOCKET, buffer, 1 << 16)
        lines = [f'{number} '.ljust(400, '.') for number in range(50000)]
        writer = threading.Thread(target=client.send, args=(''.join(f'{l}\n' for l in lines),))
        writer.start()
        time.sleep(0.3)
        self.assertTrue(writer.is_alive(), 'the connection takes it all')
        self.upgrade(self.workers()[1])
        for line in lines:
            client.receive(line)
        writer.join(SECONDS)
        self.assertEqual(client.ask('and now')['version'], 2)

    def test_a_new_client_is_served_by_old_and_new_workers_alike(self):
        self.start()
        self.upgrade(self.workers()[1])
        self.assertEqual(self.connect_to(1).ask('x')['version'], 2)
        self.assertEqual(self.connect_to(2).ask('x')['version'], 1)


class Tree(Service):
    """All processes by one command."""

    def test_the_master_comes_first_and_then_its_workers(self):
        self.start(workers=3)
        events = committed(self.upgrade_all())
        self.assertEqual([(event['role'], event['predecessor_pid']) for event in events],
                         [('main', self.master)] +
                         [('worker', pid) for pid in sorted(self.workers().values())])

    def test_where_the_master_cannot_be_upgraded_no_worker_is(self):
        self.start()
        status, events = self.tool('prefork', EXITS)
        self.assertNotEqual(status, 0)
        self.assertEqual((events[-1]['failed'], events[-1]['untried']), (1, 2))
        self.assertEqual(self.connect_to(1).ask('x')['version'], 1)
        self.upgrade_all()

    def test_a_worker_that_is_killed_meanwhile_is_replaced_by_a_new_one(self):
        self.start()
        victim = max(self.workers().values())  # its turn is the last
        number, = (number for number, pid in self.workers().items() if pid == victim)
        tool = subprocess.Popen(self.command('prefork', V2), env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        for line in tool.stdout:
            if json.loads(line)['event'] == 'committed':
                os.kill(victim, signal.SIGKILL)
                break
        last = json.loads(tool.communicate(timeout=SECONDS)[0].splitlines()[-1])
        self.assertEqual((tool.returncode, last['failed']), (0, 0), last)
        self.wait_for(lambda: self.workers()[number] != victim, 'nobody takes the place')
        for other in (1, 2):
            self.assertEqual(self.connect_to(other).ask('x')['version'], 2)


class Replacement(Service):
    """The master puts another worker in the place of one that ends, whatever was upgraded."""

    def expect_replacement(self, version):
        self.assertEqual(self.replace(1).ask('x')['version'], version)
        self.assertEqual(children_of(self.master), sorted(self.workers().values()))

    def test_by_the_old_master(self):
        self.start()
        self.expect_replacement(1)

    def test_by_the_new_master_of_a_worker_that_the_old_one_has_forked(self):
        self.start()
        self.upgrade(self.master)
        self.assertEqual(self.connect_to(2).ask('x')['version'], 1)
        self.expect_replacement(2)
        self.assertEqual(self.connect_to(2).ask('x')['version'], 1)

    def test_by_the_old_master_of_a_worker_that_is_new_already(self):
        self.start()
        self.upgrade(self.workers()[1])
        self.expect_replacement(1)

    def test_by_the_new_master_when_all_are_new(self):
        self.start()
        self.upgrade_all()
        self.expect_replacement(2)

    def test_of_one_that_ends_while_the_master_is_upgraded(self):
        self.start()
        os.kill(self.master, signal.SIGSTOP)
        before = self.workers()[1]
        os.kill(before, signal.SIGKILL)
        os.kill(self.master, signal.SIGCONT)
        self.upgrade(self.master)
        self.wait_for(lambda: self.workers()[1] != before, 'nobody takes the place')
        self.assertEqual(self.connect_to(1).ask('x')['worker'], '1')

    def test_is_counted_across_versions(self):
        self.start()
        self.replace(1)
        self.replace(2)
        self.assertIn('restarts: 2', self.said('has ended')[-1])
        self.upgrade_all()
        self.replace(1)
        self.assertIn('restarts: 1', self.said('has ended')[-1])
        self.upgrade_all(V1)
        self.replace(2)
        self.assertIn('restarts: 4', self.said('has ended')[-1])


class Failures(Service):
    def expect_return(self, binary):
        """Master and worker are as they were, and a good version can come at once."""
        self.start()
        clients = [self.connect_to(1), self.connect_to(2)]
        for client in clients:
            client.send('half')
        for pid in (self.master, self.workers()[1]):
            event = self.refused(pid, binary)
            self.assertTrue(event['serves_on'], event)
            self.assertEqual(event['predecessor_pid'], pid)
        for client in clients:
            client.send(' whole\n')
            self.assertEqual(client.receive('half whole')['version'], 1)
        self.assertEqual(len(self.said('has ended')), 0)
        self.assertEqual(self.replace(2).ask('x')['version'], 1)
        self.upgrade_all()
        self.assertEqual(clients[0].ask('y')['version'], 2)
        self.wait_for(lambda: self.members() == sorted([self.master, *self.workers().values()]),
                      'a keeper is left')

    def test_a_version_that_exits_leaves_all_as_it_was(self):
        self.expect_return(EXITS)

    def test_a_version_that_crashes_leaves_all_as_it_was(self):
        self.expect_return(CRASHES)

    def test_a_worker_that_is_killed_in_its_upgrade_is_replaced_and_loses_no_client(self):
        self.start()
        client = self.connect_to(1)
        before = self.workers()[1]
        event = self.refused(before, KILLED)
        self.assertIn('serves on in its place', event['sentence'])
        self.wait_for(lambda: self.workers()[1] != before, 'nobody takes the place')
        self.assertEqual(client.ask('x')['version'], 1)
        self.assertIn(event['serving_pid'], self.members())
        client.close()
        self.wait_for(lambda: event['serving_pid'] not in self.members(),
                      'it stays when its last client is gone')

    def test_a_master_that_is_killed_in_its_upgrade_goes_on_under_another_pid(self):
        self.start()
        clients = [self.connect_to(1), self.connect_to(2)]
        before = self.workers()
        event = self.refused(self.master, KILLED)
        self.process.wait(SECONDS)
        self.master = event['serving_pid']
        self.wait_for(lambda: all(self.workers()[n] != before[n] for n in (1, 2)),
                      'nobody takes the places')
        for client in clients:
            self.assertEqual(client.ask('x')['version'], 1)
            client.close()
        self.wait_for(lambda: self.members() == sorted([self.master, *self.workers().values()]),
                      'the old workers do not leave')
        self.assertEqual(self.connect_to(2).ask('y')['version'], 1)


class Ends(Service):
    def expect_end(self):
        self.process.wait(SECONDS)
        self.wait_for(lambda: not self.members(), 'somebody runs on')
        self.assertEqual(self.process.returncode, 0)

    def test_a_stop_of_the_master_ends_workers_of_any_version(self):
        self.start(workers=3)
        client = self.connect_to(1)
        self.upgrade(self.master)
        self.upgrade(self.workers()[2])
        self.process.terminate()
        self.expect_end()
        self.assertTrue(client.is_over())
        self.assertEqual(os.listdir(self.runtime), [])

    def test_a_stop_that_comes_in_an_upgrade_of_the_master_is_a_stop(self):
        for delay_ms in range(0, 40, 4):
            with self.subTest(delay_ms=delay_ms):
                self.start()
                upgrade = threading.Thread(target=self.tool, args=(self.master, V2))
                upgrade.start()
                time.sleep(delay_ms / 1000)
                self.process.terminate()
                self.expect_end()
                upgrade.join(SECONDS)

    def test_a_stop_that_comes_in_an_upgrade_of_a_worker_is_a_stop(self):
        for delay_ms in range(0, 40, 4):
            with self.subTest(delay_ms=delay_ms):
                self.start()
                upgrade = threading.Thread(target=self.tool, args=(self.workers()[1], V2))
                upgrade.start()
                time.sleep(delay_ms / 1000)
                self.process.terminate()
                self.expect_end()
                upgrade.join(SECONDS)

    def test_workers_serve_their_clients_to_the_end_when_the_master_is_killed(self):
        self.start()
        client = self.connect_to(1)
        self.process.kill()
        self.wait_for(lambda: self.members() == [self.workers()[1]], 'the other one stays')
        client.ask('still there')
        client.close()
        self.wait_for(lambda: not self.members(), 'it stays when its last client is gone')


class Talks(Service):
    def talk(self, client, stop, complaints):
        """Lines in halves, without end."""
        try:
            while not stop.is_set():
                client.send('a line ')
                time.sleep(0.002)
                client.send('in halves\nand one more\n')
                client.receive('a line in halves')
                client.receive('and one more')
        except Exception as complaint:  # pylint: disable=broad-except
            complaints.append(complaint)

    def test_no_line_is_lost_in_twenty_upgrades_of_all_up_and_down(self):
        self.start()
        stop, complaints = threading.Event(), []
        clients = [self.connect_to(number) for number in (1, 2) for _ in range(4)]
        talkers = [threading.Thread(target=self.talk, args=(client, stop, complaints))
                   for client in clients]
        for talker in talkers:
            talker.start()
        try:
            for leg in range(20):
                self.upgrade_all(V1 if leg % 2 else V2)
        finally:
            stop.set()
            for talker in talkers:
                talker.join(SECONDS)
        self.assertEqual(complaints, [])
        self.assertGreater(min(client.lines for client in clients), 20)
        self.assertEqual(children_of(self.master), sorted(self.workers().values()))
        self.assertEqual(len(self.said('has ended')), 0)


if __name__ == '__main__':
    unittest.main(verbosity=2)
