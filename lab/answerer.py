#!/usr/bin/python3
"""answerer.py NAME PORT tcp|udp: says who answers and whom it sees."""
import socket
import socketserver
import sys

name, port, protocol = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def answer(address):
    return ('%s sees %s:%d\n' % (name, address[0], address[1])).encode()


class Http(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self):
        while self.rfile.readline().strip():
            pass
        body = answer(self.client_address)
        head = 'HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n' % len(body)
        self.wfile.write(head.encode() + body)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


if protocol == 'tcp':
    Server(('0.0.0.0', port), Http).serve_forever()
ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ears.bind(('0.0.0.0', port))
while True:
    _, address = ears.recvfrom(4096)
    ears.sendto(answer(address), address)
