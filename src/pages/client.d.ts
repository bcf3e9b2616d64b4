/** The client of the service, at its address as the pages see it. */
declare module '*/clients/lossmeter.js' {
  type Client = typeof import('../clients/javascript/lossmeter.js')
  export const Lossmeter: Client['Lossmeter']
  export const LossmeterError: Client['LossmeterError']
  export const OutOfReach: Client['OutOfReach']
}
