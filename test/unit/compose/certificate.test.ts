import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { certificateOf } from '../../../engine/compose/certificate.ts'
import { selfSigned } from '../../../engine/compose/self-signed.ts'
import { readConfig } from '../../../engine/config/index.ts'
import type { Log } from '../../../engine/core/ports/observe.ts'

let folder: string
const warnings: string[] = []
const log: Log = {
  debug() {},
  info() {},
  warn: (text) => warnings.push(text),
  error() {},
  child: () => log,
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-cert-'))
  warnings.length = 0
})
afterEach(() => rmSync(folder, { recursive: true }))

const made = (env: Record<string, string> = {}) =>
  certificateOf(
    readConfig({
      RINGDOWN_DATA_DIR: folder,
      RINGDOWN_PUBLIC_ADDRESS: '192.0.2.7',
      RINGDOWN_LAB: 'on',
      ...env,
    }),
    log,
  )
const certOf = (file = '') => new X509Certificate(readFileSync(file))

const dayMs = 24 * 3600 * 1000

describe('a certificate of our own', () => {
  test('is for all names, and signed by its own key', () => {
    const names = ['localhost', '127.0.0.1', '::1', '2001:db8::7:0:1', 'pbx.example']
    const fromMs = Date.UTC(2026, 0, 2)
    const { cert, key } = selfSigned(names, { fromMs, toMs: fromMs + 400 * dayMs })
    const parsed = new X509Certificate(cert)
    expect(parsed.verify(parsed.publicKey)).toBe(true)
    for (const name of ['localhost', 'pbx.example']) expect(parsed.checkHost(name)).toBe(name)
    for (const ip of ['127.0.0.1', '::1', '2001:db8::7:0:1']) expect(parsed.checkIP(ip)).toBe(ip)
    expect(parsed.checkIP('127.0.0.2')).toBeUndefined()
    expect(parsed.ca).toBe(false)
    expect(parsed.validFromDate.getTime()).toBe(fromMs)
    expect(() => createSecureContext({ cert, key })).not.toThrow()
  })
  test('may last into the years that are written in full', () => {
    const [fromMs, toMs] = [Date.UTC(2049, 11, 31), Date.UTC(2050, 0, 1)]
    const parsed = new X509Certificate(selfSigned(['a'], { fromMs, toMs }).cert)
    expect([parsed.validFromDate.getTime(), parsed.validToDate.getTime()]).toEqual([fromMs, toMs])
  })
  test('no two have a number in common', () => {
    const serial = () =>
      new X509Certificate(selfSigned(['a'], { fromMs: 0, toMs: dayMs }).cert).serialNumber
    expect(new Set(Array.from({ length: 20 }, serial)).size).toBe(20)
  })
})

describe('which certificate is used', () => {
  test('the one that is set', () => {
    const files = made({ RINGDOWN_TLS_CERT: '/a.pem', RINGDOWN_TLS_KEY: '/b.pem' })
    expect(files).toEqual({ certFile: '/a.pem', keyFile: '/b.pem' })
  })
  test('none when none is set and the lab is off', () => {
    expect(made({ RINGDOWN_LAB: 'off' })).toBeUndefined()
    expect(warnings).toEqual([])
  })
  test('with the lab on one that is made once, and kept', () => {
    const files = made()
    const cert = certOf(files?.certFile)
    expect(cert.checkIP('192.0.2.7')).toBe('192.0.2.7')
    expect(statSync(files!.keyFile).mode & 0o077).toBe(0)
    expect(certOf(made()?.certFile).fingerprint256).toBe(cert.fingerprint256)
  })
  test('another one for another address, or instead of what is none', () => {
    const first = certOf(made()?.certFile).fingerprint256
    const files = made({ RINGDOWN_PUBLIC_ADDRESS: '192.0.2.8' })
    expect(certOf(files?.certFile).checkIP('192.0.2.8')).toBe('192.0.2.8')
    writeFileSync(files!.certFile, 'no certificate')
    expect(certOf(made()?.certFile).fingerprint256).not.toBe(first)
  })
  test('another one when its key is another, or none', () => {
    const files = made()
    for (const key of [selfSigned(['a'], { fromMs: 0, toMs: dayMs }).key, 'no key']) {
      writeFileSync(files!.keyFile, key)
      made()
      const [cert, newKey] = [readFileSync(files!.certFile), readFileSync(files!.keyFile)]
      expect(() => createSecureContext({ cert, key: newKey })).not.toThrow()
    }
  })
  test('none when it can not be written, and that is said', () => {
    writeFileSync(join(folder, 'file'), '')
    expect(made({ RINGDOWN_DATA_DIR: join(folder, 'file') })).toBeUndefined()
    expect(warnings).toEqual(['no certificate can be made: there is no TLS'])
  })
})
