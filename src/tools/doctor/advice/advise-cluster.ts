import type { Advice, Judged } from '../types.js'

/** What the probes tell together. */
export function adviseCluster(
  bootstrap: readonly Judged[],
  brokers: readonly Judged[],
  rules: number,
): readonly Advice[] {
  return [mapAdvice(rules), bootstrapOnly(bootstrap, brokers), listenerAdvice(bootstrap, brokers)].filter(
    advice => advice !== undefined,
  )
}

function mapAdvice(rules: number): Advice | undefined {
  if (rules > 0) return undefined
  const text =
    'No map is set here, so every name was resolved as it is. Set KAFKA_SPLIT_DNS_MAP or KAFKA_SPLIT_DNS_MAP_FILE as the service has it.'
  return { kind: 'no-map', severity: 'note', text }
}

const failed = ({ verdict }: Judged) => verdict === 'fail'

function bootstrapOnly(bootstrap: readonly Judged[], brokers: readonly Judged[]): Advice | undefined {
  const bad = brokers.filter(failed)
  if (bad.length === 0 || bootstrap.every(failed)) return undefined
  const some = bad.length === brokers.length ? 'none of the brokers' : `not ${nameThem(bad)}`
  const cause = bad.every(({ explanation }) => explanation.rule === null)
    ? 'Their names are others than the bootstrap server’s, and no rule matches them.'
    : 'The network and the credentials are right; what each of them needs stands with it.'
  const text = `The bootstrap server answers, but ${some} that it lists can be used. A client connects, and then fails at the first topic whose leader is one of them. ${cause}`
  return { kind: 'bootstrap-only', severity: 'fail', text }
}

function nameThem(brokers: readonly Judged[]): string {
  const shown = brokers.slice(0, 5).map(({ nodeId, host }) => `${nodeId ?? '?'} (${host})`)
  const more = brokers.length - shown.length
  return `${brokers.length === 1 ? 'broker' : 'brokers'} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** The last two labels: of one provider's names these are the same. */
const domainOf = (host: string) => host.toLowerCase().split('.').slice(-2).join('.')

function listenerAdvice(bootstrap: readonly Judged[], brokers: readonly Judged[]): Advice | undefined {
  const answered = bootstrap.filter(({ failedStep }) => failedStep === null)
  const [first] = answered
  if (first === undefined || brokers.length === 0) return undefined
  const ports = [...new Set(brokers.map(({ port }) => port))]
  // Providers that tell brokers apart by port advertise a port for each.
  const isOtherPort = ports.length === 1 && answered.every(({ port }) => !ports.includes(port))
  const domains = [...new Set(brokers.map(({ host }) => domainOf(host)))]
  const isOtherDomain = answered.every(({ host }) => !domains.includes(domainOf(host)))
  if (!isOtherPort && !isOtherDomain) return undefined
  const what = isOtherPort ? `port ${ports.join()}` : `names under ${domains.join(', ')}`
  const text = `The bootstrap server ${first.host}:${first.port} lists brokers at ${what}. The address that one bootstraps at chooses which listener's names come back: if these are not the private ones, bootstrap at the host and port of the private listener.`
  return { kind: 'listener-differs', severity: brokers.some(failed) ? 'warn' : 'note', text }
}
