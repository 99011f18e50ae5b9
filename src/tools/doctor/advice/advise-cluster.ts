import { hostPort } from '../../../../lib/address/host-port.js'
import { adviceOf, note, warn, type Finding } from './finding.js'
import { listWords } from './name-servers.js'
import type { Advice, Judged } from '../types.js'

/** What the probes show together. */
export function adviseCluster(
  bootstrap: readonly Judged[],
  brokers: readonly Judged[],
  nothingInForce: string | null,
): readonly Advice[] {
  return [mapAdvice(nothingInForce), listenerAdvice(bootstrap, brokers), bootstrapOnly(bootstrap, brokers)]
    .filter(finding => finding !== undefined)
    .map(finding => adviceOf(finding, finding.cause))
}

function mapAdvice(reason: string | null): Finding | undefined {
  if (reason === null) return undefined
  return note(
    'no-map',
    `${reason.charAt(0).toUpperCase()}${reason.slice(1)}. Every name was resolved as it is.`,
    'Run the doctor where the service runs, or with its variables.',
  )
}

const failed = ({ verdict }: Judged) => verdict === 'fail'

/** What a person sees who looks at the service alone, and takes for a fault of the topic. */
function bootstrapOnly(bootstrap: readonly Judged[], brokers: readonly Judged[]): Finding | undefined {
  const bad = brokers.filter(failed)
  if (bad.length === 0 || bootstrap.every(failed)) return undefined
  const who = bad.length === brokers.length ? 'is any of them' : `is broker ${orWords(bad)}`
  return note(
    'bootstrap-only',
    `The bootstrap server answers, so a client connects, and then fails at the first topic whose leader ${who}.`,
  )
}

const orWords = (brokers: readonly Judged[]) =>
  listWords(brokers.map(({ nodeId }) => String(nodeId ?? '?'))).replace(' and ', ' or ')

/** The last two labels: of one provider's names these are the same. */
const domainOf = (host: string) => host.toLowerCase().split('.').slice(-2).join('.')

function listenerAdvice(bootstrap: readonly Judged[], brokers: readonly Judged[]): Finding | undefined {
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
  return (brokers.some(failed) ? warn : note)(
    'listener-differs',
    `The bootstrap server ${hostPort(first.host, first.port)} lists brokers at ${what}: the address that one bootstraps at chooses which listener's names come back.`,
    'If these are not the private ones, bootstrap at the host and port of the private listener.',
  )
}
