/** How a picture moves as a whole. The only file of this folder that others import. */
export { GlobalMotion, greySize, type Moved } from './global-motion.ts';
