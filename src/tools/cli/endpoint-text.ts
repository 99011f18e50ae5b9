import { isIP } from 'node:net'
import type { HostAndPort } from '../explain/explanation.js'
import { UsageError } from './command.js'

/** Kafka's own names of them: they say nothing of where. */
const listenerProtocol = /^(?:SASL_)?(?:PLAINTEXT|SSL):\/\//i

/**
 * `b0.kafka.example`, `b0.kafka.example:9092`, `192.0.2.1:9092`, `2001:db8::1`, `[2001:db8::1]:9092`, and with a
 * listener's protocol before it, as consoles show it. Throws `UsageError`; the host is not checked beyond what divides it
 * from the port.
 */
export function parseHostAndPort(text: string): HostAndPort {
  const trimmed = text.trim().replace(listenerProtocol, '')
  const shown = JSON.stringify(trimmed.length > 100 ? `${trimmed.slice(0, 100)}...` : trimmed)
  if (trimmed === '') throw new UsageError('expected HOST or HOST:PORT, found nothing')
  if (trimmed.includes('://')) throw new UsageError(`expected HOST or HOST:PORT, found the URL ${shown}`)
  if (isIP(trimmed) !== 0) return { host: trimmed, port: undefined }
  const parts = /^(?:\[(?<ip>[^\]]*)\]|(?<name>[^:[\]\s]+))(?::(?<port>.*))?$/.exec(trimmed)?.groups
  const host = parts?.['ip'] ?? parts?.['name']
  if (host === undefined || (parts?.['ip'] !== undefined && isIP(host) !== 6)) {
    throw new UsageError(`expected HOST or HOST:PORT, found ${shown}`)
  }
  const digits = parts?.['port']
  if (digits === undefined) return { host, port: undefined }
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0
  if (port < 1 || port > 65535) throw new UsageError(`expected a port from 1 to 65535, found ${shown}`)
  return { host, port }
}
