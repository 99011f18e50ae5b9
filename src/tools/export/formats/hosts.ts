import { describeRule } from '../../../map/match/rule.js'
import { header, oneLine, type Exported, type ExportRequest, type Format } from '../format.js'
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
  let before = ''
  const lines = found.flatMap(({ name, addresses, rule }) => {
    const comment = `# ${oneLine(describeRule(rule))}`
    const heading = comment === before ? [] : ['', comment]
    before = comment
    return [...heading, ...addresses.map(address => `${address} ${name}`)]
  })
  const text = [header('hosts', request, omissions), `# ${staleNote}\n`, ...lines.map(line => `${line}\n`)].join('')
  return { text, omissions, warnings }
}
