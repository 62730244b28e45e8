/** HTTPS in a file of its own, so that it is loaded only where it is needed: the executable can delay files, not modules of Node. */
export { Agent, request } from 'node:https';
