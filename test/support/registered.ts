import { type EngineProcess, eventually, type Json } from './engine-process.ts'

/** Each registration of a device as it is now. */
async function contactsOf(engine: EngineProcess, username: string): Promise<string[]> {
  const { devices } = (await engine.get('/v1/voice/devices')).body
  const { contacts } = devices.find((one: Json) => one.username === username)
  return contacts.map(({ uri, registered_at }: Json) => `${uri} ${registered_at}`)
}

/**
 * Starts a phone and waits until it has registered: it, and not one that was there before, which may have ended without a
 * word, and would be called still.
 */
export async function whenRegistered<Phone extends { output(): string }>(
  engine: EngineProcess,
  username: string,
  start: () => Promise<Phone>,
): Promise<Phone> {
  const before = await contactsOf(engine, username)
  const phone = await start()
  await eventually(
    () => contactsOf(engine, username),
    (now) => now.some((contact) => !before.includes(contact)),
  ).catch((error: unknown) => {
    throw new Error(`${username} did not register: ${phone.output()}`, { cause: error })
  })
  return phone
}
