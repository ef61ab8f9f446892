/** Pixels of a row and of the axis below. */
const row = 20;
export const axisHeight = 18;

/** Of a chart of bars; known before the chart itself is loaded, so that nothing jumps when it is. */
export const barsHeight = (rows: number): number => rows * row + axisHeight + 4;
