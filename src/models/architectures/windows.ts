import { z } from 'zod';
import { invalid, size } from '../../formats/config-fields.ts';

/** Fields that say which layers attend through a sliding window. */
export const windowFields = {
  sliding_window: size(1e9).nullish(),
  layer_types: z.array(z.string().max(60)).max(1024).nullish(),
};

interface WindowFields {
  sliding_window?: number | null | undefined;
  layer_types?: string[] | null | undefined;
}

/** The window of each layer; `isWindowed` decides where config.json does not list the layers. */
export function windowsOf(
  { sliding_window: window, layer_types: types }: WindowFields,
  layers: number,
  isWindowed: (layer: number) => boolean,
  file: string,
): (number | null)[] {
  if (types && types.length !== layers)
    throw invalid(file, 'layer_types', `has ${types.length} entries for ${layers} layers`);
  return Array.from({ length: layers }, (_, layer) => {
    const type = types?.[layer];
    if (type !== undefined && type !== 'sliding_attention' && type !== 'full_attention')
      throw invalid(
        file,
        `layer_types[${layer}]`,
        `is "${type}"; Pare knows full_attention and sliding_attention`,
      );
    const windowed = type === undefined ? isWindowed(layer) : type === 'sliding_attention';
    return windowed ? (window ?? null) : null;
  });
}
