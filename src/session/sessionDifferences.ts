import type { DataInfo, DeviceInfo, ModelInfo } from './events.ts';
import { integer } from './format.ts';
import { recipeDifferences } from './recipe-diff.ts';
import type { RecipeDifference } from './recipe-diff.ts';
import type { SessionView } from './view.ts';

export interface Difference extends RecipeDifference {
  readonly kind: 'model' | 'data' | 'device' | 'recipe';
}

const unknown = 'not known';

/** What two or more sessions do not share: model and data by fingerprint, device, and each field of the recipe. */
export function sessionDifferences(views: readonly SessionView[]): Difference[] {
  const over = (kind: Difference['kind'], path: string, text: (view: SessionView) => string) => {
    const values = views.map(text);
    return values.every((value) => value === values[0]) ? [] : [{ kind, path, values }];
  };
  const recipes = views.flatMap(({ recipe }) => recipe ?? []);
  return [
    ...over('model', 'model', ({ model }) => fileText(model)),
    ...over('data', 'data', ({ data }) => fileText(data)),
    ...over('data', 'examples', ({ data }) => splitText(data)),
    ...over('device', 'device', ({ device }) => deviceText(device)),
    // A session without a recipe has not begun, and there is nothing to compare it in.
    ...(recipes.length === views.length ? recipeDifferences(recipes) : []).map((difference): Difference => ({
      kind: 'recipe',
      ...difference,
    })),
  ];
}

/** A name and enough of the fingerprint to tell files of one name apart. */
const fileText = (file: ModelInfo | DataInfo | null): string =>
  file ? `${file.name} (${file.sha256.slice(0, 8)}…)` : unknown;

const splitText = (data: DataInfo | null): string =>
  data
    ? `${integer(data.train)} to train, ${integer(data.validation)} to search, ${integer(data.test)} to test`
    : unknown;

export const deviceText = (device: DeviceInfo | null): string =>
  device
    ? [device.backend === 'webgpu' ? 'WebGPU' : 'CPU', device.adapter, device.kernels]
        .filter(Boolean)
        .join(' · ')
    : unknown;
