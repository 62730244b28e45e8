// The units of the Debian package, by name. To be those of src/install/units.ts as soon as it has them.
export function packageUnits(executable: string): Readonly<Record<string, string>> {
  return {
    'praas-pat-agent.service': unit('PRaaS PAT agent', `${executable} serve`),
    'praas-monitor-agent.service': unit('PRaaS monitor agent', `${executable} monitor`),
  };
}

const unit = (description: string, command: string): string =>
  `[Unit]
Description=${description}
Wants=network-online.target
After=network-online.target neutron-l3-agent.service

[Service]
ExecStart=${command}
ExecReload=kill -HUP $MAINPID
Restart=always

[Install]
WantedBy=multi-user.target
`;
