import { isIP } from 'node:net'
import type { Facts } from './facts.js'

/** What stands for the endpoint's name where none is known. */
const unknownEndpoint = 'ENDPOINT'

/** A domain of fewer labels may be somebody's whole domain. */
const leastLabels = 3

/** The rule that would route the host's whole domain to the endpoint, as the service's map is written. */
export function pasteRule(
  host: string,
  { isMapFile, endpoint }: Pick<Facts, 'isMapFile' | 'endpoint'>,
): readonly string[] {
  const hasDomain = isIP(host) === 0 && host.split('.').length >= leastLabels
  const pattern = hasDomain ? `*${host.slice(host.indexOf('.'))}` : host
  const target = endpoint ?? unknownEndpoint
  if (isMapFile) return [`- match: "${pattern}"`, `  to: ${target}`]
  return [`KAFKA_SPLIT_DNS_MAP='${pattern}=${target}'`]
}
