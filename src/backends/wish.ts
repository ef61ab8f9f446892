/** `auto`: a real GPU; where the adapter is a program on the CPU, or there is none, whatever measures faster. */
export const deviceWishes = ['auto', 'webgpu', 'cpu'] as const;
export type DeviceWish = (typeof deviceWishes)[number];
