import maskBits from '../../../shaders/mask_bits.wgsl?raw';
import maskNone from '../../../shaders/mask_none.wgsl?raw';
import type { Problem } from './problem.ts';

/** WGSL of the element mask, or of none: `mask4(row, column)` and `mask1`. */
export const maskCode = ({ masked }: Problem) => (masked ? maskBits : maskNone);
