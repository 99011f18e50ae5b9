import { addressVersion } from './address.js'

/** A host as it is written before a port: a name, an IPv4 address, or an IPv6 address without its brackets. */
export interface HostPort {
  readonly host: string
  readonly port: number | undefined
}

/** `b0.kafka.example:9092`, `[2001:db8::1]:9092`; the host alone without a port. */
export function hostPort(host: string, port: number | null | undefined): string {
  if (port === undefined || port === null) return host
  return addressVersion(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * The parts of `HOST`, `HOST:PORT`, `[ADDRESS]`, `[ADDRESS]:PORT` or an IPv6 address without brackets. undefined where
 * the text has another shape, or a port outside 1 to 65535. Whether the host is a name is for the caller to check.
 */
export function parseHostPort(text: string): HostPort | undefined {
  if (addressVersion(text) === 6) return { host: text, port: undefined }
  const hostEnd = text.startsWith('[') ? text.indexOf(']') + 1 : text.includes(':') ? text.indexOf(':') : text.length
  const host = text.startsWith('[') ? text.slice(1, hostEnd - 1) : text.slice(0, hostEnd)
  if (host === '' || (text.startsWith('[') ? addressVersion(host) !== 6 : host.includes(']'))) return undefined
  const rest = text.slice(hostEnd)
  if (rest === '') return { host, port: undefined }
  const port = /^:\d{1,5}$/.test(rest) ? Number(rest.slice(1)) : 0
  return port >= 1 && port <= 65_535 ? { host, port } : undefined
}
