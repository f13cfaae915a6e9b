/** Where labelled clips and other models are looked for, beside the repository. */
import { join } from 'node:path';

export const SHARED = join(import.meta.dir, '../../../shared');
export const DRONES = join(SHARED, 'data/drones');
