import { UsageError } from './terminal/errors.js'
import { visibleText } from '../../text/visible-text.js'
import { parseHostPort, type HostPort } from '../../../lib/address/host-port.js'

/** A listener's protocol, which is no part of the address. */
const listenerProtocol = /^(?:SASL_)?(?:PLAINTEXT|SSL):\/\//i

/**
 * `b0.kafka.example`, `b0.kafka.example:9092`, `192.0.2.1:9092`, `2001:db8::1`, `[2001:db8::1]:9092`, and with a
 * listener's protocol before it, as consoles show it. Throws `UsageError`; the host is not checked beyond what divides it
 * from the port.
 */
export function parseHostAndPort(text: string): HostPort {
  const trimmed = text.trim().replace(listenerProtocol, '')
  const shown = `"${visibleText(trimmed, 100)}"`
  if (trimmed === '') throw new UsageError('expected HOST or HOST:PORT, found nothing')
  if (trimmed.includes('://')) throw new UsageError(`expected HOST or HOST:PORT, found the URL ${shown}`)
  const parsed = parseHostPort(trimmed)
  if (parsed !== undefined && !/\s/.test(parsed.host)) return parsed
  const digits = /^(?:\[[^\]]*\]|[^:[\]\s]+):(.*)$/.exec(trimmed)?.[1]
  if (digits !== undefined) throw new UsageError(`expected a port from 1 to 65535, found ${shown}`)
  throw new UsageError(`expected HOST or HOST:PORT, found ${shown}`)
}
