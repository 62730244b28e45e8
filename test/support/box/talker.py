"""`serve PORT` sends back to each client what it sent. `stream ADDRESS PORT` sends numbers, one after the other, until its
input ends, and then says how many bytes went and how many of them came back as they went. `probe ADDRESS PORT` makes one
connection after the other, and then says how many there were and how many failed.
"""
import select
import socket
import sys
import threading
import time

PAUSE_S = 0.002
PATIENCE_S = 20


def serve(port):
    listener = socket.create_server(('0.0.0.0', port), backlog=256)
    print('ready', flush=True)
    while True:
        threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()


def echo(caller):
    with caller:
        try:
            while data := caller.recv(65536):
                caller.sendall(data)
        except ConnectionError:
            pass


def is_over(wait):
    return bool(select.select([sys.stdin], [], [], wait)[0])


def stream(address, port):
    with socket.create_connection((address, port), PATIENCE_S) as called:
        called.settimeout(PATIENCE_S)
        print('ready', flush=True)
        sent = returned = 0
        while not is_over(PAUSE_S):
            word = b'%09d\n' % sent
            called.sendall(word)
            sent += len(word)
            if exactly(called, len(word)) != word:
                break
            returned += len(word)
        print(sent, returned, flush=True)


def exactly(called, size):
    data = b''
    while len(data) < size:
        more = called.recv(size - len(data))
        if not more:
            break
        data += more
    return data


def probe(address, port):
    print('ready', flush=True)
    made = failed = 0
    while not is_over(10 * PAUSE_S):
        try:
            socket.create_connection((address, port), 3).close()
        except OSError:
            failed += 1
        made += 1
    print(made, failed, flush=True)


verb, *args = sys.argv[1:]
if verb == 'serve':
    serve(int(args[0]))
elif verb == 'stream':
    stream(args[0], int(args[1]))
else:
    probe(args[0], int(args[1]))
