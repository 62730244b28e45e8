"""Runs in a namespace. `serve PORT` accepts and closes. `connect ADDRESS PORT`: for each line on stdin, a number, opens
that many connections one after the other and answers with the microseconds that the middle one took. `open ADDRESS`: for
each line, a port, tries until a connection is there, and answers. Ends with its stdin.

Python, because a blocking connect shows the kernel's time and little else. Caller and server have a core each: without
that, where the scheduler puts them makes more of a difference than what is measured.
"""
import os
import socket
import struct
import sys
import threading
import time

# A reset leaves nothing behind that the next connection could run into.
RESET = struct.pack('ii', 1, 0)
# Between two attempts at a port that is not published yet.
PAUSE_S = 0.001


def serve(port):
    listener = socket.socket()
    listener.bind(('0.0.0.0', port))
    listener.listen(4096)
    print('ready', flush=True)
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    sys.stdin.read()


def accept(listener):
    while True:
        try:
            listener.accept()[0].close()
        except ConnectionError:
            pass


def connect(address, port):
    for line in sys.stdin:
        times = sorted(connect_once(address, port) for _ in range(int(line)))
        print(times[len(times) // 2] / 1000, flush=True)


def open_first(address):
    for line in sys.stdin:
        while True:
            try:
                connect_once(address, int(line))
                break
            except OSError:
                time.sleep(PAUSE_S)
        print('open', flush=True)


def connect_once(address, port):
    with socket.socket() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        start = time.perf_counter_ns()
        caller.connect((address, port))
        return time.perf_counter_ns() - start


verb, *args = sys.argv[1:]
cores = sorted(os.sched_getaffinity(0))
os.sched_setaffinity(0, {cores[-1] if verb == 'serve' else cores[0]})
if verb == 'serve':
    serve(int(args[0]))
elif verb == 'open':
    open_first(args[0])
else:
    connect(args[0], int(args[1]))
