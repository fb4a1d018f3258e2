import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

/** Faults that Node finds before there is a request: its error code, our status, code and words. */
const faults: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large', 'The header fields are larger than allowed'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'body_too_large', 'The body is larger than allowed'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request_timeout', 'The request was not complete in time'],
}
const other = [400, 'invalid_request', 'This is not a valid HTTP request'] as const

/** Answers what is not HTTP, or too slow or too large to become a request, and hangs up. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, code, message] = faults[error.code ?? ''] ?? other
  const body = JSON.stringify({ error: { code, message } })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n` +
      `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}
