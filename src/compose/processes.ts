/**
 * The processes of a node beside the commands. They are more than half of all code, so they are a script of their own in the
 * executable (scripts/build-exe.ts): nothing that commands load at their start may import this but by `import()`.
 */
export { pathInImage } from '../admin/install/image-path.ts';
export { hasCloud } from './cloud.ts';
export { cloudNotConfigured } from './cloud-not-configured.ts';
export { Doctor } from './doctor.ts';
export { Installer } from './installer.ts';
export { memberWarning } from './member-warning.ts';
export { sweepOnce } from './monitor.ts';
export { composeMonitorAgent } from './monitor-agent.ts';
export { composePatAgent } from './pat-agent.ts';
