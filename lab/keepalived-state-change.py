#!/usr/bin/python3
"""Neutron's neutron-keepalived-state-change, whose threads begin one after the other.

Two of them fork, and when they do it at the same moment the program hangs: in one of five highly available routers, which
then never gets its gateway.
"""
import threading

from neutron.agent.l3 import keepalived_state_change as monitor
from neutron.agent.linux import ip_lib


def run(self):
    self.handle_initial_state()
    events = (self.queue, self.event_stop, self.event_started)
    threading.Thread(target=ip_lib.ip_monitor, args=(self.namespace, *events)).start()
    self._thread_read_queue = threading.Thread(target=self.read_queue, args=events)
    self._thread_read_queue.start()
    self._thread_read_queue.join()


monitor.MonitorDaemon.run = run
monitor.main()
