import { SupernetTrainer } from '../../src/training/trainer.ts';
import { fullLimits, fullModel, type Workload } from '../../src/recipes/performance/workload.ts';
import type { StepContender } from './step-contender.ts';
import { stepSettings } from './step-model.ts';

/** Ours, with the trainer of the studio: plain LoRA, ranks full. */
export function openPareStep(name: string, workload: Workload): StepContender {
  return {
    name,
    async start() {
      const { backend, store, config, plan, trainShape, train } = workload;
      const { batch, length, capacity } = trainShape;
      const model = fullModel(workload);
      const trainer = await SupernetTrainer.create(backend, store, config, {
        sequences: batch,
        length,
        rows: capacity,
        plan,
        masked: model.masked,
        quantized: model.quantized,
        dropout: 0,
        clip: stepSettings.clip,
        weightDecay: 0,
        seed: 1,
      });
      const limits = fullLimits(model, batch) ?? new Int32Array();
      return {
        async step() {
          trainer.step(train[0]!, limits, stepSettings.learningRate);
          return (await trainer.losses()).values[0]!;
        },
        dispose: () => trainer.dispose(),
      };
    },
  };
}
