import { timeOf as timeOfRow, timeText } from './row-times.ts'

export const windowNames = ['hour', 'day', 'week'] as const
export type WindowName = (typeof windowNames)[number]

const hour = 3_600_000
const lengths: Readonly<Record<WindowName, number>> = { hour, day: 24 * hour, week: 7 * 24 * hour }

/** A Monday. */
const firstWeek = Date.UTC(1969, 11, 29)

export function lengthOf(window: WindowName): number {
  return lengths[window]
}

/** When the window of a time begins, in UTC. */
export function startOf(window: WindowName, time: number): number {
  const origin = window === 'week' ? firstWeek : 0
  return origin + Math.floor((time - origin) / lengths[window]) * lengths[window]
}

export const timeNeeds = `must be ${timeText}`

/** The milliseconds since 1970 of a time as clients send it; undefined for anything else. */
export function timeOf(sent: string | number): number | undefined {
  const time = timeOfRow(sent)
  return typeof time === 'number' && Number.isInteger(time) ? time : undefined
}
