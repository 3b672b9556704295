# SPDX-License-Identifier: MIT
"""All processes that can be are upgraded to and fro, again and again, while clients work: no command fails."""
import io
import os
import threading

from server import FIRST_USER, LOCAL, MAY_FORK, OTHER, PROGRAMS, SECONDS, ServerTest, main

UPGRADES = 100
SIZE = 1 << 20


class Tree(ServerTest):
    def test_a_hundred_upgrades_while_clients_work_fail_no_command(self):
        server = self.serve({**LOCAL, 'max_per_ip': '0', 'max_clients': '0'}, environment=MAY_FORK)
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
        """1 if the process was upgraded, 0 if it cannot be by now, or is gone; else a failure."""
        status, events, _ = server.tool(pid, PROGRAMS[release])
        if status == 0:
            return 1
        self.assertIn(events[-1]['error'], ('EKIDEN_EREFUSED', 'EKIDEN_ENOTFOUND', 'EKIDEN_EPEER', 'EKIDEN_EBINARY'),
                      events[-1])
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


if __name__ == '__main__':
    main()
