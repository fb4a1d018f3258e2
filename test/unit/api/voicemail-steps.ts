/** Every operation of voicemail boxes, for answers.test.ts; `box` and `message` are there already, and the message is not deleted. */
export const voicemailSteps = (
  box: string,
  message: string,
): readonly (readonly [operation: string, request: string, body?: object])[] => {
  const base = '/v1/voice/voicemail-boxes'
  const one = `${base}/${box}/messages/${message}`
  return [
    ['listVoicemailBoxes', `GET ${base}`],
    ['createVoicemailBox', `POST ${base}`, { name: 'Sales', pin: '4711', max_messages: 5 }],
    ['getVoicemailBox', `GET ${base}/<createVoicemailBox>`],
    ['updateVoicemailBox', `PATCH ${base}/<createVoicemailBox>`, { review: false, pin: null }],
    ['setVoicemailGreeting', `PUT ${base}/<createVoicemailBox>/greetings/busy`, { text: 'Busy.' }],
    ['deleteVoicemailGreeting', `DELETE ${base}/<createVoicemailBox>/greetings/busy`],
    ['listVoicemailMessages', `GET ${base}/${box}/messages?folder=new`],
    ['getVoicemailMessage', `GET ${one}`],
    ['getVoicemailMessageMedia', `GET ${one}/media`],
    ['updateVoicemailMessage', `PATCH ${one}`, { heard: true }],
    ['deleteVoicemailMessage', `DELETE ${one}`],
    ['undeleteVoicemailMessage', `POST ${one}/undelete`],
    ['deleteVoicemailBox', `DELETE ${base}/<createVoicemailBox>`],
  ]
}
