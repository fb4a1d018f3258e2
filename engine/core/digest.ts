import { createHash } from 'node:crypto'

/**
 * H(username:realm:password), the only form in which a device's password is kept. MD5 is what every
 * phone knows (RFC 2617 section 3.2.2.2), SHA-256 what those after RFC 8760 prefer (RFC 7616).
 */
export const ha1Md5 = (username: string, realm: string, password: string): string =>
  createHash('md5').update(`${username}:${realm}:${password}`).digest('hex')

export const ha1Sha256 = (username: string, realm: string, password: string): string =>
  createHash('sha256').update(`${username}:${realm}:${password}`).digest('hex')

/** The SHA-256 (hex) under which an API key is stored. */
export const keyHash = (key: string): string => createHash('sha256').update(key).digest('hex')
