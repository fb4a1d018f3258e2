import { describe, expect, test } from 'vitest'
import { Failure } from '../../../../engine/core/failures.ts'
import {
  dial,
  folders,
  heard,
  inBox,
  lab,
  pin,
  press,
  type Step,
  settled,
  untilHeard,
  useOwnerLab,
  walk,
  withBox,
} from './owner-lab.ts'

useOwnerLab()

describe('messages', () => {
  const message = (index: number, count: number) =>
    new RegExp(`Message ${index} of ${count}, from .*telephone.*61412345678`)

  test.each<[what: string, count: number, steps: readonly Step[], then: readonly string[]]>([
    [
      'none',
      0,
      [
        ['1', /no messages here/],
        ['end', /^You have/],
      ],
      [],
    ],
    [
      'heard to its end: saved',
      1,
      [
        ['1', message(1, 1)],
        ['end', /^message 0/],
        ['end', /hear it again/],
      ],
      ['saved'],
    ],
    [
      'the envelope is skipped by the key of the player',
      1,
      [
        ['1', message(1, 1)],
        ['1', /^message 0/],
      ],
      ['new'],
    ],
    [
      'most of it heard',
      1,
      [
        ['1', message(1, 1)],
        ['end', /^message 0/],
        [8_500, /^message 0/],
        ['6', /no more messages/],
      ],
      ['saved'],
    ],
    [
      'a little of it heard',
      2,
      [
        ['1', message(1, 2)],
        ['end', /^message 0/],
        [2_000, /^message 0/],
        ['6', message(2, 2)],
      ],
      ['new', 'new'],
    ],
    [
      'on by 3 s, back by 3 s',
      1,
      [
        ['1', message(1, 1)],
        ['end', /^message 0/],
        [2_000, /^message 0/],
        ['3', /^message 5000/],
        ['1', /^message 2000/],
        ['1', /^message 0/],
      ],
      ['new'],
    ],
    [
      'held, and on from there',
      1,
      [
        ['1', message(1, 1)],
        ['end', /^message 0/],
        [2_000, /^message 0/],
        ['22', /^message 2000/],
      ],
      ['new'],
    ],
    [
      'on past its end',
      1,
      [
        ['1', message(1, 1)],
        ['end', /^message 0/],
        [8_000, /^message 0/],
        ['3', /hear it again/],
      ],
      ['saved'],
    ],
    [
      'again',
      1,
      [
        ['1', message(1, 1)],
        ['end', /^message 0/],
        ['end', /hear it again/],
        ['5', /^message 0/],
      ],
      ['saved'],
    ],
    [
      'next and previous',
      3,
      [
        ['1', message(1, 3)],
        ['6', message(2, 3)],
        ['6', message(3, 3)],
        ['4', message(2, 3)],
        ['6', message(3, 3)],
        ['6', /no more/],
      ],
      ['new', 'new', 'new'],
    ],
    [
      'no previous one: the first again',
      2,
      [
        ['1', message(1, 2)],
        ['4', message(1, 2)],
      ],
      ['new', 'new'],
    ],
    [
      'deleted, and the next comes',
      2,
      [
        ['1', message(1, 2)],
        ['7', /^Deleted/],
        ['end', /^$/],
        [2_500, message(2, 2)],
      ],
      ['deleted', 'new'],
    ],
    [
      'deleted, and undone',
      2,
      [
        ['1', message(1, 2)],
        ['7', /^Deleted/],
        ['7', /no longer deleted/],
      ],
      ['new', 'new'],
    ],
    [
      'deleted, and on at once',
      2,
      [
        ['1', message(1, 2)],
        ['7', /^Deleted/],
        ['6', message(2, 2)],
      ],
      ['deleted', 'new'],
    ],
    [
      'saved unheard',
      2,
      [
        ['1', message(1, 2)],
        ['9', /^Saved/],
        ['end', message(2, 2)],
      ],
      ['saved', 'new'],
    ],
    [
      'its envelope',
      1,
      [
        ['1', message(1, 1)],
        ['end', /^message 0/],
        ['0', message(1, 1)],
        ['end', /hear it again/],
      ],
      ['new'],
    ],
    [
      'back to the main menu',
      1,
      [
        ['1', message(1, 1)],
        ['*', /^You have 1 new/],
        ['2', /no messages here/],
      ],
      ['new'],
    ],
    [
      'out',
      1,
      [
        ['1', message(1, 1)],
        ['#', /^Goodbye/],
      ],
      ['new'],
    ],
    [
      'a key that means nothing',
      1,
      [
        ['1', message(1, 1)],
        ['end', /^message 0/],
        ['A', /hear it again/],
      ],
      ['new'],
    ],
  ])('%s', async (_, count, steps, then) => {
    const ids = await withBox(count)
    await walk(await inBox(), steps)
    expect(await folders(ids)).toEqual(then)
  })

  test('a deleted one is had back from its folder', async () => {
    const [one] = await withBox(1)
    const id = await inBox()
    await walk(id, [
      ['1', message(1, 1)],
      ['7', /^Deleted/],
      ['*', /^You have no new/],
    ])
    await walk(id, [
      ['3', message(1, 1)],
      ['7', /no longer deleted/],
    ])
    expect(await folders([one!])).toEqual(['new'])
  })

  test('who hangs up in a message has heard what he has heard', async () => {
    const ids = await withBox(2)
    const id = await inBox()
    await walk(id, [
      ['1', message(1, 2)],
      ['end', /^message 0/],
      [9_000, /^message/],
    ])
    lab.sip.remoteHangup(id, 'normal')
    await settled()
    await settled()
    expect(await folders(ids)).toEqual(['saved', 'new'])
  })

  test('two phones in one box: what one deletes for good the other misses, and goes on', async () => {
    const [one, two] = await withBox(2)
    const id = await inBox()
    await walk(id, [['1', message(1, 2)]])
    for (const gone of [one!, two!]) {
      const row = await lab.store.voicemails.get(lab.account.id, gone)
      if (row) await lab.store.voicemails.remove(row)
    }
    await walk(id, [
      ['9', /not there any more/],
      ['end', /not there any more/],
      ['end', /no more/],
    ])
    expect(await folders([one!, two!])).toEqual(['gone', 'gone'])
  })

  test('one whose audio is not to be had is told as that, not as gone, and stays new', async () => {
    const ids = await withBox(1)
    const open = () => Promise.reject(new Failure('recording_sealed', 'for another key'))
    Object.assign(lab.ports.recordingFiles, { open })
    const id = await inBox()
    await walk(id, [
      ['1', message(1, 1)],
      ['end', /can not be heard by phone/],
      ['end', /To hear it again press 5/],
    ])
    expect(await folders(ids)).toEqual(['new'])
  })

  test('type-ahead: keys that were pressed before count', async () => {
    const ids = await withBox(2)
    const id = await dial('*97')
    await untilHeard(id, /enter your PIN/)
    await press(id, `${pin}#17`)
    await untilHeard(id, /^Deleted/)
    expect(await folders(ids)).toEqual(['deleted', 'new'])
  })

  test('the lamp follows', async () => {
    await withBox(1)
    await walk(await inBox(), [
      ['1', message(1, 1)],
      ['7', /^Deleted/],
    ])
    expect(lab.commands).toContain('sip.mailboxChanged desk')
  })

  test('silence for long ends it', async () => {
    await withBox(1)
    const id = await inBox()
    for (let asked = 0; asked < 3; asked++)
      await walk(id, [
        ['end', /^$/],
        [5_000, /You have|Goodbye/],
      ])
    expect(heard(id)).toMatch(/Goodbye/)
  })
})

describe('call back', () => {
  test('once it is confirmed', async () => {
    await withBox(1)
    const id = await inBox()
    await walk(id, [
      ['1', /Message 1/],
      ['8', /call back, press 1/],
    ])
    await press(id, '1')
    await settled()
    expect(lab.requests.at(-1)?.callerId).toBe(lab.account.defaultNumber)
  })

  test('not one who withheld his number', async () => {
    await withBox(1, { from: 'anonymous' })
    await walk(await inBox(), [
      ['1', /Message 1/],
      ['8', /can not be called back/],
    ])
    expect(lab.requests).toEqual([])
  })
})
