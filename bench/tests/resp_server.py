# SPDX-License-Identifier: MIT
"""A small server that speaks as much RESP2 as the load generator asks, and that can be made to err."""
import socket
import threading


class RespServer:
    """Its values are in `values`, for the test to damage."""

    def __init__(self):
        self.values = {}
        self.refusing = False
        self.asked = threading.Event()  # set by every request
        self.connections = []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.address = '127.0.0.1:%d' % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection, connection.makefile('rb') as requests:
                while line := requests.readline():
                    words = []
                    for _ in range(int(line[1:])):
                        size = int(requests.readline()[1:])
                        words.append(requests.read(size + 2)[:-2])
                    connection.sendall(self.answer(words))
        except OSError:
            pass

    def answer(self, words):
        self.asked.set()
        if self.refusing:
            return b'-LOADING the data set is being loaded\r\n'
        if words[0] == b'SET':
            self.values[words[1]] = words[2]
            return b'+OK\r\n'
        if words[0] == b'GET':
            value = self.values.get(words[1])
            return b'$-1\r\n' if value is None else b'$%d\r\n%s\r\n' % (len(value), value)
        if words[0] == b'DEL':
            return b':%d\r\n' % (self.values.pop(words[1], None) is not None)
        return b':%d\r\n' % len(self.values)

    def drop_connections(self):
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.connections = []

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop_connections()
