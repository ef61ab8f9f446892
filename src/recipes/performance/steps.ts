import { GpuProgram } from '../../backends/webgpu/program.ts';
import { WebGpuBackend } from '../../backends/webgpu/webgpu.ts';
import type { HostArray } from '../../backends/backend.ts';
import { adapterNames } from '../../compression/adapters/init.ts';
import { evaluationGraph } from '../../evaluation/evaluator.ts';
import type { Graph } from '../../graph/graph.ts';
import { decoderOptions } from '../../models/runnable.ts';
import { momentNames, ringName, ringSize, trainingGraph } from '../../training/graph.ts';
import type { Figure, MeasureOptions } from '../../backends/measure/figures.ts';
import { profileStep, type Step } from '../../backends/webgpu/measure/profile.ts';
import { fullLimits, fullModel, type Workload } from './workload.ts';

/** One training step of the workload, at full ranks and widths. */
export async function profileTraining(workload: Workload, options: MeasureOptions): Promise<Figure[]> {
  const { store, config, plan, trainShape, train } = workload;
  const { batch, length, capacity } = trainShape;
  const model = fullModel(workload);
  store.allocate(ringName, { dtype: 'f32', shape: [ringSize, 1] });
  const moments = adapterNames(plan).flatMap((name) =>
    momentNames(name).map((moment) => ({ moment, spec: store.spec(name) })),
  );
  for (const { moment, spec } of moments) store.allocate(moment, spec);
  const graph = trainingGraph(config, {
    ...decoderOptions(model, batch, length),
    rows: capacity,
    dropout: 0,
    clip: 1,
  });
  const { ids, rows, targets } = train[0]!;
  const inputs = new Map<string, HostArray>([
    ['ids', ids],
    ['rows', rows],
    ['targets', targets],
    ['weights', Float32Array.from(targets, (target) => (target < 0 ? 0 : 1 / targets.length))],
    ['hyper', Float32Array.of(1e-4, 0.1, 0.001, 0)],
    ['slot', Int32Array.of(0)],
  ]);
  const times = await profile(
    workload,
    {
      name: 'training step',
      tokens: batch * length,
      graph,
      inputs: withLimits(inputs, fullLimits(model, batch)),
    },
    options,
  );
  for (const name of [ringName, ...moments.map(({ moment }) => moment)]) store.remove(name);
  return times;
}

/** Scoring one batch of the workload, at full ranks and widths. */
export async function profileEvaluation(workload: Workload, options: MeasureOptions): Promise<Figure[]> {
  const { store, config, evaluationShape, validation } = workload;
  const { batch, length, capacity } = evaluationShape;
  const model = fullModel(workload);
  const results = ['evaluation.losses', 'evaluation.correct'];
  for (const name of results) store.allocate(name, { dtype: 'f32', shape: [1, capacity] });
  const graph = evaluationGraph(config, decoderOptions(model, batch, length), evaluationShape, 1);
  const { ids, rows, targets } = validation[0]!;
  const inputs = new Map<string, HostArray>(Object.entries({ ids, rows, targets, slot: Int32Array.of(0) }));
  const times = await profile(
    workload,
    {
      name: 'evaluation step',
      tokens: batch * length,
      graph,
      inputs: withLimits(inputs, fullLimits(model, batch)),
    },
    options,
  );
  for (const name of results) store.remove(name);
  return times;
}

type Described = Omit<Step, 'program' | 'backend' | 'store'>;

async function profile(
  { backend, store }: Workload,
  step: Described & { graph: Graph },
  options: MeasureOptions,
): Promise<Figure[]> {
  const program = await backend.compile(step.graph, store);
  if (!(backend instanceof WebGpuBackend && program instanceof GpuProgram))
    throw new Error('only a WebGPU device tells of its dispatches');
  try {
    for (const [name, data] of step.inputs) program.write(name, data);
    return await profileStep({ ...step, program, backend, store }, options);
  } finally {
    program.dispose();
  }
}

function withLimits(inputs: Map<string, HostArray>, limits: Int32Array | null): Map<string, HostArray> {
  return limits ? inputs.set('limits', limits) : inputs;
}
