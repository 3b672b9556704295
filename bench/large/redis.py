# SPDX-License-Identifier: MIT
"""Redis of Debian, and the two ways to put a new version of it in the place of an old one."""
import time

from clients import Clients, command
from workplace import Failed, Skipped, await_that, bounded, free_port, process_memory, touch_free_memory

# The server is in this program; it tells by its name which of the two it is.
PROGRAM = '/usr/bin/redis-check-rdb'
BYTES_PER_KEY = 130  # that Redis adds to key and value, generously
SECONDS = 180  # for anything with five million keys


class Redis:
    """One server, without persistence but where it is asked for."""

    def __init__(self, place, name, *options):
        self.place = place
        self.port = free_port()
        self.file = name + '.rdb'
        self.options = options
        self.process = None
        self.start()

    def start(self):
        try:
            self.process = self.place.start(
                ['redis-server', '--port', str(self.port), '--bind', '127.0.0.1', '--save', '',
                 '--dir', self.place.folder, '--dbfilename', self.file, '--daemonize', 'no',
                 *self.options],
                executable=PROGRAM)
        except FileNotFoundError:
            raise Skipped('Redis is not installed (redis-tools)') from None

    def answers(self):
        """Whether it has its data: a server that loads it answers with an error."""
        answer = command(self.port, 'GET', 'nothing')
        return answer is not None and not answer.startswith('-')

    def await_answer(self):
        await_that(self.answers, SECONDS, 'Redis answers')

    def info(self, section):
        text = command(self.port, 'INFO', section) or ''
        return dict(line.split(':', 1) for line in text.splitlines() if ':' in line)

    def memory(self):
        return process_memory(self.process.pid, 'VmRSS')

    def version(self):
        return self.info('server').get('redis_version')


def restart(place, clients, server, load):
    """SHUTDOWN SAVE, and a new process with the same data."""
    with clients.run(**load) as run:
        time.sleep(2)
        touch_free_memory(server.memory())
        began = time.monotonic()
        command(server.port, 'SHUTDOWN', 'SAVE', seconds=SECONDS)
        server.process.wait(timeout=SECONDS)
        place.end(server.process)
        saved = time.monotonic()
        server.start()
        server.await_answer()
        ended = time.monotonic()
        time.sleep(2)
    return {'total_us': (ended - began) * 1e6, 'save_us': (saved - began) * 1e6, 'clients': run.report}


def failover(place, clients, server, load):
    """A new replica that takes over. Clients know both addresses, and look at the other one after an error."""
    touch_free_memory(server.memory())
    began = time.monotonic()
    replica = Redis(place, 'replica', '--replicaof', f'127.0.0.1 {server.port}')
    clients.go_to([server.port, replica.port])
    with clients.run(**load) as run:
        time.sleep(2)
        await_that(lambda: replica.info('replication').get('master_link_status') == 'up', SECONDS,
                   'the replica has all')
        asked = time.monotonic()
        answer = command(server.port, 'FAILOVER', 'TO', '127.0.0.1', str(replica.port))
        if answer != '+OK':
            raise Failed(f'FAILOVER: {answer}')
        await_that(lambda: replica.info('replication').get('role') == 'master', SECONDS,
                   'the replica takes over')
        ended = time.monotonic()
        time.sleep(2)
    place.end(server.process)
    clients.go_to([replica.port])
    return {'total_us': (ended - began) * 1e6, 'failover_us': (ended - asked) * 1e6,
            'clients': run.report}


def measure(place, options):
    """Both, with the same keys. The restart comes first: the failover then has a server that is warm."""
    size = options.keys * (16 + options.value_bytes + BYTES_PER_KEY)
    place.need_memory(3 * size, 'Redis, its replica and its file')
    load = {'rate': options.redis_rate, 'writes': 20, 'new': 20}
    with bounded(options.step_seconds, 'Redis'):
        server = Redis(place, 'redis', '--repl-diskless-sync-delay', '0')
        server.await_answer()
        clients = Clients(place, [server.port])
        clients.fill(options.keys, options.value_bytes)
        result = {'version': server.version(), 'keys': options.keys, 'value_bytes': options.value_bytes}
        result['restart'] = restart(place, clients, server, load)
        result['restart']['check'] = clients.check()
        result['failover'] = failover(place, clients, server, load)
        result['failover']['check'] = clients.check()
    return result
