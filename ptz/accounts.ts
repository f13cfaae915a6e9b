/** For nodes that log in at a camera and do not move it: what they import of this folder, without its drivers. */
export { Account } from './network/account.ts';
export { realTime } from './time.ts';
