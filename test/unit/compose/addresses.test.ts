import { expect, test } from 'vitest'
import { welcomeText } from '../../../engine/app/welcome.ts'
import { pageUrl, securePageUrl } from '../../../engine/compose/addresses.ts'
import { readConfig } from '../../../engine/config/index.ts'

const files = { RINGDOWN_TLS_CERT: '/a.pem', RINGDOWN_TLS_KEY: '/b.pem' }

test.each([
  ['where it listens', { RINGDOWN_HTTP_HOST: '192.0.2.1' }, 'http://192.0.2.1:8080'],
  ['on all addresses', { RINGDOWN_PUBLIC_ADDRESS: '2001:db8::1' }, 'http://[2001:db8::1]:8080'],
  ['what is set', { RINGDOWN_PUBLIC_URL: 'https://voice.example' }, 'https://voice.example'],
  ['plain HTTP is refused', { ...files, RINGDOWN_PLAIN_HTTP: 'refuse' }, 'https://192.0.2.9:8443'],
  [
    'plain HTTP is refused, and a proxy has HTTPS',
    { RINGDOWN_LAB: 'off', RINGDOWN_PLAIN_HTTP: 'refuse' },
    'http://192.0.2.9:8080',
  ],
])('the address that clients are told: %s', (_name, env, url) => {
  const config = readConfig({ RINGDOWN_PUBLIC_ADDRESS: '192.0.2.9', ...env })
  expect(pageUrl(config, 8080)).toBe(url)
})

test('the first words name the page by HTTP and by HTTPS', () => {
  const config = readConfig({ RINGDOWN_PUBLIC_ADDRESS: '192.0.2.9' })
  const facts = {
    ...{ version: '1', pageUrl: pageUrl(config, 80), sip: 'x', lab: false, logins: undefined },
    ...{ loginsFile: 'f', speechMissing: undefined, isOwnCertificate: true },
  }
  const secure = welcomeText({ ...facts, securePageUrl: securePageUrl(config, 443) })
  expect(secure).toMatch(
    /^ {2}Web page {3}http:\/\/192\.0\.2\.9:80\/\n {13}https:\/\/192\.0\.2\.9:443\/ \(/m,
  )
  expect(secure).toContain('  Console    http://192.0.2.9:80/console\n')
  expect(secure).toContain('browsers warn')
  const known = { ...facts, isOwnCertificate: false, securePageUrl: securePageUrl(config, 443) }
  expect(welcomeText(known)).not.toContain('browsers warn')
  expect(welcomeText({ ...facts, securePageUrl: undefined })).not.toContain('https')
})
