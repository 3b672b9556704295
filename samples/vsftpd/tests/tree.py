# SPDX-License-Identifier: MIT
"""All processes that can be are upgraded to and fro, again and again, while clients work: no command fails."""
import io
import os
import threading
import time

from server import FIRST_USER, LOCAL, OTHER, PROGRAMS, SECONDS, ServerTest, main

UPGRADES = 100
PAIR = ('upstream', 'debian')
SIZE = 1 << 20


class Tree(ServerTest):
    def test_a_hundred_upgrades_while_clients_work_fail_no_command(self):
        server = self.serve({**LOCAL, 'max_per_ip': '0', 'max_clients': '0'})
        os.chown(server.root, FIRST_USER, FIRST_USER)
        stop, errors, rounds = threading.Event(), [], []

        def work(number):
            try:
                while not stop.is_set():
                    self.round_of(server, f'{number}')
                    rounds.append(number)
            except Exception as error:  # pylint: disable=broad-except
                errors.append(error)

        clients = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for client in clients:
            client.start()
        upgraded, release = 0, 'upstream'
        try:
            while upgraded < UPGRADES and not errors:
                release = OTHER[release]
                for pid in server.processes():
                    upgraded += self.upgrade(server, pid, release)
        finally:
            stop.set()
            for client in clients:
                client.join(2 * SECONDS)
        self.assertEqual(errors, [])
        self.assertTrue(set(rounds) == {0, 1, 2, 3}, rounds)
        server.wait_for_processes(1)

    def upgrade(self, server, pid, release):
        """1 if the process was upgraded, 0 if it is gone or asks for a login on behalf of another; else a failure."""
        status, events, _ = server.tool(pid, PROGRAMS[release])
        if status == 0:
            return 1
        error = events[-1]
        self.assertIn(error['error'], ('EKIDEN_ENOTFOUND', 'EKIDEN_EPEER'), error)
        return 0

    def round_of(self, server, name):
        """A client's day."""
        content = os.urandom(SIZE)
        with server.login('ann', 'secret') as client:
            client.mkd(name)
            client.cwd(name)
            client.storbinary('STOR one', io.BytesIO(content))
            client.rename('one', 'two')
            self.assertEqual(client.nlst(), ['two'])
            received = io.BytesIO()
            client.retrbinary('RETR two', received.write, rest=1000)
            self.assertEqual(received.getvalue(), content[1000:])
            self.assertEqual(client.size('two'), SIZE)
            client.delete('two')
            client.cwd('..')
            client.rmd(name)

    def test_one_command_upgrades_the_listener_and_fifty_sessions_with_their_parents(self):
        server = self.serve({**LOCAL, 'max_per_ip': '0', 'max_clients': '0'})
        os.chown(server.root, FIRST_USER, FIRST_USER)
        clients = [self.client(server, 'ann', 'secret') for _ in range(50)]
        for number, client in enumerate(clients):
            client.mkd(f'd{number}')
            client.cwd(f'd{number}')
        for release in ('debian', 'upstream'):
            status, events, errors = server.tool('--tree', '--parallel', '8', server.pid, PROGRAMS[release])
            self.assertEqual(status, 0, f'{events[-1:]} {errors}')
            self.assertEqual((events[-1]['event'], events[-1]['succeeded']), ('tree', 101))
            self.assertEqual(server.runs(server.pid), release)
            for number, client in enumerate(clients):
                self.assertEqual(server.runs(server.session_of(client)), release)
                self.assertEqual(server.runs(server.parent_of(client)), release)
                self.assertTrue(client.pwd().endswith(f'/d{number}'))

    def test_what_arrives_is_verified_to_be_what_was_given_in_all_roles_and_both_directions(self):
        for release in PAIR:
            with self.subTest(release):
                server = self.serve({**LOCAL, 'background': 'YES', 'dirmessage_enable': 'YES'}, release)
                client = self.client(server, 'ann', 'secret')
                waiting = server.connect()
                self.addCleanup(waiting.close)
                waiting.sendcmd('USER bob')
                client.cwd('pub')
                for command in ('SITE UMASK 027', 'TYPE I', 'RNFR .', 'REST 5', 'PORT 127,0,0,1,9,9'):
                    client.sendcmd(command)
                client.sock.sendall(b'NO')
                time.sleep(0.2)
                parent = server.parent_of(waiting)
                for pid in (server.pid, parent, server.session_of(client)):
                    for arguments in (['--rehearse', '--verify'], ['--verify']):
                        status, events, errors = server.tool(*arguments, pid, PROGRAMS[OTHER[release]])
                        self.assertEqual(status, 0, f'{arguments}: {events[-1:]} {errors}')
                client.sock.sendall(b'OP\r\n')
                self.assertEqual(client.getresp(), '200 NOOP ok.')
                self.assertEqual(waiting.sendcmd('PASS hidden'), '230 Login successful.')


if __name__ == '__main__':
    main()
