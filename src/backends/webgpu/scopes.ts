/** Why the device refused something; null where it did not. */
export type DeviceFault = { readonly kind: 'out-of-memory' | 'invalid'; readonly message: string } | null;

/**
 * Runs `work` inside error scopes. A device has one stack of scopes for everybody, so `work` is synchronous: nothing
 * else can come between push and pop. What went wrong is known later.
 */
export function guarded<T>(device: GPUDevice, work: () => T): { made: T; fault: Promise<DeviceFault> } {
  device.pushErrorScope('out-of-memory');
  device.pushErrorScope('validation');
  let made: T;
  try {
    made = work();
  } catch (error) {
    void pop(device);
    throw error;
  }
  return { made, fault: pop(device) };
}

/** A lost device reports nothing here: `lost` tells of it. */
async function pop(device: GPUDevice): Promise<DeviceFault> {
  try {
    const [invalid, full] = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
    if (full) return { kind: 'out-of-memory', message: full.message };
    return invalid && { kind: 'invalid', message: invalid.message };
  } catch {
    return null;
  }
}
