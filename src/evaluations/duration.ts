const [week, day, hour, minute, second] = [604_800_000, 86_400_000, 3_600_000, 60_000, 1000]
export const shortestWait = hour
export const longestWait = 3650 * day

/** Years and months are left out: they are not always as long. */
const iso8601 = /^P(?=[\dT])(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?$/

/** The milliseconds of an ISO 8601 duration of weeks, days, hours, minutes and seconds; undefined for any other text. */
export function millisecondsOf(duration: string): number | undefined {
  const [, ...counts] = iso8601.exec(duration) ?? []
  if (counts.length === 0) return undefined
  return [week, day, hour, minute, second].reduce((sum, unit, at) => sum + unit * Number(counts[at] ?? 0), 0)
}

/** How long a half of a row may wait for the other. @param within as it is declared */
export function waitOf({ within }: { readonly within: string }): number {
  return millisecondsOf(within) ?? longestWait
}
