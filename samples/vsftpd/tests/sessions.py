# SPDX-License-Identifier: MIT
"""A client's session is upgraded under the client's hands: it sees its replies, and nothing else."""
import ftplib
import io
import os
import socket
import threading
import time

from server import ANONYMOUS, FIRST_USER, IPV6, LOCAL, OTHER, SECONDS, ServerTest, main

CONTENT = bytes(range(256)) * 4


class Sessions:
    """What holds for all kinds of them."""

    SETTINGS = {}
    WHO = ()
    OWNER = 0  # of the files
    UMASK = None  # the setting

    def start(self, release='upstream', **settings):
        server = self.serve({**self.SETTINGS, **settings}, release)
        with open(os.path.join(server.root, 'pub', 'file'), 'wb') as file:
            file.write(CONTENT)
        for name in ('', 'pub', 'pub/file'):
            os.chown(os.path.join(server.root, name), self.OWNER, self.OWNER)
        return server

    def log_in(self, server):
        return self.client(server, *self.WHO)

    def upgrade(self, server, client):
        """Upgrades the session of a client into the other release, whichever it runs."""
        pid = server.session_of(client)
        other = OTHER[server.runs(pid)]
        event, = server.upgrade_as(other, pid)
        self.assertEqual(server.runs(server.session_of(client)), other)
        return event

    def test_directory_type_offset_and_half_a_rename_cross(self):
        for release in ('upstream', 'debian'):
            with self.subTest(release):
                server = self.start(release)
                client = self.log_in(server)
                client.cwd('pub')
                client.voidcmd('TYPE I')
                self.assertTrue(client.sendcmd('RNFR file').startswith('350'))
                self.upgrade(server, client)
                self.assertEqual(client.sendcmd('RNTO other'), '250 Rename successful.')
                self.assertTrue(client.pwd().endswith('/root/pub'))
                self.assertIn('TYPE: BINARY', client.sendcmd('STAT'))
                self.assertEqual(os.listdir(os.path.join(server.root, 'pub')), ['other'])

    def test_a_restart_offset_crosses(self):
        server = self.start()
        client = self.log_in(server)
        client.voidcmd('TYPE I')
        client.sendcmd('PASV')
        client.sendcmd('REST 1000')
        self.upgrade(server, client)
        host, port = ftplib.parse227(client.sendcmd('PASV'))
        with socket.create_connection((host, port), timeout=SECONDS) as data:
            client.sendcmd('RETR pub/file')
            received = b''.join(iter(lambda: data.recv(4096), b''))
        self.assertEqual(received, CONTENT[1000:])
        client.voidresp()

    def test_passive_mode_crosses_with_the_port_that_the_client_was_told(self):
        server = self.start()
        client = self.log_in(server)
        client.voidcmd('TYPE I')
        host, port = ftplib.parse227(client.sendcmd('PASV'))
        self.upgrade(server, client)
        with socket.create_connection((host, port), timeout=SECONDS) as data:
            self.assertTrue(client.sendcmd('RETR pub/file').startswith('150'))
            received = b''.join(iter(lambda: data.recv(4096), b''))
        self.assertEqual(received, CONTENT)
        client.voidresp()

    def test_a_connection_that_waits_in_passive_mode_crosses(self):
        server = self.start()
        client = self.log_in(server)
        client.voidcmd('TYPE I')
        host, port = ftplib.parse227(client.sendcmd('PASV'))
        with socket.create_connection((host, port), timeout=SECONDS) as data:
            self.upgrade(server, client)
            client.sendcmd('RETR pub/file')
            received = b''.join(iter(lambda: data.recv(4096), b''))
        self.assertEqual(received, CONTENT)
        client.voidresp()

    def test_active_mode_crosses_with_the_port_that_the_client_told(self):
        server = self.start()
        client = self.log_in(server)
        client.set_pasv(False)
        client.voidcmd('TYPE I')
        with client.makeport() as listener:
            self.upgrade(server, client)
            client.sendcmd('RETR pub/file')
            data, _ = listener.accept()
            with data:
                received = b''.join(iter(lambda: data.recv(4096), b''))
        self.assertEqual(received, CONTENT)
        client.voidresp()

    def test_both_modes_cross_with_ipv6(self):
        server = self.start(**IPV6)
        client = self.log_in(server)
        client.voidcmd('TYPE I')
        with client.makeport() as listener:
            self.upgrade(server, client)
            client.sendcmd('RETR pub/file')
            data, _ = listener.accept()
            with data:
                received = b''.join(iter(lambda: data.recv(4096), b''))
        self.assertEqual(received, CONTENT)
        client.voidresp()
        _, port = ftplib.parse229(client.sendcmd('EPSV'), client.sock.getpeername())
        self.upgrade(server, client)
        with socket.create_connection(('::1', port), timeout=SECONDS) as data:
            client.sendcmd('RETR pub/file')
            self.assertEqual(b''.join(iter(lambda: data.recv(4096), b'')), CONTENT)
        client.voidresp()

    def test_a_command_whose_first_half_was_read_is_obeyed_when_the_rest_arrives(self):
        server = self.start()
        client = self.log_in(server)
        client.cwd('pub')
        client.sock.sendall(b'RN')
        time.sleep(0.2)
        client.sock.sendall(b'FR fi')
        time.sleep(0.2)
        self.upgrade(server, client)
        client.sock.sendall(b'le\r\n')
        self.assertTrue(client.getresp().startswith('350'))

    def test_commands_sent_ahead_are_obeyed_in_their_order_by_old_and_new(self):
        server = self.start()
        client = self.log_in(server)
        stop = threading.Event()

        def upgrade_to_and_fro():
            while not stop.is_set():
                self.upgrade(server, client)

        upgrades = threading.Thread(target=upgrade_to_and_fro)
        upgrades.start()
        try:
            for _ in range(20):
                client.sock.sendall(b'NOOP\r\nPWD\r\nSYST\r\n' * 10)
                replies = [client.getresp()[:3] for _ in range(30)]
                self.assertEqual(replies, ['200', '257', '215'] * 10)
        finally:
            stop.set()
            upgrades.join(SECONDS)

    def test_nobody_is_greeted_or_told_of_the_login_again(self):
        server = self.start()
        client = self.log_in(server)
        self.upgrade(server, client)
        client.sock.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            client.sock.recv(1)

    def test_the_time_for_which_a_client_was_idle_goes_on(self):
        server = self.start(idle_session_timeout='3')
        client = self.log_in(server)
        began = time.monotonic()
        time.sleep(1.5)
        self.upgrade(server, client)
        self.assertTrue(self.reply_unasked(client).startswith('421'))
        # Had it begun anew, 4.5 seconds.
        self.assertLess(time.monotonic() - began, 4.3)

    @staticmethod
    def reply_unasked(client):
        try:
            return client.getresp()
        except ftplib.error_temp as reply:
            return str(reply)

    def test_the_umask_crosses(self):
        server = self.start(**{self.UMASK: '037'})
        client = self.log_in(server)
        self.upgrade(server, client)
        client.storbinary('STOR pub/sent', io.BytesIO(b'x'))
        self.assertEqual(os.stat(os.path.join(server.root, 'pub', 'sent')).st_mode & 0o777, 0o640)

    def test_directories_whose_message_was_shown_are_remembered(self):
        server = self.start(dirmessage_enable='YES')
        with open(os.path.join(server.root, 'pub', '.message'), 'w', encoding='ascii') as file:
            file.write('welcome\n')
        client = self.log_in(server)
        self.assertIn('welcome', client.cwd('pub'))
        self.upgrade(server, client)
        client.cwd('..')
        self.assertNotIn('welcome', client.cwd('pub'))

    def test_what_the_configuration_says_by_now_is_not_the_sessions_affair(self):
        server = self.start()
        client = self.log_in(server)
        server.configure({**self.SETTINGS, 'write_enable': 'NO', 'nonsense': 'YES'})
        self.upgrade(server, client)
        client.cwd('pub')
        self.assertTrue(client.sendcmd('RNFR file').startswith('350'))

    def test_a_setting_that_forbids_something_is_not_lost_on_the_way_back(self):
        server = self.start('debian', upload_file='{*.txt}')
        client = self.log_in(server)
        with self.assertRaisesRegex(AssertionError, 'upload_file'):
            server.upgrade_as('upstream', server.session_of(client))
        with self.assertRaisesRegex(ftplib.error_perm, '550'):
            client.storbinary('STOR pub/x.bin', io.BytesIO(b'x'))

    def test_a_hundred_upgrades_to_and_fro_fail_no_command(self):
        server = self.start()
        client = self.log_in(server)
        client.cwd('pub')
        names = ['file', 'other']
        for number in range(100):
            self.assertTrue(client.sendcmd('RNFR ' + names[number % 2]).startswith('350'))
            self.upgrade(server, client)
            self.assertEqual(client.sendcmd('RNTO ' + names[1 - number % 2])[:3], '250')
        received = io.BytesIO()
        client.retrbinary('RETR file', received.write)
        self.assertEqual(received.getvalue(), CONTENT)

    def test_fifty_sessions_are_upgraded_at_once(self):
        server = self.start(max_per_ip='60', max_clients='60')
        clients = [self.log_in(server) for _ in range(50)]
        for number, client in enumerate(clients):
            client.mkd(f'd{number}')
            client.cwd(f'd{number}')
        server.upgrade()
        errors = []

        def upgrade(client):
            try:
                self.upgrade(server, client)
            except Exception as error:  # pylint: disable=broad-except
                errors.append(error)

        threads = [threading.Thread(target=upgrade, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(4 * SECONDS)
        self.assertEqual(errors, [])
        for number, client in enumerate(clients):
            self.assertTrue(client.pwd().endswith(f'/d{number}'))


class Anonymous(Sessions, ServerTest):
    """In the model of one process, with no sandbox."""

    SETTINGS, UMASK = ANONYMOUS, 'anon_umask'

    def test_a_session_at_the_login_is_upgraded_and_then_logs_in(self):
        server = self.start()
        client = server.connect()
        self.addCleanup(client.close)
        self.assertTrue(client.sendcmd('USER anonymous').startswith('331'))
        self.upgrade(server, client)
        self.assertEqual(client.sendcmd('PASS me@here'), '230 Login successful.')


class Local(Sessions, ServerTest):
    """A user's process, which may not start others; its privileged parent stays what it is."""

    SETTINGS, UMASK, WHO, OWNER = LOCAL, 'local_umask', ('ann', 'secret'), FIRST_USER

    def test_a_umask_that_the_client_has_set_crosses(self):
        server = self.start()
        client = self.log_in(server)
        client.sendcmd('SITE UMASK 027')
        self.upgrade(server, client)
        self.assertEqual(client.sendcmd('SITE UMASK'), '200 Your current UMASK is 027')

    def test_its_parent_still_ends_with_it(self):
        server = self.start()
        client = self.log_in(server)
        self.upgrade(server, client)
        self.upgrade(server, client)
        self.assertEqual(len(server.processes()), 3)
        client.quit()
        server.wait_for_processes(1)


if __name__ == '__main__':
    main()
