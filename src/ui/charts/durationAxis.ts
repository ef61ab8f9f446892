import type { Axis } from '../../session/plot/axis.ts';

/** Seconds. */
const clockSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const day = 86_400;

/** Milliseconds, with ticks at times that a clock knows: 15 s, 2 min, 1 h. */
export function durationAxis(longest: number, wanted: number): Axis {
  const most = Math.max(longest, 1000);
  const seconds = most / 1000 / wanted;
  const step = 1000 * (clockSteps.find((each) => each >= seconds) ?? Math.ceil(seconds / day) * day);
  return {
    domain: [0, most],
    ticks: Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step),
  };
}

/** 20.0 MB → 20 MB, 2 min 0 s → 2 min: round values need no zeros. */
export const withoutZeros = (text: string): string =>
  text.replace(/\.0+(?= )/, '').replace(/(?<=\d \w+) 0 \w+$/, '');
