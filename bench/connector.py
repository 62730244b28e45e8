"""Runs in a namespace. `serve PORT` accepts and closes, `greet PORT` says before which address of its was called. `connect
ADDRESS PORT`: for each line on stdin, a number, opens that many connections one after the other and answers with the
microseconds that the middle one took. `open ADDRESS`: for each line, a port, tries until a connection is there, and
answers. `reach ADDRESS PORT`: for each line, an address or `refused`, tries until a call ends like that, and answers.
Ends with its stdin.

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
# For a connection that is not accepted: long for this machine, short for what is measured.
CALL_S = 0.05


def serve(port, take):
    listener = socket.socket()
    listener.bind(('0.0.0.0', port))
    listener.listen(4096)
    print('ready', flush=True)
    threading.Thread(target=accept, args=(listener, take), daemon=True).start()
    sys.stdin.read()


def accept(listener, take):
    while True:
        try:
            with listener.accept()[0] as called:
                take(called)
        except ConnectionError:
            pass


def hang_up(called):
    pass


def greet(called):
    called.send(called.getsockname()[0].encode())


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


def reach(address, port):
    for line in sys.stdin:
        while answer_of(address, port) != line.strip():
            time.sleep(PAUSE_S)
        print('reached', flush=True)


def answer_of(address, port):
    try:
        with socket.create_connection((address, port), CALL_S) as caller:
            return caller.recv(64).decode()
    except ConnectionRefusedError:
        return 'refused'
    except OSError:
        return ''


def connect_once(address, port):
    with socket.socket() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        start = time.perf_counter_ns()
        caller.connect((address, port))
        return time.perf_counter_ns() - start


SERVERS = {'serve': hang_up, 'greet': greet}
verb, *args = sys.argv[1:]
cores = sorted(os.sched_getaffinity(0))
os.sched_setaffinity(0, {cores[-1] if verb in SERVERS else cores[0]})
if verb in SERVERS:
    serve(int(args[0]), SERVERS[verb])
elif verb == 'open':
    open_first(args[0])
elif verb == 'reach':
    reach(args[0], int(args[1]))
else:
    connect(args[0], int(args[1]))
