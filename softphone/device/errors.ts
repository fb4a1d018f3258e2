import type { ErrorCode } from './types.ts'

/** What the SDK rejects with and tells of: `code` for programs, `message` for people. */
export class DeviceError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DeviceError'
    this.code = code
  }
}

/** getUserMedia's refusals (W3C Media Capture and Streams section 10.2) as ours. */
export function microphoneError(cause: unknown): DeviceError {
  const name = cause instanceof Error ? cause.name : ''
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return new DeviceError(
        'microphone-denied',
        'The microphone may not be used: permission was denied.',
        { cause },
      )
    case 'NotFoundError':
    case 'OverconstrainedError':
      return new DeviceError('microphone-missing', 'There is no such microphone.', { cause })
    case 'NotReadableError':
    case 'AbortError':
      return new DeviceError(
        'microphone-busy',
        'The microphone cannot be opened: another program may use it.',
        { cause },
      )
    default:
      return new DeviceError(
        'microphone-missing',
        'No microphone can be used here (is this page served by HTTPS?).',
        { cause },
      )
  }
}

const causes: Readonly<Record<number, string>> = {
  401: 'The server did not take the credentials of this phone.',
  403: 'This number may not be called from here.',
  404: 'This number or name is not known.',
  407: 'The server did not take the credentials of this phone.',
  408: 'There was no answer.',
  410: 'This number is not in use any more.',
  480: 'Nobody can be reached there at the moment.',
  481: 'There is no such call any more.',
  484: 'The number is not complete.',
  486: 'The line is busy.',
  487: 'The call was given up.',
  488: 'The two sides have no audio format in common.',
  500: 'The server failed.',
  502: 'The network behind the server failed.',
  503: 'The service is not available at the moment.',
  504: 'The network behind the server did not answer.',
  600: 'The line is busy.',
  603: 'The call was declined.',
}

/** One sentence about a final SIP status (RFC 3261 section 21). */
export const sentenceFor = (sipStatus: number): string =>
  causes[sipStatus] ?? `The call failed (SIP status ${sipStatus}).`
