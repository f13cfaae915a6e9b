/** The simulator's public file: a PTZ camera in this process. Nodes import this file and nothing else of sim/. */
export { VirtualCamera } from './camera/virtual-camera.ts';
export { loadScene } from './scene/load-scene.ts';
