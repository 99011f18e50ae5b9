import { pluralise } from '../../text/pluralise.js'
import type { Diagnosis } from './types.js'

/** The verdict in one sentence, without its full stop. */
export function headline({ bootstrap, brokers }: Diagnosis): string {
  const bad = bootstrap.filter(({ verdict }) => verdict === 'fail').length
  const servers = `${bad} of ${bootstrap.length} bootstrap servers can't be used`
  if (brokers.length === 0) return servers
  const good = brokers.filter(({ verdict }) => verdict !== 'fail').length
  const count = `${good} of ${brokers.length} brokers can be used`
  return bad > 0 ? `${count}; ${servers}` : count
}

/** What the brokers were reached by. */
export function describeInForce({ security, rules, mapOrigins, connectionTimeoutMs }: Diagnosis): string {
  const origins = mapOrigins.length === 0 ? '' : ` from ${mapOrigins.join(', ')}`
  const map = rules === 0 && origins === '' ? 'no map' : `${pluralise(rules, 'rule')} in force${origins}`
  return `${security}, ${map}, connectionTimeout ${connectionTimeoutMs} ms`
}

/** Who made the diagnosis, where and when: what a ticket is asked for first. */
export function describeMachine({ versions, hostname, at }: Diagnosis): string {
  const { node, kafkajs } = versions
  return `kafka-split-dns ${versions['kafka-split-dns']}, kafkajs ${kafkajs}, Node ${node}, on ${hostname}, ${at}`
}
