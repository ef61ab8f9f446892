import type { StepModel } from './step-model.ts';

/** An engine that trains. */
export interface StepContender {
  readonly name: string;
  /** Puts the model on the device; what is compiled before the first step may be compiled here. */
  start(model: StepModel): Promise<Stepper>;
}

export interface Stepper {
  /** One step on the same batch, and its loss when the device has done it. */
  step(): Promise<number>;
  dispose(): void;
}
