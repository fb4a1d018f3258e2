import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { Contact } from '../api/shapes.ts'
import { Avatar, presenceWords } from '../parts/avatar.tsx'
import { IconButton } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { Empty } from '../parts/empty.tsx'
import { Icon } from '../parts/icons.tsx'
import { ListStates } from '../parts/list-states.tsx'
import { formatNumber } from '../words/number.ts'

/** The other devices of the account, and whether they can be called. */
export function Contacts(): JSX.Element {
  const { lists } = useApp()
  const search = useSignal('')
  const list = lists.contacts.now.value
  const wanted = search.value.trim().toLowerCase()
  const found = list.rows.filter(({ name, username }) =>
    `${name} ${username}`.toLowerCase().includes(wanted),
  )
  return (
    <section aria-labelledby="contacts-title">
      <h1 id="contacts-title">Contacts</h1>
      <div class="search">
        <Icon name="search" size={18} />
        <input
          type="search"
          aria-label="Search contacts"
          placeholder="Search"
          value={search.value}
          onInput={(event) => {
            search.value = event.currentTarget.value
          }}
        />
      </div>
      <ListStates
        list={list}
        retry={() => void lists.contacts.load()}
        nothing={
          <Empty icon="contacts" title="No other phones yet">
            <p class="muted">Phones of this account show up here.</p>
          </Empty>
        }
      >
        {found.length === 0 && <p class="muted nothing-found">Nobody fits “{search.value}”.</p>}
        <Rows contacts={found.filter(({ presence }) => presence !== undefined)} />
        <Rows title="Numbers" contacts={found.filter(({ presence }) => presence === undefined)} />
      </ListStates>
    </section>
  )
}

function Rows(props: { title?: string; contacts: readonly Contact[] }): JSX.Element | null {
  const { title, contacts } = props
  if (contacts.length === 0) return null
  return (
    <section aria-label={title ?? 'Phones'}>
      {title && <h2 class="day">{title}</h2>}
      <ul class="rows">
        {contacts.map((contact) => (
          <ContactRow key={`${contact.name}/${contact.username}`} contact={contact} />
        ))}
      </ul>
    </section>
  )
}

function ContactRow({ contact }: { contact: Contact }): JSX.Element {
  const { username, presence } = contact
  const { dial, phone } = useApp()
  const isReady = phone.connection.value.at === 'ready'
  const name = formatNumber(contact.name)
  const number = formatNumber(username)
  const facts = [name === number ? undefined : number, presence && presenceWords[presence]]
  return (
    <li class="row">
      <Avatar name={name} presence={presence} />
      <span class="row-text">
        <span>{name}</span>
        <span class="muted">{facts.filter((fact) => fact !== undefined).join(' · ')}</span>
      </span>
      <IconButton
        icon="phone"
        kind="call"
        label={`Call ${name}`}
        disabled={!isReady}
        onClick={() => dial(username)}
      />
    </li>
  )
}
