import { existsSync } from 'node:fs';

/** The software Vulkan driver that comes with Debian's Chromium: for machines without a GPU. */
const softwareDriver = '/usr/lib/chromium/vk_swiftshader_icd.json';

let held: GPU | undefined;

/** `navigator.gpu` for Node: Dawn, from npm `webgpu`. It is held here, since a collected GPU object takes its devices along. */
export async function openDawn(): Promise<GPU> {
  if (
    !process.env.VK_ICD_FILENAMES &&
    !process.env.VK_DRIVER_FILES &&
    !existsSync('/dev/dri') &&
    existsSync(softwareDriver)
  ) {
    process.env.VK_ICD_FILENAMES = softwareDriver;
  }
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  held = create([]);
  return held;
}

/** Lets go of Dawn: Node does not exit before. */
export function closeDawn(): void {
  held = undefined;
}
