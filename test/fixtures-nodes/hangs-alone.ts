/** The same node as one that may be started again by itself. */
import hangs from './hangs.ts';

export default { ...hangs, name: 'hangs-alone', stateless: true };
