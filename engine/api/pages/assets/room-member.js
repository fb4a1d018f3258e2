import { byId, element } from './dom.js'
import { when } from './format.js'
import { nameOf, statusWords } from './room-model.js'

const dialog = byId('member')
const options = byId('options')
const flags = ['muted', 'deaf', 'hold', 'moderator', 'priority']
const volumes = [
  ['volume_db', 'volume-text'],
  ['listen_volume_db', 'listen-text'],
]

/** The dialog with all that can be done with one member; what is changed holds at once. */
export class MemberDialog {
  #model
  #act
  #id

  /** `act(command, parts)` of this member; rejects with a Refusal. */
  constructor(model, act) {
    this.#model = model
    this.#act = act
    options.addEventListener('change', ({ target }) => void this.#change(target))
    options.addEventListener('input', () => this.#tellVolumes())
    options.addEventListener('submit', (event) => event.preventDefault())
    byId('say-one').addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#say(event.target)
    })
    byId('kick').addEventListener('click', () => {
      void this.#do('removeConferenceParticipant').then(() => dialog.close())
    })
    byId('record-one').addEventListener('click', () => {
      const { recording } = this.#model.members.get(this.#id)
      const verb = recording ? 'stop' : 'start'
      void this.#do(`${verb}ConferenceParticipantRecording`)
    })
  }

  open(id) {
    this.#id = id
    this.#fault('')
    byId('member-said').textContent = ''
    this.#fill()
    dialog.showModal()
  }

  /** Something is another than before, perhaps what is shown. */
  take({ members, gone }) {
    if (!dialog.open) return
    if (gone.includes(this.#id)) dialog.close()
    else if (members.has(this.#id)) this.#fill()
  }

  #fill() {
    const member = this.#model.members.get(this.#id)
    if (member === undefined) return
    byId('member-name').textContent = nameOf(member)
    const since = member.joined_at && `since ${when(member.joined_at)}`
    byId('member-about').textContent = [member.party, statusWords[member.status], since]
      .filter(Boolean)
      .join(' · ')
    for (const name of flags) options.elements[name].checked = member[name]
    // not what somebody is just about to change
    for (const [name] of volumes) {
      if (document.activeElement !== options.elements[name]) {
        options.elements[name].value = member[name]
      }
    }
    this.#fillOthers('coaching', member)
    this.#fillOthers('private_with', member)
    const { label } = options.elements
    if (document.activeElement !== label) label.value = member.label ?? ''
    byId('record-one').textContent = member.recording ? 'Stop recording' : 'Record alone'
    this.#tellVolumes()
  }

  #fillOthers(name, member) {
    const select = options.elements[name]
    if (document.activeElement === select) return
    const others = [...this.#model.members.values()].filter(({ call_id }) => call_id !== this.#id)
    const entries = others.map((other) =>
      element('option', { value: other.call_id }, nameOf(other)),
    )
    select.replaceChildren(element('option', { value: '' }, 'Nobody'), ...entries)
    select.value = member[name] ?? ''
  }

  #tellVolumes() {
    for (const [name, place] of volumes) {
      const value = Number(options.elements[name].value)
      byId(place).textContent = `${value > 0 ? '+' : ''}${value} dB`
    }
  }

  async #change({ name, type, checked, value }) {
    const given = type === 'checkbox' ? checked : type === 'range' ? Number(value) : value || null
    // the one ends the other, also one that is not known of here yet
    const other = { coaching: 'private_with', private_with: 'coaching' }[name]
    const body = { [name]: given, ...(other && given !== null && { [other]: null }) }
    await this.#do('updateConferenceParticipant', { body })
    this.#fill()
  }

  async #say(form) {
    const text = form.elements.text.value
    if (!(await this.#do('playToConference', { body: { text, to: this.#id } }))) return
    byId('member-said').textContent = 'It is said'
    form.reset()
  }

  async #do(command, parts = {}) {
    this.#fault('')
    try {
      await this.#act(this.#id, command, parts)
      return true
    } catch (error) {
      this.#fault(error.message)
      return false
    }
  }

  #fault(text) {
    byId('member-fault').textContent = text
    byId('member-fault').hidden = text === ''
  }
}
