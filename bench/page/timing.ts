export * from '../../src/backends/measure/timing.ts';
