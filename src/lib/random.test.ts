import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';
import { mean, sd } from './statistics.ts';

const draw = (random: Random, n: number): number[] => Array.from({ length: n }, () => random.next());

describe('Random', () => {
  it('is xoshiro128**: the reference outputs from state 1, 2, 3, 4', () => {
    const random = Random.restore([1, 2, 3, 4]);
    const outputs = Array.from({ length: 10 }, () => random.uint32());
    const reference = [
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
    ];
    expect(outputs).toEqual([...reference, 4258142804]);
  });

  it('repeats itself for the same seed and differs for others', () => {
    expect(draw(new Random(7), 5)).toEqual(draw(new Random(7), 5));
    expect(draw(new Random(7), 5)).not.toEqual(draw(new Random(8), 5));
    expect(draw(new Random(7), 5)).not.toEqual(draw(new Random(7 + 2 ** 32), 5));
    expect(() => new Random(-1)).toThrow('non-negative');
  });

  it('continues from its state, through JSON, whatever was drawn before', () => {
    const random = new Random(3);
    random.normal();
    random.shuffle([1, 2, 3]);
    const copy = Random.restore(JSON.parse(JSON.stringify(random.state())) as number[]);
    expect([copy.normal(), copy.next(), copy.integer(9)]).toEqual([
      random.normal(),
      random.next(),
      random.integer(9),
    ]);
    expect(() => Random.restore([0, 0, 0, 0])).toThrow('not all zero');
  });

  it('is uniform, and normal where it says so', () => {
    const random = new Random(1);
    const uniform = draw(random, 20_000);
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform)).toBeLessThan(1);
    expect(mean(uniform)).toBeCloseTo(0.5, 2);
    expect(sd(uniform)).toBeCloseTo(Math.sqrt(1 / 12), 2);
    const normal = Array.from({ length: 20_000 }, () => random.normal());
    expect(Math.abs(mean(normal))).toBeLessThan(0.03);
    expect(Math.abs(sd(normal) - 1)).toBeLessThan(0.03);
  });

  it('shuffles in place into every order equally often', () => {
    const random = new Random(2);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.permutation(3).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
    const array = [5, 6];
    expect(random.shuffle(array)).toBe(array);
  });

  it('splits off independent streams without moving itself', () => {
    const random = new Random(4);
    const before = random.state();
    const first = random.split('search');
    expect(random.state()).toEqual(before);
    expect(first.state()).toEqual(random.split('search').state());
    expect(first.state()).not.toEqual(random.split('dropout').state());
    expect(first.state()).not.toEqual(new Random(5).split('search').state());
    random.next();
    expect(first.state()).not.toEqual(random.split('search').state());
  });
});
