import { Fragment } from 'react';
import { ceilingsOf } from '../../backends/measure/roofline.ts';
import { groupBy } from '../../backends/measure/timing.ts';
import { backendName, figureText, rateText, spreadText } from '../../state/performanceText.ts';
import type { DevicePerformance } from '../../workers/studio.protocol.ts';

/** Tokens a second on each device beside each other; then, for those who ask, the kernels. */
export function PerformanceTables({ devices }: { devices: readonly DevicePerformance[] }) {
  const labels = [
    ...new Set(devices.flatMap(({ throughput }) => speeds(throughput).map(({ label }) => label))),
  ];
  return (
    <>
      <div className="performance-table" role="group" aria-label="Tokens a second" tabIndex={0}>
        <table aria-label="Tokens a second">
          <thead>
            <tr>
              <th scope="col">Tokens/s</th>
              {devices.map((device) => (
                <th key={device.backend} scope="col" title={`${backendName(device)}: ${device.kernels}`}>
                  {device.backend === 'cpu' ? 'CPU' : 'WebGPU'}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {labels.map((label) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {devices.map(({ backend, throughput }) => {
                  const figure = speeds(throughput).find((each) => each.label === label);
                  return (
                    <td key={backend} title={figure && spreadText(figure.value)}>
                      {figure ? figureText(figure.value.median) : '–'}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {devices
        .filter(({ kernelTimes }) => kernelTimes.length > 0)
        .map((device) => (
          <Kernels key={device.backend} device={device} />
        ))}
    </>
  );
}

const speeds = (throughput: DevicePerformance['throughput']) =>
  throughput.filter(({ unit }) => unit === 'tokens/s');

function Kernels({ device: { kernelTimes, ceilings } }: { device: DevicePerformance }) {
  const limits = ceilingsOf(ceilings);
  const groups = groupBy([...ceilings, ...kernelTimes], ({ group }) => group);
  return (
    <details className="performance-kernels">
      <summary>Ceilings and kernels</summary>
      <div className="performance-table" role="group" aria-label="Ceilings and kernels" tabIndex={0}>
        <table aria-label="Ceilings and kernels">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Rate, of the ceiling</th>
              <th scope="col">Median</th>
            </tr>
          </thead>
          <tbody>
            {[...groups].map(([group, figures]) => (
              <Fragment key={group ?? ''}>
                {group !== undefined && (
                  <tr>
                    <th scope="rowgroup" colSpan={3}>
                      {group}
                    </th>
                  </tr>
                )}
                {figures.map((figure, index) => (
                  <tr key={index}>
                    <th scope="row">{figure.label}</th>
                    <td>{rateText(figure, limits)}</td>
                    <td title={spreadText(figure.value)}>
                      {figureText(figure.value.median)} {figure.unit}
                    </td>
                  </tr>
                ))}
              </Fragment>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
