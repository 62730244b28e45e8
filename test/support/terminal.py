"""Runs a program on a terminal of its own and answers it: terminal.py '[["wait for", "type this"], ...]' PROGRAM ARGS...
Prints JSON: what was on the screen, and the exit code as a shell says it. A program that writes nothing for so long is killed."""
import json
import os
import pty
import select
import signal
import sys

MAX_SILENCE_SECONDS = 30

answers = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
screen = b""
while True:
    if not select.select([terminal], [], [], MAX_SILENCE_SECONDS)[0]:
        os.kill(child, signal.SIGKILL)
        break
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    screen += data
    while answers and answers[0][0].encode() in screen:
        os.write(terminal, answers.pop(0)[1].encode())
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps({"screen": screen.decode(), "code": code if code >= 0 else 128 - code}))
