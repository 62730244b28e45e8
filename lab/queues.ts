/**
 * When the services listen to each other. A broker that starts again has none of their queues: until each has found it and
 * made its own anew, what one tells the others is lost, and is not sent again.
 */

/** The words to all who listen for them, by the name of the service that does. */
const TOPICS: Readonly<Record<string, readonly string[]>> = {
  'neutron-server': ['q-plugin', 'q-l3-plugin', 'q-reports-plugin', 'q-server-resource-versions'],
  'nova-conductor': ['conductor'],
  'nova-scheduler': ['scheduler'],
  'nova-compute': ['compute'],
  'neutron-linuxbridge-agent': [
    'q-agent-notifier-port-update',
    'q-agent-notifier-network-update',
    'q-agent-notifier-network-delete',
    'q-agent-notifier-security_group-update',
    'q-agent-notifier-l2population-update',
    'q-agent-notifier-binding-activate',
    'q-agent-notifier-binding-deactivate',
  ],
  'neutron-l3-agent': ['l3_agent', 'q-agent-notifier-network-update', 'neutron-vo-PortForwarding-1.3'],
};

/** Whether each of these services takes its words from the broker; `table` is what `rabbitmqctl` says of the queues. */
export function areListening(services: readonly string[], table: string): boolean {
  const listeners = listenersOf(table);
  const topics = services.flatMap((name) => TOPICS[name] ?? []);
  return topics.every((topic) => (listeners[topic] ?? 0) >= topics.filter((other) => other === topic).length);
}

/** How many listen for each topic. oslo.messaging gives each listener a queue `TOPIC_fanout_HEX` of its own. */
function listenersOf(table: string): Readonly<Record<string, number>> {
  const listeners: Record<string, number> = {};
  for (const line of table.split('\n')) {
    const [, topic, consumers] = /^(.+)_fanout_[0-9a-f]+\t(\d+)$/.exec(line.trimEnd()) ?? [];
    if (topic !== undefined) listeners[topic] = (listeners[topic] ?? 0) + Number(consumers);
  }
  return listeners;
}
