// What the container files say about the engine is so.

import { describe, expect, test } from 'vitest'
import { aptPackages } from '../../docker/mediasoup-worker/build.ts'
import { settings } from '../../engine/config/index.ts'
import { allPaths, allSources } from './sources.ts'

const files = allSources.filter(({ path }) => path.startsWith('docker/') && !path.endsWith('.h'))
const textOf = (path: string) => files.find((file) => file.path === path)!.text

test('every RINGDOWN_ name in them is a setting', () => {
  const named = files.flatMap(({ text }) => [...text.matchAll(/\bRINGDOWN_[A-Z_]+\b/g)])
  expect(named.length).toBeGreaterThan(5)
  expect(named.map(([name]) => name).filter((name) => !(name in settings))).toEqual([])
})

test('defaults of the compose file are those of the engine', () => {
  const defaults = [...textOf('docker/compose.yaml').matchAll(/\$\{(RINGDOWN_\w+):-([^}]*)\}/g)]
  const wrong = defaults.filter(
    ([, name, text]) => (settings[name as keyof typeof settings].byDefault ?? '') !== text,
  )
  expect(wrong.map(([whole]) => whole)).toEqual([])
})

describe('the image', () => {
  const dockerfile = textOf('docker/Dockerfile')

  test('installs what the build of the media worker needs', () => {
    expect(dockerfile.replaceAll(/\s+/g, ' ')).toContain(` ${aptPackages.join(' ')} `)
  })

  test('names the ports that calls come by', () => {
    const named = /^EXPOSE (.+)$/m.exec(dockerfile)?.[1]?.split(' ') ?? []
    const { RINGDOWN_RTP_PORTS, RINGDOWN_SIP_PORT, RINGDOWN_WEBRTC_PORT } = settings
    for (const { byDefault } of [RINGDOWN_SIP_PORT, RINGDOWN_WEBRTC_PORT]) {
      expect(named).toEqual(expect.arrayContaining([`${byDefault}/udp`, `${byDefault}/tcp`]))
    }
    expect(named).toContain(`${RINGDOWN_RTP_PORTS.byDefault}/udp`)
  })

  test('is made of files that exist', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
      .flatMap(([, sources = '']) => sources.split(' '))
      .filter((source) => source !== '.')
    const exists = (wanted: string) =>
      allPaths.some((path) => path === wanted || path.startsWith(`${wanted}/`))
    expect(copied.length).toBeGreaterThan(3)
    expect(copied.filter((source) => !exists(source))).toEqual([])
  })
})
