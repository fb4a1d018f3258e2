import { timingSafeEqual } from 'node:crypto'
import type { RegistrationRecord } from '../../core/ports/registrations.ts'
import type { DeviceRecord } from '../../core/ports/store.ts'
import { parseNameAddress, parseSipUri } from '../address.ts'
import { bareHostOf } from '../call/routes.ts'
import type { Context } from '../context.ts'
import type { Headers, RequestIn } from '../link/link.ts'
import { callerOf } from '../party.ts'
import { sourceOf } from '../source.ts'
import type { BanList } from './bans.ts'
import {
  algorithmOf,
  type DigestAlgorithm,
  type DigestParams,
  digestResponse,
  parseDigests,
  quote,
} from './digest.ts'
import { keyedHash } from './keyed-hash.ts'
import { type Access, Lockout } from './lockout.ts'
import { Nonces } from './nonce.ts'

export interface AuthenticatorOptions {
  readonly realm: string
  readonly devices: { byUsername(username: string): Promise<DeviceRecord | undefined> }
  /** Challenges to send, in this order. Right credentials in either algorithm are taken. */
  readonly offer: readonly DigestAlgorithm[]
  /** Signs nonces and makes up credentials for users that do not exist. */
  readonly key: Uint8Array
  readonly bans?: BanList | undefined
}

/** What is kept of a password. */
export type Hashes = Pick<DeviceRecord, 'ha1Md5' | 'ha1Sha256'>

/** A user agent server's digest (RFC 3261 section 22, RFC 8760). */
export class Authenticator {
  readonly #ctx: Context
  readonly #options: AuthenticatorOptions
  readonly #keyed: (text: string) => string
  readonly #nonces: Nonces
  readonly #lockout: Lockout
  /** For digests that anybody may have sent in the name of their address. */
  readonly #doubted: Lockout

  constructor(ctx: Context, options: AuthenticatorOptions) {
    this.#ctx = ctx
    this.#options = options
    this.#keyed = keyedHash(options.key)
    this.#nonces = new Nonces(ctx.clock, () => ctx.uuid(), options.key)
    this.#lockout = new Lockout(ctx.clock)
    this.#doubted = new Lockout(ctx.clock)
  }

  /** A registration from before the start: its phone is as good as one that has just proved itself. */
  remember({ source, username }: Pick<RegistrationRecord, 'source' | 'username'>): void {
    const address = bareHostOf(source)
    this.#lockout.succeeded(address, username, source)
    this.#options.bans?.proved(address)
  }

  /**
   * The device that sent the request, if it proves it. Otherwise the request has been answered (401 or
   * 403) and the result is undefined. An unknown user looks like a wrong password in every way.
   */
  admit(request: RequestIn): Promise<DeviceRecord | undefined> {
    return this.admitOne(request, (username) => this.#options.devices.byUsername(username))
  }

  /** Whoever of those that `find` knows sent the request; otherwise as `admit`. */
  async admitOne<Who extends Hashes>(
    request: RequestIn,
    find: (username: string) => Promise<Who | undefined>,
  ): Promise<Who | undefined> {
    const given = this.#ours(request)
    if (given === undefined) {
      this.#greet(request)
      return undefined
    }
    const username = given['username'] ?? ''
    if (this.#refuses(request, username)) return undefined
    const isProven = this.#isProven(request, given)
    if (!isProven && this.#isDoubted(request, given)) {
      this.#challenge(request, false)
      return undefined
    }
    const who = await find(given['username'] ?? '')
    // Guesses that were already on their way when the address was locked do not count any more.
    if (this.#refuses(request, username) || this.#defers(request, username)) return undefined
    return this.#judge(request, given, isProven, who)
  }

  /**
   * Without a digest nothing is guessed, nor is it known by which name it will be signed: a token has its own. That
   * others have guessed at the name in From is no reason to refuse it.
   */
  #greet(request: RequestIn): void {
    if (this.#lockout.isShut(request.address, callerOf(fromOf(request)))) request.respond(403)
    else this.#challenge(request, false)
  }

  #accessOf(request: RequestIn, username: string): Access {
    return this.#lockout.access(request.address, username, sourceOf(request))
  }

  /** 403 for whoever is locked out. */
  #refuses(request: RequestIn, username: string): boolean {
    if (this.#accessOf(request, username) !== 'locked') return false
    request.respond(403)
    return true
  }

  /** Who may be the phone that others have guessed at, or one of those, gets a turn now and then. */
  #defers(request: RequestIn, username: string): boolean {
    if (this.#accessOf(request, username) !== 'slow') return false
    if (this.#lockout.takeTurn(request.address, username)) return false
    request.respond(503, { headers: { 'Retry-After': '5' } })
    return true
  }

  /**
   * Too many digests have come, by UDP and without a nonce that went there, that were wrong. Whoever is
   * honest is not refused for them, but has to answer a challenge that he received.
   */
  #isDoubted(request: RequestIn, given: DigestParams): boolean {
    const username = given['username'] ?? ''
    if (this.#accessOf(request, username) === 'slow') return true
    return this.#doubted.access(request.address, username, '') === 'locked'
  }

  #judge<Who extends Hashes>(
    request: RequestIn,
    given: DigestParams,
    isProven: boolean,
    who: Who | undefined,
  ): Who | undefined {
    if (!this.#isRight(request, given, who)) {
      if (isProven) this.#onFailure(request, given)
      else this.#onDoubtful(request, given)
      this.#challenge(request, false)
      return undefined
    }
    const count = given['qop'] === undefined ? 0 : Number.parseInt(given['nc'] ?? '', 16)
    const verdict = this.#nonces.use(given['nonce'] ?? '', count)
    if (verdict === 'good') {
      if (isProven) this.#onSuccess(request, given['username'] ?? '')
      return who
    }
    this.#challenge(request, true)
    return undefined
  }

  /** The credentials for our realm among those that the request brings. */
  #ours(request: RequestIn): DigestParams | undefined {
    const all = parseDigests(request.header('authorization'))
    return all.find((params) => params['realm'] === this.#options.realm)
  }

  #isRight<Who extends Hashes>(
    request: RequestIn,
    given: DigestParams,
    who: Who | undefined,
  ): who is Who {
    const algorithm = algorithmOf(given['algorithm'])
    if (algorithm === undefined || !wellFormed(given)) return false
    // made up in either case, so that the two take the same steps
    const noOnes = this.#noOnes(given['username'] ?? '')
    const expected = digestResponse({
      algorithm,
      ha1: who ? ha1Of(who, algorithm) : noOnes,
      method: request.method,
      uri: given['uri']!,
      nonce: given['nonce']!,
      ...(given['qop'] === undefined
        ? {}
        : { qop: { value: 'auth', nc: given['nc']!, cnonce: given['cnonce']! } }),
    })
    const same = equal(expected, given['response']!.toLowerCase())
    const isForUs = sameTarget(given['uri']!, request.uri)
    return same && isForUs && who !== undefined
  }

  /** Credentials of a user that does not exist: as long to compute with as real ones. */
  #noOnes(username: string): string {
    return this.#keyed(username)
  }

  #onSuccess(request: RequestIn, username: string): void {
    this.#lockout.succeeded(request.address, username, sourceOf(request))
    this.#options.bans?.proved(request.address)
  }

  /** Wrong, and from where it says: whoever goes on is locked out. */
  #onFailure(request: RequestIn, given: DigestParams): void {
    const { counts, log, events, clock } = this.#ctx
    const { address } = request
    const username = given['username'] ?? ''
    const user = this.#noteFailure(request, username)
    this.#options.bans?.wrongDigest(address)
    const locked = this.#lockout.failed(address, username, sourceOf(request))
    if (!locked) return
    const { scope, lockMs } = locked
    counts.lockouts++
    if (scope === 'address') this.#options.bans?.lockedOut(address)
    log.warn('address locked out after too many wrong digests', { address, user, scope })
    events.addressLocked({ address, username: user, scope, untilMs: clock.nowMs() + lockMs })
  }

  /** Wrong, and perhaps from elsewhere: neither he whose address it is nor his phone is to suffer for it. */
  #onDoubtful(request: RequestIn, given: DigestParams): void {
    const username = given['username'] ?? ''
    this.#noteFailure(request, username)
    this.#doubted.failed(request.address, username, '')
  }

  /** The name as it may be told. */
  #noteFailure({ address, method }: RequestIn, username: string): string {
    this.#ctx.counts.digestsFailed++
    const user = username.slice(0, 64)
    this.#ctx.log.info('digest wrong', { address, method, user })
    return user
  }

  /** Nobody else can have sent it: it came on a connection, or brings what was sent to its address. */
  #isProven({ protocol, address }: RequestIn, given: DigestParams): boolean {
    return protocol !== 'udp' || this.#nonces.isFor(given['nonce'] ?? '', address)
  }

  #challenge(request: RequestIn, stale: boolean): void {
    const realm = quote(this.#options.realm)
    const tail = stale ? ', stale=true' : ''
    const lines = this.#options.offer.map((algorithm) => {
      const nonce = quote(this.#nonces.issue(request.address))
      return `Digest realm=${realm}, nonce=${nonce}, algorithm=${algorithm}, qop="auth"${tail}`
    })
    request.respond(401, { headers: challengeHeaders(lines) })
  }
}

/** The library knows one value per header name, so the second line rides on the first. */
const challengeHeaders = (lines: readonly string[]): Headers => ({
  'WWW-Authenticate': lines.join('\r\nWWW-Authenticate: '),
})

const ha1Of = (who: Hashes, algorithm: DigestAlgorithm): string =>
  algorithm === 'MD5' ? who.ha1Md5 : who.ha1Sha256

const fromOf = (request: RequestIn): string =>
  parseNameAddress(request.header('from') ?? '')?.uri ?? ''

/** Everything that the computation needs is there, and qop is one that we offered. */
function wellFormed(given: DigestParams): boolean {
  if (given['uri'] === undefined || given['nonce'] === undefined) return false
  if (given['response'] === undefined) return false
  if (given['qop'] === undefined) return true
  return (
    given['qop'].toLowerCase() === 'auth' &&
    // eight digits by the book; what was sent is what was hashed
    /^[0-9a-f]{1,8}$/i.test(given['nc'] ?? '') &&
    given['cnonce'] !== undefined
  )
}

/**
 * The digest has to be for us (RFC 3261 section 22.4, point 5). Only the host is compared: sipp, among
 * others, signs the registrar's address whatever the request-URI is, and replay is met by the nonce count.
 */
function sameTarget(digestUri: string, requestUri: string): boolean {
  const digest = parseSipUri(digestUri)
  const request = parseSipUri(requestUri)
  return digest && request ? digest.host === request.host : digestUri === requestUri
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
