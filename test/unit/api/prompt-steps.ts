import { readFileSync } from 'node:fs'

const file = new URL('../../fixtures/sounds/tone.opus', import.meta.url)
const audio = readFileSync(file).toString('base64')
const prompt = '/v1/voice/prompts/<createPrompt>'

/** A good request for each operation about stored sounds. */
export const promptSteps: readonly (readonly [string, string, object?])[] = [
  ['createPrompt', 'POST /v1/voice/prompts', { name: 'welcome', audio }],
  ['listPrompts', 'GET /v1/voice/prompts'],
  ['getPrompt', `GET ${prompt}`],
  ['getPromptMedia', `GET ${prompt}/media`],
  ['updatePrompt', `PUT ${prompt}`, { name: 'greeting' }],
  ['deletePrompt', `DELETE ${prompt}`],
]
