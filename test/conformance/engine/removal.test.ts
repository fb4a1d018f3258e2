/**
 * A dialect is its folder and its lines in the composition root: without them that API is gone, the
 * program is still right, and the other APIs do what they did. Tried on copies of the sources.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { type EngineProcess, startEngine } from '../../support/engine-process.ts'
import { bugsIn } from '../../support/log-lines.ts'
import { jwtSecret, ownNumber, tokenOf } from '../house.ts'
import { dialects } from '../lab.ts'
import { type Conformer, conformers, type Owner } from '../table.ts'

const root = resolve(import.meta.dirname, '../../..')
const compositionRoot = 'engine/compose/dialects.ts'
const zones = ['engine', 'recordings', 'tts', 'docker']

/** Always the same one, so that the compiler has to look only at what is another since the last time. */
const folder = mkdtempSync(join(tmpdir(), 'without-'))
const copy = join(folder, 'sources')
afterAll(() => rmSync(folder, { recursive: true }))

/** The project without its tests. */
function copySources(): void {
  rmSync(copy, { recursive: true, force: true })
  for (const path of [...zones, 'package.json', 'tsconfig.json']) {
    cpSync(join(root, path), join(copy, path), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const settings = JSON.parse(readFileSync(join(copy, 'tsconfig.json'), 'utf8'))
  writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify({ ...settings, include: zones }))
}

/** The import of the folder and the entry of the list that uses what was imported, in a line or with its settings below it. */
function withoutLinesOf(id: string, text: string): string {
  const name = new RegExp(`^import \\{ (\\w+) \\} from '[^']*/dialects/${id}/index\\.ts'$`, 'm')
  const imported = name.exec(text)
  if (!imported) throw new Error(`${compositionRoot} has no import of ${id} in one line`)
  const withoutImport = text.replace(`${imported[0]}\n`, '')
  const entry = new RegExp(`^  ${imported[1]}(?:\\b.*,|\\(\\{\\n(?:    .*\\n)+  \\}\\),)\\n`, 'm')
  expect(withoutImport).toMatch(entry)
  return withoutImport.replace(entry, '')
}

let engine: EngineProcess | undefined
afterEach(async () => {
  // Its calls have nobody at the other end: nothing is waited for.
  await engine?.stop('SIGKILL')
  engine?.removeData()
  engine = undefined
})

describe.each(dialects.map(({ id }) => [id] as const))('%s', (id) => {
  test('is gone, and nothing else', async () => {
    copySources()
    rmSync(join(copy, 'engine/api/dialects', id), { recursive: true })
    const list = join(copy, compositionRoot)
    writeFileSync(list, withoutLinesOf(id, readFileSync(list, 'utf8')))

    engine = await startEngine(
      {
        RINGDOWN_LAB: 'on',
        // Numbers that are not the lab's have a way, though nobody is at its end.
        RINGDOWN_TRUNK: 'sip:127.0.0.1:9',
        RINGDOWN_JWT_SECRET: jwtSecret,
      },
      mkdtempSync(join(tmpdir(), 'ringdown-')),
      copy,
    )
    // Not beside the start of the engine, which it would hold up on a busy machine.
    const faults = typeFaults()
    await expectGone(engine, id)
    const others = conformers.filter((one) => one.id !== id)
    for (const one of others) await expectServed(engine, one)
    expect(bugsIn(engine.output())).toEqual([])
    expect(await faults).toBe('')
  }, 240_000)
})

/** What the compiler has to say. */
async function typeFaults(): Promise<string> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const remembers = ['--incremental', '--tsBuildInfoFile', join(folder, 'compiled.json')]
  const child = spawn(process.execPath, [compiler, '-p', copy, ...remembers], { cwd: copy })
  let text = ''
  child.stdout.on('data', (data: Buffer) => {
    text += data.toString()
  })
  const [code] = await once(child, 'close')
  return code === 0 ? '' : text || `it ended with ${code}`
}

async function expectGone({ httpUrl, apiKey }: EngineProcess, id: string): Promise<void> {
  const { routes } = dialects.find((dialect) => dialect.id === id)!
  for (const { method, path } of routes) {
    const url = httpUrl + path.replaceAll(/:\w+/g, '99999999-2222-4333-8444-555555555555')
    const headers = { 'x-api-key': apiKey, authorization: `Bearer ${apiKey}` }
    expect([method, path, (await fetch(url, { method, headers })).status]).toEqual([
      ...[method, path, 404],
    ])
  }
}

async function expectServed({ httpUrl, apiKey }: EngineProcess, one: Conformer): Promise<void> {
  const owner: Owner = {
    ...{ number: ownNumber, key: apiKey, token: await tokenOf('staff', ['business-1']) },
  }
  for (const [at, { path, good, status, headers }] of one.creates.entries()) {
    const answer = await fetch(httpUrl + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers, ...one.shows[0]?.(owner) },
      body: JSON.stringify(good(owner, at)),
    })
    expect([path, answer.status, await answer.text()]).toEqual([path, status, expect.any(String)])
  }
}
