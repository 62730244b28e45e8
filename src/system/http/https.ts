/** HTTPS in a file of its own, so that it is loaded only where needed: the executable can delay files, but not modules of Node. */
export { Agent, request } from 'node:https';
