import { element } from './dom.js'
import { fits, nameOf, share, statesOf } from './room-model.js'

/**
 * The members as tiles. Made once for each, then only what is another than before is touched; levels are drawn for
 * tiles that can be seen, once a frame, by transforms alone.
 */
export class RoomTiles {
  #list
  #model
  #tiles = new Map()
  #seen = new Set()
  #dirty = new Set()
  #frame
  #typed = ''
  #observer = new IntersectionObserver((entries) => this.#look(entries), { rootMargin: '80px' })

  /** `act(what, callId)` with mute, hold, kick and more. */
  constructor(list, model, act) {
    this.#list = list
    this.#model = model
    list.addEventListener('click', ({ target }) => {
      const button = target.closest('button[data-do]')
      if (button) act(button.dataset.do, button.closest('li').dataset.id)
    })
  }

  take({ members, gone, levels }) {
    for (const id of gone) this.#remove(id)
    const fresh = document.createDocumentFragment()
    for (const id of members) {
      if (!this.#tiles.has(id)) fresh.append(this.#add(id))
      this.#show(id)
    }
    this.#list.append(fresh)
    for (const id of levels) this.#dirty.add(id)
    if (this.#dirty.size > 0) this.#frame ??= requestAnimationFrame(() => this.#draw())
  }

  /** How many are shown. */
  filter(typed) {
    this.#typed = typed
    for (const [id, tile] of this.#tiles) tile.node.hidden = !this.#isMeant(id)
    return [...this.#tiles.values()].filter(({ node }) => !node.hidden).length
  }

  clear() {
    for (const id of [...this.#tiles.keys()]) this.#remove(id)
  }

  #isMeant(id) {
    return this.#typed === '' || fits(this.#model.members.get(id), this.#typed)
  }

  #add(id) {
    const name = element('b', { class: 'name' })
    const party = element('span', { class: 'party' })
    const states = element('span', { class: 'states' })
    const bar = element('i')
    const button = (does, text) =>
      element('button', { type: 'button', class: 'quiet', 'data-do': does }, text)
    const buttons = {
      mute: button('mute', 'Mute'),
      hold: button('hold', 'Hold'),
      kick: button('kick', 'Hang up'),
      more: button('more', 'More'),
    }
    const node = element(
      'li',
      { class: 'member', 'data-id': id },
      element('div', { class: 'who' }, name, party),
      states,
      element('div', { class: 'meter', 'aria-hidden': 'true' }, bar),
      element('div', { class: 'does' }, ...Object.values(buttons)),
    )
    this.#tiles.set(id, { node, name, party, states, bar, buttons, shown: {} })
    this.#observer.observe(node)
    return node
  }

  #remove(id) {
    const tile = this.#tiles.get(id)
    if (tile === undefined) return
    this.#observer.unobserve(tile.node)
    tile.node.remove()
    this.#tiles.delete(id)
    this.#seen.delete(id)
    this.#dirty.delete(id)
  }

  #show(id) {
    const tile = this.#tiles.get(id)
    const member = this.#model.members.get(id)
    const { buttons, shown } = tile
    const name = nameOf(member)
    const set = (key, value, write) => {
      if (shown[key] === value) return
      shown[key] = value
      write(value)
    }
    set('name', name, (text) => {
      tile.name.textContent = text
      tile.name.title = text
      for (const button of Object.values(buttons)) {
        button.setAttribute('aria-label', `${button.textContent} ${text}`)
      }
    })
    set('party', member.label ? member.party : '', (text) => {
      tile.party.textContent = text
    })
    set('states', statesOf(member).join('\n'), (text) => {
      const words = text === '' ? [] : text.split('\n')
      tile.states.replaceChildren(...words.map((word) => element('span', { class: 'chip' }, word)))
    })
    set('muted', member.muted, (on) => press(buttons.mute, on))
    set('held', member.hold, (on) => press(buttons.hold, on))
    set('unheard', member.muted || member.hold, (is) => {
      tile.node.classList.toggle('unheard', is)
    })
    set('there', member.status === 'connected', (is) => {
      tile.node.classList.toggle('away', !is)
    })
    set('isMeant', this.#isMeant(id), (is) => {
      tile.node.hidden = !is
    })
    this.#speak(tile, member.speaking)
  }

  #speak(tile, speaking) {
    if (tile.shown.speaking === speaking) return
    tile.shown.speaking = speaking
    tile.node.classList.toggle('speaking', speaking)
  }

  #look(entries) {
    for (const { target, isIntersecting } of entries) {
      const { id } = target.dataset
      if (!isIntersecting) this.#seen.delete(id)
      else if (this.#tiles.has(id)) {
        this.#seen.add(id)
        this.#dirty.add(id)
      }
    }
    if (this.#dirty.size > 0) this.#frame ??= requestAnimationFrame(() => this.#draw())
  }

  #draw() {
    this.#frame = undefined
    for (const id of this.#dirty) {
      const tile = this.#tiles.get(id)
      const level = this.#model.levels.get(id)
      if (tile === undefined || level === undefined || !this.#seen.has(id)) continue
      this.#speak(tile, level.speaking)
      const scale = share(level.level_db).toFixed(2)
      if (tile.shown.scale === scale) continue
      tile.shown.scale = scale
      tile.bar.style.transform = `scaleX(${scale})`
    }
    this.#dirty.clear()
  }
}

const press = (button, on) => button.setAttribute('aria-pressed', String(on))
