import { useSyncExternalStore } from 'react';
import { deviceUse, onDeviceUse, type DeviceUse } from '../../state/deviceUse.ts';

/** What the device is used for now; null: nothing. */
export const useDeviceUse = (): DeviceUse | null => useSyncExternalStore(onDeviceUse, deviceUse);
