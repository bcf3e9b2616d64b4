import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly level?: string; readonly text?: string; readonly request?: { readonly url: string } }
  readonly result?: unknown
  readonly message?: string
}

/**
 * A Firefox with a profile of its own, driven by as much of WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/) as a look
 * at a page takes. Playwright needs a newer one than Debian has.
 */
export class Firefox {
  /** What the console had of errors, and every address that was asked for. */
  readonly errors: string[] = []
  readonly addresses: string[] = []
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (message: Message) => void>()
  #context = ''
  #last = 0

  static async start(executablePath: string, after: (end: () => unknown) => void): Promise<Firefox> {
    const profile = mkdtempSync(join(tmpdir(), 'lossmeter-firefox-'))
    const flags = ['--headless', '--no-remote', '--remote-debugging-port=0', '--profile', profile]
    const browser = spawn(executablePath, flags, { stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = once(browser, 'exit')
    after(async () => {
      browser.kill()
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
    })
    const address = await new Promise<string>((listens, fails) => {
      createInterface(browser.stderr).on('line', (line) => {
        const [, address] = /WebDriver BiDi listening on (ws:\S+)/.exec(line) ?? []
        if (address !== undefined) listens(address)
      })
      ended.then(() => fails(new Error('Firefox ended before it listened')), fails)
    })
    const socket = new WebSocket(`${address}/session`)
    await once(socket, 'open')
    const firefox = new Firefox(socket)
    await firefox.#begin()
    return firefox
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data))))
  }

  /** Opens a page and waits until an element is there. */
  async open(address: string, selector: string): Promise<void> {
    await this.#send('browsingContext.navigate', { context: this.#context, url: address, wait: 'complete' })
    await this.evaluate(`new Promise((found) => {
      const look = () => document.querySelector(${JSON.stringify(selector)}) === null ? setTimeout(look, 20) : found(true)
      look()
    })`)
  }

  /** The value of an expression, awaited. */
  async evaluate(expression: string): Promise<unknown> {
    const answer = await this.#send('script.evaluate', {
      expression,
      target: { context: this.#context },
      awaitPromise: true,
    })
    const { result } = answer as { result?: { value?: unknown } }
    if (result === undefined) throw new Error(`${expression}: ${JSON.stringify(answer)}`)
    return result.value
  }

  /** Presses a key, by its code point of WebDriver. */
  async press(key: string): Promise<void> {
    const actions = [
      { type: 'keyDown', value: key },
      { type: 'keyUp', value: key },
    ]
    await this.#send('input.performActions', {
      context: this.#context,
      actions: [{ type: 'key', id: 'keyboard', actions }],
    })
  }

  async #begin(): Promise<void> {
    await this.#send('session.new', { capabilities: {} })
    await this.#send('session.subscribe', { events: ['log.entryAdded', 'network.beforeRequestSent'] })
    const { context } = (await this.#send('browsingContext.create', { type: 'tab' })) as { context: string }
    this.#context = context
  }

  async #send(method: string, params: object): Promise<unknown> {
    this.#last++
    const id = this.#last
    this.#socket.send(JSON.stringify({ id, method, params }))
    const { result, message } = await new Promise<Message>((resolve) => this.#waiting.set(id, resolve))
    if (message !== undefined) throw new Error(`${method}: ${message}`)
    return result
  }

  #receive(message: Message): void {
    const { id, method, params } = message
    if (id !== undefined) {
      this.#waiting.get(id)?.(message)
      this.#waiting.delete(id)
    } else if (method === 'log.entryAdded' && params?.level === 'error') this.errors.push(params.text ?? '')
    else if (method === 'network.beforeRequestSent') this.addresses.push(params?.request?.url ?? '')
  }
}
