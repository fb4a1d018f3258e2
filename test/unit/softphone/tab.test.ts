import { expect, test } from 'vitest'
import { createTab } from '../../../softphone/app/store/tab.ts'

/** Locks of one browser, as the Web Locks API has them. */
function locks() {
  const holders = new Map<string, Promise<void>>()
  const queues = new Map<string, (() => void)[]>()
  type Holder = (lock: unknown) => Promise<void> | undefined
  const hold = (name: string, holder: Holder): void => {
    const held = Promise.resolve(holder({ name })).then(() => {
      holders.delete(name)
      queues.get(name)?.shift()?.()
    })
    holders.set(name, held)
  }
  return {
    async request(name: string, { ifAvailable }: { ifAvailable?: boolean }, holder: Holder) {
      if (!holders.has(name)) hold(name, holder)
      else if (ifAvailable) await holder(null)
      else queues.set(name, [...(queues.get(name) ?? []), () => hold(name, holder)])
    },
  }
}

/** Channels of one browser: what one says the others hear. */
function channels() {
  const all: { told: (event: { data: unknown }) => void; from: object }[] = []
  return () => {
    const channel = {
      postMessage: (data: unknown) => {
        for (const { told, from } of all) if (from !== channel) told({ data })
      },
      addEventListener: (_: 'message', told: (event: { data: unknown }) => void) => {
        all.push({ told, from: channel })
      },
    }
    return channel
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0))

function twoTabs() {
  const [shared, channel] = [locks(), channels()]
  const letGo: string[] = []
  const tab = (name: string) =>
    createTab(shared, channel(), async () => {
      letGo.push(name)
    })
  return { first: tab('first'), second: tab('second'), letGo }
}

test('the first tab is the phone, the second waits', async () => {
  const { first, second } = twoTabs()
  first.enter('1001')
  second.enter('1001')
  await settled()
  expect([first.state.value, second.state.value]).toEqual(['ours', 'elsewhere'])
})

test('tabs of two devices do not mind each other', async () => {
  const { first, second } = twoTabs()
  first.enter('1001')
  second.enter('1002')
  await settled()
  expect([first.state.value, second.state.value]).toEqual(['ours', 'ours'])
})

test('"Use here": the other tab lets go, and the one that claimed is the phone', async () => {
  const { first, second, letGo } = twoTabs()
  first.enter('1001')
  second.enter('1001')
  await settled()
  second.claim()
  await settled()
  await settled()
  expect(letGo).toEqual(['first'])
  expect([first.state.value, second.state.value]).toEqual(['elsewhere', 'ours'])
  expect([second.takeClaim(), second.takeClaim(), first.takeClaim()]).toEqual([true, false, false])
  first.claim()
  await settled()
  await settled()
  expect([first.state.value, second.state.value]).toEqual(['ours', 'elsewhere'])
})

test('when the first tab goes, the second becomes the phone by itself', async () => {
  const { first, second } = twoTabs()
  first.enter('1001')
  second.enter('1001')
  await settled()
  first.leave()
  await settled()
  expect(second.state.value).toBe('ours')
  expect(second.takeClaim()).toBe(false)
})

test('a browser without locks has one tab', () => {
  const tab = createTab(undefined, undefined, async () => undefined)
  tab.enter('1001')
  expect(tab.state.value).toBe('ours')
})
