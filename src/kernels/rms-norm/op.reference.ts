import type { HostTensor } from '../../graph/op.ts';
import type { RmsNormAttributes } from './op.ts';

type Inputs = readonly (HostTensor | null)[];

export function rmsNormReference(
  [x, w]: Inputs,
  [y]: readonly HostTensor[],
  { epsilon, offset = 0 }: RmsNormAttributes,
): void {
  const n = w!.data.length;
  for (let row = 0; row < x!.data.length; row += n) {
    const inverse = inverseRms(x!, row, n, epsilon);
    for (let i = 0; i < n; i++) y!.data[row + i] = x!.data[row + i]! * inverse * (offset + w!.data[i]!);
  }
}

export function rmsNormBackwardReference(
  [x, w, dy]: Inputs,
  [dx]: readonly HostTensor[],
  { epsilon, offset = 0 }: RmsNormAttributes,
): void {
  const n = w!.data.length;
  for (let row = 0; row < x!.data.length; row += n) {
    const inverse = inverseRms(x!, row, n, epsilon);
    let along = 0;
    for (let i = 0; i < n; i++) along += dy!.data[row + i]! * (offset + w!.data[i]!) * x!.data[row + i]!;
    const pull = (along * inverse ** 3) / n;
    for (let i = 0; i < n; i++)
      dx!.data[row + i] = dy!.data[row + i]! * (offset + w!.data[i]!) * inverse - x!.data[row + i]! * pull;
  }
}

function inverseRms(x: HostTensor, begin: number, n: number, epsilon: number): number {
  let squares = 0;
  for (let i = begin; i < begin + n; i++) squares += x.data[i]! ** 2;
  return 1 / Math.sqrt(squares / n + epsilon);
}
