/** [rows, inner, columns] of Y = X·W. */
export type MatmulShape = readonly [rows: number, inner: number, columns: number];
