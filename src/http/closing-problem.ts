import { overloaded } from './problem.ts'

/** What requests are answered with that are in flight, or come, when the service ends. */
export const closingProblem = overloaded('The service is shutting down.', 5)
