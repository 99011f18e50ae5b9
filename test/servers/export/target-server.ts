import { respond } from '../dns-message.js'
import { startDnsServer, type DnsServer, type ServerQuery } from '../dns-server.js'

const soa = '. 60 IN SOA ns.test. host.test. 1 3600 600 86400 60'
const alias = 'alias.target.test'
const canonical = 'both.target.test'

/** The one Service of a cluster. */
const service = 'kafka.team-a.svc.cluster.local'

/**
 * What targets are resolved by, and what names are passed on to. Each name has addresses of its own, in both families
 * but where its first label begins with `four` or `six`; one that begins with `gone` does not exist, and of the cluster's domain but the one Service.
 */
export const startTargetServer = (): Promise<DnsServer> => startDnsServer({ udp: true, tcp: true }, answer)

function answer(query: ServerQuery): Buffer {
  const name = query.name.toLowerCase()
  const isNowhere = name.startsWith('gone') || (name.endsWith('.cluster.local') && name !== service)
  if (isNowhere) return respond(query, { rcode: 'NXDOMAIN', authorities: [soa] })
  const chain = name === alias ? [`${name}. 60 IN CNAME ${canonical}.`] : []
  const owner = name === alias ? canonical : name
  const records = recordsOf(owner, query.type)
  return respond(query, {
    answers: [...chain, ...records.map(data => `${owner}. 60 IN ${query.type} ${data}`)],
    authorities: records.length === 0 ? [soa] : [],
  })
}

function recordsOf(name: string, type: string): readonly string[] {
  const hash = hashOf(name)
  if (type === 'A' && !name.startsWith('six'))
    return [`${['192.0.2', '198.51.100', '203.0.113'][hash % 3]}.${hash % 251}`]
  if (type === 'AAAA' && !name.startsWith('four'))
    return [`2001:db8::${(hash >>> 16).toString(16)}:${(hash & 0xffff).toString(16)}`]
  return []
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0
  return hash
}
