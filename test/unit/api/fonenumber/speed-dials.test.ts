import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ownNumber } from '../../../support/call-lab.ts'
import { type FoneLab, openFoneLab } from './lab.ts'

let lab: FoneLab
beforeEach(async () => {
  lab = await openFoneLab()
})
afterEach(() => lab.close())

const path = '/v2/speeddials'
const lead = {
  speed_dial: '101',
  label: 'Lead',
  service_type: 'Phonenumber',
  service_id: '5005550130',
}
const create = (body: unknown) => lab.ask('POST', path, { body })
const call = (to: string | number) => {
  const body = { fonenumber: '5005550100', to, service_type: 'TTS', service_id: 'Hello' }
  return lab.ringing(body)
}

describe('their life', () => {
  test('created, got, listed, changed, deleted', async () => {
    const speedDial = {
      speed_dial: '101',
      label: 'Lead',
      service_type: 'Phonenumber',
      service_id: '+15005550130',
      type: 'manual',
      active: 'yes',
    }
    const created = await create(lead)
    expect(created).toMatchObject({ status: 201, headers: { location: `${path}/101` } })
    expect(created.body).toEqual({ speedDial })
    expect((await lab.ask('GET', `${path}/101`)).body).toEqual({ speedDial })
    expect((await create({ ...lead, speed_dial: 7, label: undefined })).status).toBe(201)
    expect((await lab.ask('GET', path)).body).toMatchObject({
      speedDials: [{ speed_dial: '7', label: '' }, { speed_dial: '101' }],
    })
    const service_id = await lab.device('desk')
    const changes = { speed_dial: 101, service_type: 'Device', service_id }
    const changed = { ...speedDial, service_type: 'Device', service_id }
    expect(await lab.ask('PUT', `${path}/101`, { body: changes })).toMatchObject({
      status: 200,
      body: { speedDial: changed },
    })
    const relabelled = await lab.ask('PUT', `${path}/101`, { body: { label: 'Desk' } })
    expect(relabelled.body).toEqual({ speedDial: { ...changed, label: 'Desk' } })
    expect((await lab.ask('GET', '/v2/devices')).body).toEqual({
      devices: [
        { id: service_id, name: 'desk', username: 'desk', registered: true, speed_dial: '101' },
      ],
    })
    expect(await lab.ask('DELETE', `${path}/101`)).toMatchObject({
      status: 200,
      body: { speedDial: { label: 'Desk' } },
    })
    // More requests than a second allows.
    lab.api.time.nowMs += 1_000
    for (const method of ['GET', 'DELETE'] as const) {
      expect(await lab.ask(method, `${path}/101`)).toMatchObject({
        ...{ status: 404, body: { code: 'not_found', field: 'speed_dial' } },
      })
    }
    expect((await lab.ask('PUT', `${path}/101`, { body: {} })).status).toBe(404)
  })

  test('one number is given once', async () => {
    await create(lead)
    const answer = await create({ ...lead, service_id: '5005550140' })
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'already_exists', field: 'speed_dial' },
    })
    expect((await lab.ask('GET', `${path}/101`)).body).toMatchObject({
      speedDial: { service_id: '+15005550130' },
    })
  })

  test.each([
    ['7 digits', { speed_dial: '1234567' }, 400, 'invalid_request'],
    ['letters', { speed_dial: '1a' }, 400, 'invalid_request'],
    ['an emergency number', { speed_dial: '911' }, 403, 'target_not_allowed'],
    ['nothing', { speed_dial: undefined }, 400, 'missing_parameter'],
    ['a long label', { label: 'x'.repeat(101) }, 400, 'invalid_request'],
    ['a text', { service_type: 'TTS', service_id: 'Hello' }, 400, 'invalid_request'],
    ['a busy signal', { service_type: 'Busy' }, 400, 'invalid_request'],
    ['a voicemail', { service_type: 'VoiceMail' }, 400, 'invalid_request'],
    ['an emergency number behind', { service_id: '911' }, 403, 'target_not_allowed'],
    ['a short number behind', { service_id: '102' }, 400, 'invalid_phone_number'],
    ['an unknown device', { service_type: 'Device', service_id: '987123543678' }, 404, 'not_found'],
  ])('not with %s', async (_, changes, status, code) => {
    expect(await create({ ...lead, ...changes })).toMatchObject({ status, body: { code } })
    expect((await lab.ask('GET', path)).body).toEqual({ speedDials: [] })
  })

  test('an empty form is no body', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await lab.ask('POST', path, { body: '', headers })).toMatchObject({
      ...{ status: 400, body: { message: 'A body is needed' } },
    })
  })

  test.each([
    ['another number', { speed_dial: '102' }, 'speed_dial'],
    ['half a service', { service_id: '5005550140' }, 'service_type'],
    ['the other half', { service_type: 'Device' }, 'service_id'],
  ])('not changed to %s', async (_, body, field) => {
    await create(lead)
    const answer = await lab.ask('PUT', `${path}/101`, { body })
    expect(answer).toMatchObject({ status: 400, body: { field } })
  })
})

describe('calling one', () => {
  test('a number behind it', async () => {
    await create(lead)
    const { id, answer } = await call('101')
    lab.calls.sip.answered(id, 'v=0', 'x')
    expect(await answer).toMatchObject({ status: 200, body: { call: { to: '+15005550130' } } })
  })

  test('a device behind it, by a JSON number', async () => {
    await create({ ...lead, service_type: 'Device', service_id: await lab.device('desk') })
    const { id, answer } = await call(101)
    expect(lab.calls.commands).toEqual([`sip.invite c1 device ${ownNumber}`])
    lab.calls.sip.answered(id, 'v=0', 'x')
    expect(await answer).toMatchObject({ status: 200, body: { call: { to: 'desk' } } })
  })

  test('none', async () => {
    const body = { fonenumber: '5005550100', to: '777', service_type: 'TTS', service_id: 'Hello' }
    expect(await lab.ask('POST', '/v2/calls', { body })).toMatchObject({
      ...{ status: 404, body: { code: 'not_found', field: 'to' } },
    })
  })

  test.each([
    ['is off', 409, 'device_not_registered'],
    ['is gone', 404, 'not_found'],
  ])('a device that %s', async (what, status, code) => {
    await create({ ...lead, service_type: 'Device', service_id: await lab.device('desk', false) })
    const [device] = await lab.calls.store.devices.list(lab.calls.account.id)
    if (what === 'is gone' && device) await lab.calls.store.devices.remove(device.id)
    const body = { fonenumber: '5005550100', to: '101', service_type: 'TTS', service_id: 'Hello' }
    const answer = await lab.ask('POST', '/v2/calls', { body })
    expect(answer).toMatchObject({ status, body: { code } })
    expect(lab.calls.commands).toEqual([])
    // One that leads nowhere can still be renamed and deleted.
    expect((await lab.ask('PUT', `${path}/101`, { body: { label: 'off' } })).status).toBe(200)
    expect((await lab.ask('DELETE', `${path}/101`)).status).toBe(200)
  })
})

test('an emergency code is one like others where the operator allows that', async () => {
  await lab.close()
  lab = await openFoneLab('/v2/calls', true)
  const body = { fonenumber: '5005550100', to: '911', service_type: 'TTS', service_id: 'Hello' }
  const nobody = { status: 404, body: { code: 'not_found', field: 'to' } }
  expect(await lab.ask('POST', '/v2/calls', { body })).toMatchObject(nobody)
  expect((await create({ ...lead, speed_dial: '911' })).status).toBe(201)
  const { id, answer } = await call('911')
  lab.calls.sip.answered(id, 'v=0', 'x')
  expect(await answer).toMatchObject({ status: 200, body: { call: { to: '+15005550130' } } })
})
