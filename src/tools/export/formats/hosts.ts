import { byRule, header, textOf, type Exported, type ExportRequest, type Format } from '../format.js'
import { listHosts, staleNote } from '../names/host-list.js'

/** Lines of a hosts file: names of exact rules and of the command line, with their current addresses. */
export const hosts: Format = {
  name: 'hosts',
  summary: 'lines for /etc/hosts: exact names and the HOST... given, with their current addresses',
  allowPositionals: true,
  write: writeHosts,
}

async function writeHosts(request: ExportRequest): Promise<Exported> {
  const { hosts: found, omissions, warnings } = await listHosts(request)
  const parts = found.map(({ name, addresses, rule }) => ({ rule, lines: addresses.map(each => `${each} ${name}`) }))
  const text = textOf([...header('hosts', request, omissions, [staleNote]), ...byRule(parts)])
  return { text, omissions, warnings }
}
