const masked = (text: string): string => '*'.repeat(text.length)

/** A header with its folded lines (RFC 3261 section 7.3.1). */
const credentials =
  /^((?:Proxy-)?Authorization|Authentication-Info|Proxy-Authentication-Info)([ \t]*:[ \t]*)([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/gim
/** What a password can be found out from by trying. */
const digestProof = /\b((?:response|rspauth)\s*=\s*"?)([^",\s]+)/gi
/** SDES keys (RFC 4568 section 6.1). */
const cryptoKeys = /^(a=crypto:[^\r\n]*?inline:)([^\r\n]*)/gim
/** `k=` lines (RFC 8866 section 5.12) and the passwords of ICE. */
const sdpSecrets = /^(k=|a=ice-pwd:)([^\r\n]*)/gim
const uriPassword = /\b(sips?:[^\s:@<>"]{1,256}:)([^\s:@<>"]{1,256})(?=@)/gi

/** By what a registrar's call is known to be its own (sip/trunk/contact.ts): whoever has it calls as the trunk. */
const lines = /(;line=)(\w{22})\b/gi

/** Keys of the phone that come by INFO: they may be a PIN. */
const infoKey = /^(signal[ \t]*=[ \t]*)([^\r\n]*)/gim
const isPlainKeys = /^(?:content-type|c)[ \t]*:[ \t]*application\/dtmf[ \t]*\r?$/im

const hasSecrets =
  /authorization|authentication-info|^a=(?:crypto|ice-pwd):|^k=|sips?:[^\s@<>]{1,520}@|;line=\w{22}\b|^signal[ \t]*=|application\/dtmf\b/im

/**
 * A SIP message without its secrets, each byte of them replaced by an asterisk so that lengths stay:
 * proofs of digests, other credentials whole, SDES keys, passwords of ICE and of URIs, what our Contacts at
 * registrars are known by, and keys that come by INFO.
 */
export function withoutSipSecrets(raw: string): string {
  if (!hasSecrets.test(raw)) return raw
  return withoutPlainKeys(raw)
    .replace(infoKey, (_all, start: string, key: string) => start + masked(key))
    .replace(credentials, (_all, name: string, colon: string, value: string) => {
      return name + colon + maskedCredentials(name, value)
    })
    .replace(cryptoKeys, (_all, start: string, key: string) => start + masked(key))
    .replace(sdpSecrets, (_all, start: string, secret: string) => start + masked(secret))
    .replace(lines, (_all, start: string, line: string) => start + masked(line))
    .replace(uriPassword, (_all, start: string, password: string) => start + masked(password))
}

function maskedCredentials(name: string, value: string): string {
  const isDigest = /^digest\s/i.test(value) || /info$/i.test(name)
  if (!isDigest) return value.replace(/[^\r\n]/g, '*')
  return value.replace(digestProof, (_all, start: string, proof: string) => start + masked(proof))
}

function withoutPlainKeys(raw: string): string {
  const body = raw.indexOf('\r\n\r\n')
  if (body < 0 || !isPlainKeys.test(raw.slice(0, body + 2))) return raw
  return raw.slice(0, body) + raw.slice(body).replace(/[^\r\n]/g, '*')
}
