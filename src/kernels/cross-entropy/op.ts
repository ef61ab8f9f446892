import type { DeviceTraits, NoAttributes, Node, Op, Variants } from '../../graph/op.ts';
import { matrixOf, type Tensor } from '../../graph/tensor.ts';
import forward from '../../../shaders/cross_entropy.wgsl?raw';
import forwardWorkgroup from '../../../shaders/cross_entropy_workgroup.wgsl?raw';
import backward from '../../../shaders/cross_entropy_backward.wgsl?raw';
import { flatIndex, numbers, threads, u32, widthOf } from '../dispatch.ts';
import { byWorkgroup, rowVariants, workgroupRow } from '../row-variants.ts';

/**
 * Negative log-likelihood of one target a row, in nats. Inputs: logits [p, vocabulary], targets i32 [p] (negative:
 * no row). Outputs [p]: the loss, log Σ exp of the logits, and 1 where the target is the (first) largest logit.
 */
export const crossEntropy: Op<NoAttributes> = {
  name: 'cross-entropy',
  infer([logits]) {
    const row = { dtype: 'f32', shape: [matrixOf(logits!.shape).rows] } as const;
    return [row, row, row];
  },
  vjp({ graph, node: { inputs, outputs }, gradients }) {
    const [logits, targets] = inputs as Tensor[];
    return [graph.apply(crossEntropyBackward, [logits!, targets!, outputs[1]!, gradients[0]!], {})[0]!, null];
  },
  reference([logits, targets], [loss, lse, correct]) {
    const n = logits!.shape.at(-1)!;
    targets!.data.forEach((target: number, row: number) => {
      const values = logits!.data.subarray(row * n, (row + 1) * n);
      let best = 0;
      for (let i = 1; i < n; i++) if (values[i]! > values[best]!) best = i;
      let total = 0;
      for (let i = 0; i < n; i++) total += Math.exp(values[i]! - values[best]!);
      lse!.data[row] = values[best]! + Math.log(total);
      loss!.data[row] = target < 0 ? 0 : values[best]! - values[target]! + Math.log(total);
      correct!.data[row] = best === target ? 1 : 0;
    });
  },
  variants: rowsVariants,
  dispatches(node, device) {
    const { inputs, outputs } = node;
    const { rows, columns } = matrixOf(inputs[0]!.shape);
    const common = {
      label: 'cross entropy',
      uniforms: [u32(rows), u32(columns)],
      bindings: [...inputs, ...outputs],
      work: rows * columns * 4,
    };
    return byWorkgroup(rowsVariants(node, device), device)
      ? [{ ...common, code: [flatIndex, workgroupRow, forwardWorkgroup], workgroups: [rows, 1, 1] }]
      : [
          {
            ...common,
            code: [flatIndex, numbers(widthOf(columns)), forward],
            workgroups: threads(rows),
          },
        ];
  },
};

function rowsVariants({ op, inputs: [logits] }: Node<NoAttributes>, device: DeviceTraits): Variants {
  return rowVariants(op.name, matrixOf(logits!.shape).columns, device);
}

/** Numbers of a row that a thread has in the backward pass: they share what belongs to the row. */
const unitsAThread = 4;

/** Inputs: logits, targets, lse, d loss [p]. Output: d logits = (softmax − one-hot) · d loss. */
const crossEntropyBackward: Op<NoAttributes> = {
  name: 'cross-entropy-backward',
  infer: ([logits]) => [{ dtype: 'f32', shape: logits!.shape }],
  reference([logits, targets, lse, dLoss], [dLogits]) {
    const n = logits!.shape.at(-1)!;
    logits!.data.forEach((value: number, i: number) => {
      const row = Math.floor(i / n);
      const target = targets!.data[row]!;
      const share = Math.exp(value - lse!.data[row]!) - (i % n === target ? 1 : 0);
      dLogits!.data[i] = target < 0 ? 0 : share * dLoss!.data[row]!;
    });
  },
  dispatches({ inputs: [logits, targets, lse, dLoss], outputs: [dLogits] }) {
    const { rows, columns } = matrixOf(logits!.shape);
    const width = widthOf(columns);
    const units = columns / width;
    return [
      {
        label: 'cross entropy backward',
        constants: { UNITS: unitsAThread },
        code: [flatIndex, numbers(width), backward],
        uniforms: [u32(rows), u32(units)],
        bindings: [logits!, targets!, lse!, dLoss!, dLogits!],
        workgroups: threads(rows * Math.ceil(units / unitsAThread)),
        work: rows * columns * 3,
      },
    ];
  },
};
