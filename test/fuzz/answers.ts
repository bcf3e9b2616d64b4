// What an answer must be, whatever was asked.
import { isInferencePath } from '../../src/http/inference-error.ts'
import type { Reply } from '../attacks/client.ts'
import { faultsAt, routeOf } from './document.ts'
import type { Probe } from './requests.ts'

const longestError = 65_536
/** Statuses of requests that may have no address yet, so that nobody knows whose form of errors they want. */
const withoutAddress = [400, 408, 431]

/** What is wrong with an answer; `undefined` if nothing is. */
export function faultOf({ method, path, headers: sent }: Probe, { status, headers, body }: Reply): string | undefined {
  if (status >= 500) return `status ${status}`
  const type = (headers['content-type'] ?? '').split(';')[0]
  if (headers['x-request-id'] === undefined) return 'no x-request-id'
  const isProblem = type === 'application/problem+json'
  const isInference = isInferencePath(path.split('?')[0])
  const isForm = isInference ? type === 'application/json' || (isProblem && withoutAddress.includes(status)) : isProblem
  // a browser gets a page where nothing is served
  const isForBrowsers = !isInference && String(sent.accept).includes('text/html')
  if (status === 404 && type === 'text/html' && isForBrowsers) return undefined
  // a gate that is closed answers with the status it was given
  const isClosedGate = type === 'application/json' && /[?&]failStatus=4\d\d(?:&|$)/.test(path)
  if (status >= 400 && !isForm && !isClosedGate) return `an error as ${type}`
  if (status >= 400 && !isClosedGate && body.length > longestError) return `an error of ${body.length} bytes`
  if (method === 'HEAD') return undefined
  const json = type.endsWith('json') ? parsed(body) : undefined
  const length = headers['inference-header-content-length']
  if (length !== undefined) {
    // bytes that are no text stand behind
    const answer = parsed(Buffer.from(body).toString('utf8', 0, Number(length)))
    const fault = faultsAt(['components', 'schemas', 'InferenceAnswer'], answer)
    if (fault !== undefined) return `against the document: ${fault}`
  }
  if (type.endsWith('json') && json === undefined) return 'an answer that is no JSON'
  const route = routeOf(method, path)
  if (route === undefined) {
    return status < 400
      ? undefined
      : faultsAt(['components', 'schemas', isProblem ? 'Problem' : 'InferenceError'], json)
  }
  const { responses } = route.operation
  const key = isClosedGate ? '4XX' : String(status)
  // any answer with an ETag may be one that the client has
  if (status === 304 && sent['if-none-match'] !== undefined) return undefined
  if (responses[key] === undefined) return `status ${status} is not in the document`
  if (status === 204) return undefined
  if (responses[key].content?.[type] === undefined) return `status ${status} as ${type} is not in the document`
  if (json === undefined) return undefined
  const place = ['paths', route.path, method.toLowerCase(), 'responses', key, 'content', type, 'schema']
  const fault = faultsAt(place, json)
  if (fault !== undefined) return `against the document: ${fault}`
  const { requestId } = json as { requestId?: string }
  return requestId === undefined || requestId === headers['x-request-id'] ? undefined : 'another requestId'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
