import type { ExportRequest } from './format.js'
import type { PlainAnswer } from './view/plain-answers.js'

/** Where a rule is for all names: a server is asked for more of them than a Kafka client ever asks for. */
export function everyName(answers: readonly PlainAnswer[]): readonly string[] {
  const all = answers.find(({ name, isWildcard, reply }) => name === '' && isWildcard && reply.kind !== 'pass')
  const says = `every name that the server is asked for, not brokers' names alone`
  return all === undefined ? [] : [`rule '${all.rule.match}' is for ${says}`]
}

/** Where the settings name nameservers: the server asks its own. */
export function ownUpstreams({ read }: ExportRequest): readonly string[] {
  const own = (read.settings.nameservers ?? []).filter(({ kind }) => kind !== 'system')
  if (own.length === 0) return []
  const labels = own.map(({ label }) => label).join(', ')
  return [`targets are resolved as the server resolves any name, not by ${labels}`]
}
