/** Rows of numbers: `matrix('1 2; 3 4')` is [[1, 2], [3, 4]]. */
export function matrix(text: string): number[][] {
  return text.split(';').map((row) => row.trim().split(' ').map(Number))
}
