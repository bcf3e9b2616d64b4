import type { ServerResponse } from 'node:http'

const callbacks = Symbol('callbacks')

interface Watched extends ServerResponse {
  [callbacks]?: (() => void)[]
}

/** Calls back, in the order of asking, when a response is closed, however it ends. All callbacks of a response have one listener. */
export function whenClosed(response: ServerResponse, callback: () => void): void {
  const watched: Watched = response
  const asked = watched[callbacks]
  if (asked !== undefined) {
    asked.push(callback)
    return
  }
  const list = [callback]
  watched[callbacks] = list
  response.on('close', () => {
    for (const call of list) call()
  })
}
