import { groupBy, type Group } from '../../group-by.js'
import { header, ruleComment, textOf, type Exported, type ExportRequest, type Format } from '../format.js'
import { listHosts, staleNote, type ListedHost } from '../names/host-list.js'

/** The same names as in `hosts`, as the `hostAliases` of a pod's spec. */
export const hostaliases: Format = {
  name: 'hostaliases',
  summary: "the same as hosts, as hostAliases of a pod's spec",
  allowPositionals: true,
  write: writeHostAliases,
}

async function writeHostAliases(request: ExportRequest): Promise<Exported> {
  const { hosts, omissions, warnings } = await listHosts(request, whyNoHostname)
  const about = [
    staleNote,
    'Put it into the spec of the pod template; each change is a rollout. It holds for all containers of the pod.',
  ]
  const listed = hosts.flatMap(host => host.addresses.map(address => ({ address, host })))
  // One entry for each address, because Kubernetes merges the list by address.
  const aliases = [...groupBy(listed, ({ address }) => address).values()].flatMap(aliasLines)
  const text = textOf([
    ...header('hostaliases', request, omissions, about),
    aliases.length === 0 ? 'hostAliases: []' : 'hostAliases:',
    ...aliases.map(line => `  ${line}`),
  ])
  return { text, omissions, warnings }
}

// What the API server accepts as a hostname (RFC 1123): no underscores, though brokers' names may have them.
const label = '[a-z0-9]([a-z0-9-]*[a-z0-9])?'
const hostname = new RegExp(`^${label}(\\.${label})*$`)

const whyNoHostname = (name: string) =>
  hostname.test(name) ? undefined : 'Kubernetes accepts only letters, digits and hyphens in hostAliases'

// In quotes: YAML would read `2001:db8::` as a key, and a name as a number or `null`.
function aliasLines(listed: Group<{ readonly address: string; readonly host: ListedHost }>): readonly string[] {
  return [
    ...new Set(listed.map(({ host }) => ruleComment(host.rule))),
    `- ip: '${listed[0].address}'`,
    '  hostnames:',
    ...listed.map(({ host }) => `    - '${host.name}'`),
  ]
}
