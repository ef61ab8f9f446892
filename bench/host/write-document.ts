import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../protocol.ts';
import { performancePage, type Bounds, type Measured } from './document.ts';
import { root } from './paths.ts';
import { rooflineOf, rooflinePicture } from './roofline.ts';

const folder = join(root, 'docs', 'performance');

/** Name of a column, and the file that its run has written (`--out`). */
const files = { SwiftShader: 'swiftshader.json', llvmpipe: 'llvmpipe.json' };

/** What the committed results give: path and text. */
export function documents(): { path: string; text: string }[] {
  const measured = Object.entries(files).flatMap(([name, file]): Measured[] => {
    const path = join(folder, file);
    return existsSync(path) ? [{ name, results: JSON.parse(readFileSync(path, 'utf8')) as Results }] : [];
  });
  const template = included(readFileSync(join(folder, 'template.md'), 'utf8'));
  const bounds = JSON.parse(readFileSync(join(folder, 'bounds.json'), 'utf8')) as Bounds;
  const pictures = measured.flatMap(({ name, results }) => {
    const roofline = rooflineOf(results);
    const path = join('docs', 'images', `roofline-${name.toLowerCase()}.svg`);
    return roofline ? [{ path, text: rooflinePicture(roofline) }] : [];
  });
  const shown = pictures.map(({ path }) => `![Roofline](images/${path.split('/').at(-1)})`).join('\n\n');
  const page = performancePage(template.replaceAll('{{roofline}}', shown), measured, bounds);
  return [{ path: join('docs', 'performance.md'), text: page }, ...pictures];
}

/** Prose of other files in the folder: `{{kernels.md}}`. */
const included = (template: string): string =>
  template.replaceAll(/\{\{([\w-]+\.md)\}\}/g, (_, file: string) =>
    readFileSync(join(folder, file), 'utf8').trim(),
  );

/** `npm run -s performance` */
export function main(): Promise<void> {
  for (const { path, text } of documents()) writeFileSync(join(root, path), text);
  return Promise.resolve();
}
