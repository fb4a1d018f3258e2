import { expect, test } from 'vitest'
import { secureAddress } from '../../../softphone/app/words/secure-address.ts'

test.each([
  [{ https_url: null, https_port: 8443 }, 'https://192.168.1.5:8443/'],
  [{ https_url: 'https://voice.example', https_port: 8443 }, 'https://voice.example/'],
  [{ https_url: null, https_port: null }, undefined],
  [{ https_url: 'http://voice.example', https_port: '8443' }, undefined],
  [{ https_url: 'javascript:x' }, undefined],
  ['text', undefined],
  [null, undefined],
])('%j: %s', (settings, address) => {
  expect(secureAddress(settings, '192.168.1.5')).toBe(address)
})
