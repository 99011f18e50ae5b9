import { isIP } from 'node:net'

/** What stands for the endpoint's name where none is known. */
const unknownEndpoint = 'ENDPOINT'

/** A domain of fewer labels may be somebody's whole domain. */
const leastLabels = 3

/** What all names end in, in whole labels; null where that may be somebody's whole domain. */
export function commonDomain(hosts: readonly string[]): string | null {
  const [first = '', ...others] = hosts
  for (const [at, character] of Array.from(first).entries()) {
    if (character !== '.') continue
    const domain = first.slice(at + 1)
    if (domain.split('.').length < leastLabels - 1) return null
    if (others.every(host => host.endsWith(`.${domain}`))) return domain
  }
  return null
}

/** What of the facts a new rule depends on. */
interface RuleFacts {
  readonly isMapFile: boolean
  readonly endpoint: string | null
  readonly domain: string | null
}

/** The rule that would route the host's whole domain to the endpoint, as the service's map is written. */
export function pasteRule(host: string, { isMapFile, endpoint, domain }: RuleFacts): readonly string[] {
  const isOfAll = domain !== null && host.endsWith(`.${domain}`)
  const own = isOfAll ? domain : isIP(host) === 0 ? commonDomain([host]) : null
  const pattern = own === null ? host : `*.${own}`
  const target = endpoint ?? unknownEndpoint
  if (isMapFile) return [`- match: "${pattern}"`, `  to: ${target}`]
  return [`KAFKA_SPLIT_DNS_MAP='${pattern}=${target}'`]
}
