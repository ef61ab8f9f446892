import { join } from 'node:path';

/** npm runs scripts in the folder of package.json. */
export const root = process.cwd();
export const bench = join(root, 'bench');
export const built = join(root, 'node_modules', '.cache', 'pare-bench');
