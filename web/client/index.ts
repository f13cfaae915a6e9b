/**
 * The client library: boxes of a running graph over a video, in any page.
 *
 *     import { attachOverlay, connect } from 'http://127.0.0.1:8080/client.js';
 *     attachOverlay(document.querySelector('video'), connect('http://127.0.0.1:8080'));
 *
 * No framework, no request to anyone but the server. See docs/web.md.
 */
export type * from './api.ts';
export { connect } from './connection.ts';
export { attachOverlay, createOverlay } from './overlay.ts';
export type * from './shapes.ts';
export type * from './wire.ts';
