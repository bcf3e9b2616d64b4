import type { Socket } from 'node:net'
import type { Problem } from '../http/problem.ts'
import { problemBody, problemMediaType } from '../http/problem.ts'
import { problems } from '../http/problems.ts'

/** Writes a whole problem answer on a bare socket, where there is no request to answer, and closes the connection. */
export function sayLast(socket: Socket, problem: Problem, requestId: string, basePath = ''): void {
  const { status, title } = problems[problem.problem]
  const body = JSON.stringify(problemBody(problem, `${basePath}/`, requestId, basePath))
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}
