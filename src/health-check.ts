import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

const timeoutMs = 2500

/** Whether a service with these variables answers on this machine. The health check of the image runs this. */
export function isAlive({ PORT, TLS_CERT_FILE }: Record<string, string | undefined>): Promise<boolean> {
  const options = { host: '127.0.0.1', port: PORT?.trim() || 3000, path: '/livez', timeout: timeoutMs }
  return new Promise((resolve) => {
    // the certificate is for the host name that clients use
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
