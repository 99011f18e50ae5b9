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
  const aliases = byAddress(hosts).flatMap(aliasLines)
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

/** One entry for each address, because Kubernetes merges the list by address. */
function byAddress(hosts: readonly ListedHost[]): readonly [address: string, hosts: readonly ListedHost[]][] {
  const groups = new Map<string, ListedHost[]>()
  for (const host of hosts) {
    for (const address of host.addresses) {
      const group = groups.get(address)
      if (group === undefined) groups.set(address, [host])
      else group.push(host)
    }
  }
  return [...groups]
}

// In quotes: YAML would read `2001:db8::` as a key, and a name as a number or `null`.
function aliasLines([address, hosts]: readonly [string, readonly ListedHost[]]): readonly string[] {
  return [
    ...new Set(hosts.map(({ rule }) => ruleComment(rule))),
    `- ip: '${address}'`,
    '  hostnames:',
    ...hosts.map(({ name }) => `    - '${name}'`),
  ]
}
