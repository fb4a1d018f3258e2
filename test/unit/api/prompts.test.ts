import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { badNames } from '../microphone/prompt-names.ts'
import { type ApiLab, apiLab, key, otherKey } from './api-lab.ts'

let lab: ApiLab
beforeAll(async () => {
  lab = await apiLab({ limits: { requestsPerSecond: 1e9 } })
})
afterAll(() => lab.close())

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../fixtures/sounds/${name}`, import.meta.url))
const mp3 = fixture('tone.mp3')
const opus = fixture('tone.opus')

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
async function ask(
  method: Method,
  path: string,
  payload?: Buffer | object,
  type?: string,
  as = key,
) {
  const answer = await lab.app.inject({
    ...{ method, url: `/v1/voice/prompts${path}`, ...(payload && { payload }) },
    headers: { 'x-api-key': as, ...(type !== undefined && { 'content-type': type }) },
  })
  const isJson = String(answer.headers['content-type']).startsWith('application/json')
  return { status: answer.statusCode, body: isJson ? answer.json() : answer.rawPayload, answer }
}

describe('a prompt', () => {
  test('is stored as the file itself, told, fetched, replaced, renamed and deleted', async () => {
    const made = await ask('POST', '?name=welcome', mp3, 'audio/mpeg')
    expect(made).toMatchObject({
      status: 201,
      body: {
        ...{ name: 'welcome', url: 'prompt:welcome', format: 'mp3', sample_rate: 32_000 },
        ...{ duration_ms: 500, bytes: mp3.length },
      },
    })
    expect(made.body.loudness).toBeCloseTo(-15.4, 1)
    const { id } = made.body
    expect((await ask('GET', `/${id}`)).body).toEqual(made.body)
    expect((await ask('GET', '/welcome')).body).toEqual(made.body)
    const media = await ask('GET', '/welcome/media')
    expect(media.body).toEqual(mp3)
    expect(media.answer.headers).toMatchObject({
      'content-type': 'audio/mpeg',
      'content-disposition': 'inline; filename="welcome.mp3"',
    })
    // Whatever its content type says.
    const replaced = await ask('PUT', `/${id}`, opus, 'audio/wav')
    expect(replaced).toMatchObject({ status: 200, body: { id, name: 'welcome', format: 'opus' } })
    expect((await ask('GET', `/${id}/media`)).body).toEqual(opus)
    const renamed = await ask('PUT', '/welcome', { name: 'greeting' }, 'application/json')
    expect(renamed).toMatchObject({ status: 200, body: { id, name: 'greeting', format: 'opus' } })
    expect((await ask('GET', '')).body).toMatchObject({ total: 1, prompts: [{ id }] })
    expect((await ask('DELETE', '/greeting')).status).toBe(204)
    for (const path of [`/${id}`, `/${id}/media`, '/greeting'])
      expect((await ask('GET', path)).status).toBe(404)
    expect((await ask('DELETE', `/${id}`)).status).toBe(404)
  })

  test('is stored as JSON with base64', async () => {
    const body = { name: 'json', audio: opus.toString('base64') }
    expect(await ask('POST', '', body)).toMatchObject({ status: 201, body: { format: 'opus' } })
    expect((await ask('GET', '/json/media')).body).toEqual(opus)
  })

  test('may be the same file as another one, which stays when one goes', async () => {
    for (const name of ['a', 'b']) await ask('POST', `?name=${name}`, mp3, 'audio/mpeg')
    await ask('DELETE', '/a')
    expect((await ask('GET', '/b/media')).body).toEqual(mp3)
  })

  test('has a name that no other one of the account has', async () => {
    await ask('POST', '?name=one', mp3, 'audio/mpeg')
    await ask('POST', '?name=two', mp3, 'audio/mpeg')
    expect((await ask('POST', '?name=one', opus, 'audio/ogg')).status).toBe(409)
    expect((await ask('PUT', '/two', { name: 'one' })).status).toBe(409)
    expect((await ask('GET', '/one/media')).body).toEqual(mp3)
    const theirs = await ask('POST', '?name=one', opus, 'audio/ogg', otherKey)
    expect(theirs.status).toBe(201)
    expect((await ask('GET', `/${theirs.body.id}`)).status).toBe(404)
    expect((await ask('DELETE', '/one', undefined, undefined, otherKey)).status).toBe(204)
    expect((await ask('GET', '/one/media')).body).toEqual(mp3)
  })
})

describe('a form', () => {
  /** As a browser or a program writes it. */
  async function form(fields: Readonly<Record<string, Buffer | string>>) {
    const data = new FormData()
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value === 'string') data.append(name, value)
      else data.append(name, new Blob([new Uint8Array(value)]), 'a "b".wav')
    }
    const sent = new Response(data)
    const type = sent.headers.get('content-type') ?? ''
    return { body: Buffer.from(await sent.arrayBuffer()), type }
  }
  const send = async (
    method: 'POST' | 'PUT',
    path: string,
    fields: Readonly<Record<string, Buffer | string>>,
  ) => {
    const { body, type } = await form(fields)
    return ask(method, path, body, type)
  }

  test('stores a prompt, and replaces and renames it', async () => {
    const made = await send('POST', '', { name: 'form', audio: mp3 })
    expect(made).toMatchObject({ status: 201, body: { name: 'form', format: 'mp3' } })
    expect((await ask('GET', '/form/media')).body).toEqual(mp3)
    const changed = await send('PUT', '/form', { audio: opus, name: 'shape' })
    expect(changed).toMatchObject({ status: 200, body: { name: 'shape', format: 'opus' } })
    expect((await ask('GET', '/shape/media')).body).toEqual(opus)
    expect(await send('POST', '?name=asked', { audio: mp3 })).toMatchObject({
      ...{ status: 201, body: { name: 'asked' } },
    })
  })

  test('without a name, without a file, with a field that there is not, or too large is refused', async () => {
    expect((await send('POST', '', { audio: mp3 })).status).toBe(400)
    expect((await send('POST', '', { name: 'x' })).status).toBe(400)
    const other = await send('POST', '', { name: 'x', file: mp3 })
    expect([other.status, JSON.stringify(other.body)]).toEqual([
      400,
      expect.stringContaining('A form has the fields name and audio'),
    ])
    const large = Buffer.alloc(20 * 1024 * 1024 + 1)
    expect((await send('POST', '', { name: 'x', audio: large })).status).toBe(413)
    expect((await ask('POST', '?name=x', Buffer.from('x'), 'multipart/form-data')).status).toBe(400)
    expect((await ask('GET', '/x')).status).toBe(404)
  })
})

describe('refused', () => {
  test.each(badNames)('the name %j', async (name) => {
    const { status } = await ask('POST', `?name=${encodeURIComponent(name)}`, mp3, 'audio/mpeg')
    expect(status).toBe(400)
  })

  const rows: [string, string, Buffer | object | undefined, string | undefined, number][] = [
    ['no name', '', mp3, 'audio/mpeg', 400],
    ['no body', '?name=x', undefined, undefined, 400],
    ['an empty file', '?name=x', { audio: '' }, undefined, 400],
    ['no sound', '?name=x', Buffer.from('<html>'), 'audio/wav', 400],
    ['no base64', '?name=x', { audio: '!!!' }, undefined, 400],
    ['another type of body', '?name=x', Buffer.from('x'), 'video/mp4', 415],
    ['more than 20 MiB', '?name=x', Buffer.alloc(20 * 1024 * 1024 + 1), 'audio/wav', 413],
    ['far more', '?name=x', Buffer.alloc(30_000_000), 'audio/wav', 413],
  ]
  test.each(rows)('%s', async (_name, path, payload, type, status) => {
    const found = await ask('POST', path, payload, type)
    expect(found.status).toBe(status)
    expect((await ask('GET', '/x')).status).toBe(404)
  })

  test('types of bodies that are taken are told', async () => {
    const { body } = await ask('POST', '?name=x', Buffer.from('x'), 'video/mp4')
    expect(JSON.stringify(body)).toContain('must be one of application/json, audio/wav')
  })

  test('a replacement that is no sound leaves what was', async () => {
    await ask('POST', '?name=kept', mp3, 'audio/mpeg')
    expect((await ask('PUT', '/kept', Buffer.from('nothing'), 'audio/mpeg')).status).toBe(400)
    expect((await ask('PUT', '/kept', {})).status).toBe(400)
    expect((await ask('GET', '/kept/media')).body).toEqual(mp3)
  })
})
