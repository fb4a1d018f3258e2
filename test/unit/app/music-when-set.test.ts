/** Music and sounds are fetched when they are set, not only when somebody waits for them. */
import { expect, test } from 'vitest'
import { conferenceDesk } from '../../../engine/app/conferences/conference-desk.ts'
import { queueDesk } from '../../../engine/app/queues/queue-desk.ts'
import { Failure } from '../../../engine/core/failures.ts'
import { openCallLab } from '../../support/call-lab.ts'

const good = 'https://app.example/good.wav'
const gone = 'https://app.example/gone.wav'

async function desks() {
  const lab = await openCallLab()
  const asked: string[] = []
  lab.ports.web.prompt = async (url) => {
    asked.push(url)
    if (url === gone) throw new Failure('url_unreachable', 'answered with 404')
    return { path: `/prompt/${url}`, durationMs: 1000 }
  }
  const around = { ports: lab.ports, calls: lab.calls }
  return { lab, asked, queues: queueDesk(around), conferences: conferenceDesk(around) }
}

const refused = (field: string) => ({
  code: 'url_unreachable',
  field,
  message: 'answered with 404',
})

test('of a queue: refused with its field, and nothing is made or changed', async () => {
  const { lab, asked, queues } = await desks()
  const { account } = lab
  const bad = { name: 'a', options: { waitMusic: gone } }
  await expect(queues.create(account, bad)).rejects.toMatchObject(refused('wait_music_url'))
  expect(await queues.list(account.id)).toEqual([])
  const { record } = await queues.create(account, { name: 'a', options: { waitMusic: good } })
  const change = queues.change(account.id, record.id, { waitMusic: gone, maxSize: 3 })
  await expect(change).rejects.toMatchObject(refused('wait_music_url'))
  const missing = queues.change(account.id, record.id, { waitMusic: 'music:polka' })
  await expect(missing).rejects.toMatchObject({ field: 'wait_music_url' })
  expect((await queues.get(account.id, record.id)).record).toEqual(record)
  expect(asked).toEqual([gone, good, gone])
  // What is not set anew is not asked for, nor is none.
  for (const waitMusic of ['', null]) await queues.change(account.id, record.id, { waitMusic })
  await queues.change(account.id, record.id, { maxSize: 5 })
  expect(asked).toHaveLength(3)
})

test('of a queue: of two of one name at once one is refused', async () => {
  const { lab, queues } = await desks()
  const make = () =>
    queues.create(lab.account, { name: 'b', options: { waitMusic: good } }).then(
      () => 'made',
      (error: unknown) => (error as Failure).code,
    )
  expect((await Promise.all([make(), make()])).toSorted()).toEqual(['already_exists', 'made'])
})

test('of a conference: music of those who wait and of those on hold', async () => {
  const { lab, asked, conferences } = await desks()
  const { account } = lab
  const make = (options: object) => conferences.create(account, { options })
  await expect(make({ waitMusic: gone })).rejects.toMatchObject(refused('wait_music_url'))
  await expect(make({ holdMusic: gone })).rejects.toMatchObject(refused('hold_music_url'))
  const { id } = await make({ waitMusic: good, holdMusic: '' })
  const change = conferences.change(account.id, id, { holdMusic: gone })
  await expect(change).rejects.toMatchObject(refused('hold_music_url'))
  expect((await conferences.get(account.id, id)).record.options.holdMusic).toBe('')
  expect(asked).toEqual([gone, gone, good, gone])
})
