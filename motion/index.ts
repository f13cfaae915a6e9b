/** What moves in a picture: all of it, and parts by themselves. The only file of this folder that others import. */
export { GlobalMotion, greySize, type Moved } from './global-motion.ts';
export { type Motion, MotionWatch, type Region } from './motion-watch.ts';
