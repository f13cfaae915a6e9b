/** The same node in a graph where every value counts. */
import floods from './floods.ts';

export default { ...floods, name: 'floods-asap', pace: () => 'asap' };
