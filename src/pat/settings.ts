/** The keys of praas.conf that are about published ports. Plain functions only: every start of praas reads them. */
import {
  days,
  exchanges,
  ipv4Networks,
  limit,
  mebibytes,
  oneOf,
  percent,
  port,
  portRange,
  ports,
  seconds,
  share,
  topics,
  transportUrl,
} from '../core/settings/kinds.ts';
import { key, type Section } from '../core/settings/sections.ts';

/** A change counts for what happens after it, so a reload can apply it. */
const isReloadable = true;

export const PAT_KEYS = {
  router_port_range: key(portRange, '4000:4100', 'range from which router ports are allocated', { isReloadable }),
  reserved_ports: key(
    ports,
    '500,1701,4500,9697',
    'router ports that are never allocated (VPN and metadata of Neutron)',
    { isReloadable },
  ),
  masquerade: key(oneOf('auto', 'always', 'never'), 'auto', 'default masquerade mode of new mappings', {
    isReloadable,
  }),
  quota_mappings: key(limit, '50', 'default quota of mappings per project', { isReloadable }),
  quota_ports: key(limit, '50', 'default quota of mappings per project and router', { isReloadable }),
  max_checks_per_caller: key(limit, '4', 'checks of one project, or token without a project, under way at a time', {
    isReloadable,
  }),
  max_checks_per_router: key(limit, '8', 'checks of mappings of one router under way at a time', { isReloadable }),
  retain_days: key(days(3650), '7', 'retention of events, including those of deleted mappings', {
    isReloadable,
    formerly: 'retain',
  }),
  events_max_mib_per_day: key(
    mebibytes(16, 65_536),
    '64',
    'maximum size of the events of one day; the oldest are removed',
    { isReloadable },
  ),
  max_project_events_percent: key(
    share,
    '10',
    'maximum share of events_max_mib_per_day of one project, half of it for created and deleted',
    { isReloadable },
  ),
  reconcile_period_seconds: key(seconds(3600), '30', 'interval at which rules are reconciled with mappings', {
    isReloadable,
    formerly: 'reconcile_period',
  }),
  second_monitoring: key(seconds(86_400), '30', 'interval in seconds of the periodic sync with OpenStack', {
    isReloadable,
  }),
  notifications: key(
    transportUrl,
    '',
    'transport URL of the message broker of OpenStack (empty for periodic sync only)',
    { isSecret: true },
  ),
  notification_topics: key(
    topics,
    'notifications,versioned_notifications',
    'topics of the notifications (of [oslo_messaging_notifications] and versioned_notifications_topics)',
  ),
  notification_exchanges: key(
    exchanges,
    'nova,neutron',
    'exchanges of the notifications, each of which has to be there (control_exchange of the services)',
  ),
  max_removals_percent: key(
    percent,
    '10',
    'maximum share of mappings deleted per sweep without --confirm (at least 10 mappings)',
    { isReloadable, formerly: 'max_removals' },
  ),
  port_monitor: key(port, '3001', 'health and metrics port of the monitor agent'),
  legacy_api_allow: key(
    ipv4Networks,
    '',
    'addresses allowed to use the legacy API without a token, in addition to this node',
    { isReloadable },
  ),
} as const satisfies Section;
