import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

const timeoutMs = 2500

/** Whether the service that has these variables answers on this machine: what the health check of the image asks. */
export function isAlive({ PORT, TLS_CERT_FILE }: Record<string, string | undefined>): Promise<boolean> {
  const options = { host: '127.0.0.1', port: PORT?.trim() || 3000, path: '/livez', timeout: timeoutMs }
  return new Promise((resolve) => {
    // the certificate is for the name that others call it by
    const request = TLS_CERT_FILE?.trim()
      ? requestHttps({ ...options, rejectUnauthorized: false })
      : requestHttp(options)
    request.on('response', ({ statusCode }) => resolve(statusCode === 200))
    request.on('timeout', () => request.destroy(new Error('no answer in time')))
    request.on('error', () => resolve(false))
    request.end()
  })
}

if (import.meta.main) process.exit((await isAlive(process.env)) ? 0 : 1)
