import { isIP } from 'node:net'
import { hostPort, parseHostPort } from '../address/host-port.js'

/**
 * A DNS server that questions are sent to, or the operating system's own resolver. `label` is how errors, metrics and
 * explanations call it; it never holds credentials.
 */
export type Upstream =
  | { readonly kind: 'udp' | 'tcp'; readonly label: string; readonly address: string; readonly port: number }
  | { readonly kind: 'tls'; readonly label: string; readonly host: string; readonly port: number }
  | { readonly kind: 'https'; readonly label: string; readonly url: string }
  | { readonly kind: 'system'; readonly label: 'system' }

const expected = 'expected IP[:port], udp://IP[:port], tcp://IP[:port], tls://HOST[:port], https://HOST/PATH or system'

/**
 * The upstream that the text names: `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:53`, `udp://…`, `tcp://…`,
 * `tls://host`, `https://host/dns-query` or `system`. Throws a TypeError that says what was expected. Pure.
 */
export function parseUpstream(text: string): Upstream {
  const trimmed = text.trim()
  if (trimmed === 'system') return { kind: 'system', label: 'system' }
  const scheme = /^([a-z]+):\/\//i.exec(trimmed)?.[1]?.toLowerCase()
  if (scheme === undefined) return addressUpstream('udp', trimmed, text)
  const rest = trimmed.slice(scheme.length + 3)
  if (scheme === 'udp' || scheme === 'tcp') return addressUpstream(scheme, rest, text)
  if (scheme === 'tls') return tlsUpstream(rest, text)
  if (scheme === 'https') return httpsUpstream(trimmed, text)
  throw invalid(text)
}

function addressUpstream(kind: 'udp' | 'tcp', rest: string, text: string): Upstream {
  const { host, port } = splitHostPort(rest, 53, text)
  if (isIP(host) === 0) throw invalid(text)
  return { kind, label: `${kind}://${hostPort(host, port)}`, address: host, port }
}

function tlsUpstream(rest: string, text: string): Upstream {
  const { host, port } = splitHostPort(rest, 853, text)
  if (isIP(host) === 0 && !isHostName(host)) throw invalid(text)
  return { kind: 'tls', label: `tls://${hostPort(host, port)}`, host, port }
}

function httpsUpstream(url: string, text: string): Upstream {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || parsed.hostname === '') throw invalid(text)
  if (parsed.username !== '' || parsed.password !== '') {
    throw new TypeError('a nameserver URL cannot hold credentials')
  }
  return { kind: 'https', label: `https://${parsed.host}${parsed.pathname}`, url: parsed.href }
}

function splitHostPort(text: string, defaultPort: number, whole: string): { host: string; port: number } {
  const parsed = parseHostPort(text)
  if (parsed === undefined) throw invalid(whole)
  return { host: parsed.host, port: parsed.port ?? defaultPort }
}

// A name whose last label is a number is an address gone wrong (192.0.2), as the URL standard has it too.
const isHostName = (text: string) =>
  text.length <= 253 && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?$/i.test(text) && !/(^|\.)\d+\.?$/.test(text)

const invalid = (text: string) => new TypeError(`'${withoutCredentials(text)}' names no nameserver: ${expected}`)

const withoutCredentials = (text: string) => text.replace(/\/\/.*@/, '//***@')
