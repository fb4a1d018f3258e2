import { fromWire } from '../message/text.ts'

/** Bounds of the control protocol in the direction application to server. */
export const frameLimits = {
  payloadBytes: 1024 * 1024,
  /** before authentication: a secret and tags need no more */
  strangerBytes: 4096,
  /** of the length prefix; enough for the largest payload */
  lengthDigits: 7,
} as const

export type FrameFault = 'badLength' | 'tooLong'

/**
 * Cuts the byte stream of a control connection into payloads (`<length>#<payload>`). Never holds
 * more than one unfinished payload of the allowed size; anything else is a fault, after which
 * the connection must be closed.
 */
export class FrameReader {
  #chunks: Buffer[] = []
  #heldBytes = 0
  /** payload bytes wanted, or undefined while the length is being read */
  #wanted: number | undefined
  #digits = ''
  #fault: FrameFault | undefined
  #limitBytes: number = frameLimits.payloadBytes

  /** Sets the largest payload from the next frame on. */
  limit(bytes: number): void {
    this.#limitBytes = bytes
  }

  get fault(): FrameFault | undefined {
    return this.#fault
  }

  /** Hands over each payload that this chunk completes, as a byte string, in order. */
  push(chunk: Buffer, take: (payload: string) => void): void {
    let rest = chunk
    while (rest.length > 0 && this.#fault === undefined) {
      rest = this.#wanted === undefined ? this.#readLength(rest) : this.#readPayload(rest, take)
    }
  }

  #readLength(bytes: Buffer): Buffer {
    for (let i = 0; i < bytes.length; i++) {
      const c = bytes[i]!
      if (c === 35) return this.#lengthDone(bytes.subarray(i + 1))
      if (c < 48 || c > 57) return this.#fail('badLength')
      this.#digits += String.fromCharCode(c)
      if (this.#digits.length > frameLimits.lengthDigits) return this.#fail('badLength')
    }
    return Buffer.alloc(0)
  }

  #lengthDone(rest: Buffer): Buffer {
    const length = Number(this.#digits)
    if (this.#digits === '' || length === 0) return this.#fail('badLength')
    if (length > this.#limitBytes) return this.#fail('tooLong')
    this.#digits = ''
    this.#wanted = length
    return rest
  }

  #readPayload(bytes: Buffer, take: (payload: string) => void): Buffer {
    const wanted = this.#wanted ?? 0
    const missing = wanted - this.#heldBytes
    const part = bytes.subarray(0, missing)
    this.#chunks.push(part)
    this.#heldBytes += part.length
    if (this.#heldBytes === wanted) {
      const whole = this.#chunks.length === 1 ? part : Buffer.concat(this.#chunks)
      this.#chunks = []
      this.#heldBytes = 0
      this.#wanted = undefined
      take(fromWire(whole))
    }
    return bytes.subarray(part.length)
  }

  #fail(fault: FrameFault): Buffer {
    this.#fault = fault
    this.#chunks = []
    this.#heldBytes = 0
    return Buffer.alloc(0)
  }
}

/** A payload as it goes on the wire, a byte string. */
export const framed = (payload: string): string => `${payload.length}#${payload}`
