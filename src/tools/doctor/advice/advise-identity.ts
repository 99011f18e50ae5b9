import { listWords } from './name-servers.js'
import type { Facts } from './facts.js'
import { fail, note, type Finding } from './finding.js'
import type { Probe } from '../types.js'

/** Whether the connection ended at the broker that the name stands for. */
export function adviseIdentity(probe: Probe, facts: Facts): Finding | undefined {
  const shared = sharedEndpoint(probe, facts)
  // Its cause, where both are found.
  if (shared !== undefined) return shared
  if (probe.identity === 'wrong') return wrongBroker(probe)
  if (probe.identity !== 'unknown') return undefined
  return note(
    'not-verified',
    'not verified that the broker which answers is the one that the name stands for.',
    'The doctor asks each broker for the configuration of its own id, for which this user needs the ACL DESCRIBE_CONFIGS on the cluster.',
  )
}

/** What a client says in this case. */
const clientSays = 'Clients fail there with "This server is not the leader for that topic-partition".'

function wrongBroker({ answeredBy, nodeId, explanation }: Probe): Finding {
  const who = answeredBy === null ? 'another broker' : `broker ${answeredBy}`
  const rule = explanation.rule === null ? 'DNS' : `rule '${explanation.rule.match}'`
  return fail(
    'wrong-broker',
    `${who} answers in place of broker ${nodeId ?? '?'}. ${clientSays}`,
    `Check what ${rule} makes of the name: a number or a port that is one off, a table with two lines exchanged, or one target for all brokers.`,
  )
}

function sharedEndpoint({ role, nodeId }: Probe, { sharing }: Facts): Finding | undefined {
  const ids = role === 'broker' && nodeId !== null ? sharing.get(nodeId) : undefined
  if (ids === undefined) return undefined
  return fail(
    'shared-endpoint',
    `the map routes brokers ${listWords(ids.map(String))} to one address and port, where without TLS nothing tells them apart. ${clientSays}`,
    'Give each broker an address or a port of its own.',
  )
}
