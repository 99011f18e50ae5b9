import { addressVersion } from '../address/address.js'
import { hostPort, parseHostPort } from '../address/host-port.js'

/**
 * A DNS server that questions are sent to, or the operating system's own resolver. `label` is how errors, metrics and
 * explanations call it; it never holds credentials.
 */
export type Upstream =
  | { readonly kind: 'udp' | 'tcp'; readonly label: string; readonly address: string; readonly port: number }
  | {
      readonly kind: 'tls'
      readonly label: string
      readonly host: string
      readonly port: number
      /** The name that its certificate holds, where that is not the host. */
      readonly serverName?: string
    }
  | { readonly kind: 'https'; readonly label: string; readonly url: string }
  | { readonly kind: 'system'; readonly label: 'system' }

const DNS_VARIABLE = '{?dns}'
/** Longer ones are nobody's; and every error would show them. */
const MAX_URL = 2_000
const MAX_SHOWN = 100
const expected =
  'expected IP[:port], udp://IP[:port], tcp://IP[:port], tls://HOST[:port], tls://IP[:port]#NAME, https://HOST/PATH or system'

/**
 * The upstream that the text names: `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:53`, `udp://…`, `tcp://…`,
 * `tls://host`, `tls://192.0.2.53#host`, `https://host/dns-query` or `system`. Throws a TypeError that says what was expected. Pure.
 */
export function parseUpstream(text: string): Upstream {
  const trimmed = text.trim()
  if (trimmed === 'system') return { kind: 'system', label: 'system' }
  const scheme = /^([a-z]+):\/\//i.exec(trimmed)?.[1]?.toLowerCase()
  if (scheme === undefined) return parseAddressUpstream('udp', trimmed, text)
  const rest = trimmed.slice(scheme.length + 3)
  if (scheme === 'udp' || scheme === 'tcp') return parseAddressUpstream(scheme, rest, text)
  if (scheme === 'tls') return tlsUpstream(rest, text)
  if (scheme === 'https') return httpsUpstream(trimmed, text)
  throw invalid(text)
}

/** A server that is reached at an address. */
export function addressUpstream(kind: 'udp' | 'tcp', address: string, port: number): Upstream {
  return { kind, label: `${kind}://${hostPort(address, port)}`, address, port }
}

function parseAddressUpstream(kind: 'udp' | 'tcp', rest: string, text: string): Upstream {
  const { host, port } = splitHostPort(rest, 53, text)
  if (addressVersion(host) === 0) throw invalid(text)
  return addressUpstream(kind, host, port)
}

/** `HOST`, or an address and the name that its certificate holds: `IP#NAME`, as systemd-resolved and unbound have it. */
function tlsUpstream(rest: string, text: string): Upstream {
  const hash = rest.indexOf('#')
  const { host, port } = splitHostPort(hash < 0 ? rest : rest.slice(0, hash), 853, text)
  const label = `tls://${hostPort(host, port)}`
  if (hash < 0) {
    if (addressVersion(host) === 0 && !isServerName(host)) throw invalid(text)
    return { kind: 'tls', label, host, port }
  }
  const serverName = rest.slice(hash + 1)
  if (addressVersion(host) === 0 || !isServerName(serverName)) throw invalid(text)
  return { kind: 'tls', label: `${label}#${serverName}`, host, port, serverName }
}

function httpsUpstream(written: string, text: string): Upstream {
  // As RFC 8484 section 4.1.1 and many lists write it: a template whose only variable is the question.
  const url = written.endsWith(DNS_VARIABLE) ? written.slice(0, -DNS_VARIABLE.length) : written
  if (/[{}]/.test(url)) throw new TypeError(`'${shown(text)}' is a URL template: expected a URL without braces`)
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || parsed.hostname === '' || url.length > MAX_URL) throw invalid(text)
  if (parsed.username !== '' || parsed.password !== '') {
    throw new TypeError('a nameserver URL cannot hold credentials')
  }
  const authorityEnd = url.slice('https://'.length).search(/[/?#]/)
  if (authorityEnd < 0 || url['https://'.length + authorityEnd] !== '/') {
    throw new TypeError(`'${shown(text)}' has no path: expected a URL such as https://${parsed.host}/dns-query`)
  }
  return { kind: 'https', label: `https://${parsed.host}${parsed.pathname}`, url: parsed.href }
}

function splitHostPort(text: string, defaultPort: number, whole: string): { host: string; port: number } {
  const parsed = parseHostPort(text)
  if (parsed === undefined) throw invalid(whole)
  return { host: parsed.host, port: parsed.port ?? defaultPort }
}

// A name whose last label is a number is an address gone wrong (192.0.2), as the URL standard has it too.
const isServerName = (text: string) =>
  text.length <= 253 && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?$/i.test(text) && !/(^|\.)\d+\.?$/.test(text)

const invalid = (text: string) => new TypeError(`'${shown(text)}' names no nameserver: ${expected}`)

/** The text without credentials, cut where it is long. Not by an expression: a text of slashes would cost its square. */
function shown(text: string): string {
  const start = text.indexOf('//')
  const end = text.lastIndexOf('@')
  const safe = start >= 0 && end > start ? `${text.slice(0, start)}//***@${text.slice(end + 1)}` : text
  return safe.length > MAX_SHOWN ? `${safe.slice(0, MAX_SHOWN)}...` : safe
}
