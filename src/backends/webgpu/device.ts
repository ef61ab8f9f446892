import type { DeviceTraits } from '../../graph/op.ts';
import { PareError } from '../../lib/assert.ts';
import type { DeviceFacts } from '../backend.ts';
import { kernelNames } from './kernel-names.ts';

/** WebGPU as a page or a worker has it; undefined where there is none. Node has Dawn instead (`dawn.ts`). */
export function browserGpu(): GPU | undefined {
  return globalThis.navigator?.gpu;
}

/** Takes the fastest adapter with all of its limits. */
export async function openDevice(gpu: GPU | undefined): Promise<GPUDevice> {
  if (!gpu) {
    throw new PareError(
      'no-webgpu',
      'This browser has no WebGPU.',
      'Use a current Chrome or Edge, or go on without a GPU: slower, same results.',
    );
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new PareError(
      'no-adapter',
      'WebGPU found no graphics adapter.',
      'Turn on hardware acceleration, or go on without a GPU: slower, same results.',
    );
  }
  const {
    maxBufferSize,
    maxStorageBufferBindingSize,
    maxStorageBuffersPerShaderStage,
    maxComputeWorkgroupsPerDimension,
    maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX,
  } = adapter.limits;
  const wanted: GPUFeatureName[] = ['timestamp-query', 'subgroups', 'shader-f16'];
  return adapter.requestDevice({
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
    requiredLimits: {
      maxBufferSize,
      maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupsPerDimension,
      maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX,
    },
  });
}

/** Bytes that one binding reaches. */
export function largestBinding({ limits }: GPUDevice): number {
  return Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
}

export function deviceTraits(
  { features, adapterInfo, limits }: GPUDevice,
  choices: DeviceTraits['choices'] = new Map(),
): DeviceTraits {
  const { subgroupMinSize, subgroupMaxSize } = adapterInfo;
  const fixed = features.has('subgroups') && subgroupMinSize === subgroupMaxSize;
  return {
    subgroup: fixed ? subgroupMinSize : null,
    workgroupBytes: limits.maxComputeWorkgroupStorageSize,
    workgroupThreads: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
    software: isSoftware(adapterInfo),
    choices,
  };
}

/** Adapters that are programs on the CPU, by what they call themselves: SwiftShader, Mesa's llvmpipe, Windows' WARP. */
function isSoftware({
  vendor,
  architecture,
  device,
  description,
  isFallbackAdapter,
}: GPUAdapterInfo): boolean {
  const names = [vendor, architecture, device, description].join(' ');
  return isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(names);
}

export function deviceFacts(device: GPUDevice, traits = deviceTraits(device)): DeviceFacts {
  const { vendor, architecture, device: chip, description } = device.adapterInfo;
  return {
    backend: 'webgpu',
    adapter: description || [vendor, architecture, chip].filter(Boolean).join(' ') || 'WebGPU adapter',
    maxTensorBytes: largestBinding(device),
    features: [...device.features].map(String),
    kernels: kernelNames(traits),
  };
}
