import { domainToASCII } from 'node:url'
import { addressVersion } from '../../lib/address/address.js'

// RFC 1035 section 2.3.4: 63 octets a label, 255 a name on the wire, which leaves 253 characters in text.
export const maxLabelLength = 63
export const maxNameLength = 253

export const isDigit = (code: number) => code >= 48 && code <= 57
const isLower = (code: number) => code >= 97 && code <= 122

/** True for a character of a label in lower case. RFC 952 has no underscore, but names of brokers do. */
export const isNameCharacter = (code: number): boolean => isLower(code) || isDigit(code) || code === 45 || code === 95

/** True if no character is beyond ASCII. */
export const isAscii = (text: string): boolean => {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return false
  return true
}

/** Labels of 1 to 63 characters that a name may hold, in lower case. The length of the whole is not checked. */
export const plainName = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/

/** True for labels of 1 to 63 characters that a name may hold, at most 253 in all, in lower case, no final dot. */
export const isHostName = (name: string): boolean => name.length <= maxNameLength && plainName.test(name)

/** True if the text has only characters of labels, and dots. */
export function isNamePart(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (!isNameCharacter(code) && code !== 46) return false
  }
  return true
}

/** True if the last label is a number, as in `127.1` or `0x7f`: getaddrinfo takes such a text for an address. */
export function endsInNumber(name: string): boolean {
  const last = name.slice(name.lastIndexOf('.') + 1)
  return /^(\d+|0x[0-9a-f]*)$/.test(last)
}

/** The name in lower case with IDNA labels in their A-label form, or undefined where there is none. */
export function toAsciiName(name: string): string | undefined {
  const lower = name.toLowerCase()
  if (isAscii(lower)) return lower
  // domainToASCII takes a URL's host: what is special there (percent signs, slashes, ports) is no part of a name.
  for (let index = 0; index < lower.length; index++) {
    const code = lower.charCodeAt(index)
    if (code <= 127 && code !== 46 && !isNameCharacter(code)) return undefined
  }
  const ascii = domainToASCII(lower)
  return ascii === '' ? undefined : ascii
}

/** A host that a client asks for, in the form that rules match. */
export interface AskedHost {
  readonly kind: 'name' | 'ipv4' | 'ipv6' | 'invalid'
  /** In lower case, no final dot, no brackets, IDNA names by their A-labels. */
  readonly host: string
}

/** The client's host. Takes `[::1]`, capitals, a final dot and U-labels. Never throws. */
export function readHost(asked: string): AskedHost {
  const host = asked.startsWith('[') && asked.endsWith(']') ? asked.slice(1, -1) : asked
  if (addressVersion(host) === 6) return { kind: 'ipv6', host: host.toLowerCase() }
  if (asked.length > 4 * maxNameLength) return { kind: 'invalid', host: asked }
  const name = toAsciiName(asked)
  if (name === undefined) return { kind: 'invalid', host: asked.toLowerCase() }
  const bare = name.endsWith('.') ? name.slice(0, -1) : name
  if (addressVersion(bare) === 4) return { kind: 'ipv4', host: bare }
  return { kind: isHostName(bare) ? 'name' : 'invalid', host: bare }
}

/** The one way to write an IPv6 address (RFC 5952), a zone index kept. */
export function canonicalIpv6(address: string): string {
  const percent = address.indexOf('%')
  if (percent >= 0) return canonicalIpv6(address.slice(0, percent)) + address.slice(percent).toLowerCase()
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}
