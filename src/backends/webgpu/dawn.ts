import { existsSync } from 'node:fs';

/** The software Vulkan driver that comes with Chromium or Chrome on Linux: for machines without a GPU. */
const softwareDriver = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome']
  .map((folder) => `${folder}/vk_swiftshader_icd.json`)
  .find((path) => existsSync(path));

let held: GPU | undefined;

/**
 * `navigator.gpu` for Node: Dawn, from npm `webgpu`. There is one, as in a page, and it is held here: a collected GPU
 * object takes its devices along.
 */
export async function openDawn(): Promise<GPU> {
  if (
    !process.env.VK_ICD_FILENAMES &&
    !process.env.VK_DRIVER_FILES &&
    !existsSync('/dev/dri') &&
    softwareDriver
  ) {
    process.env.VK_ICD_FILENAMES = softwareDriver;
  }
  if (held) return held;
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  return (held = create([]));
}

/** Lets go of Dawn: Node does not exit before. */
export function closeDawn(): void {
  held = undefined;
}
