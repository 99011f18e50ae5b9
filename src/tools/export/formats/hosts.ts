import { describeRule } from '../../../map/match/rule.js'
import { header, oneLine, type Exported, type ExportRequest, type Format } from '../format.js'
import { listHosts, staleNote } from '../names/host-list.js'

/** Lines of a hosts file: names of exact rules and of the command line, with their addresses of now. */
export const hosts: Format = {
  name: 'hosts',
  summary: 'lines for /etc/hosts: exact names, and HOST... given, as they resolve now',
  allowPositionals: true,
  write: writeHosts,
}

async function writeHosts(request: ExportRequest): Promise<Exported> {
  const { hosts: found, leftOut, warnings } = await listHosts(request)
  let before = ''
  const lines = found.flatMap(({ name, addresses, rule }) => {
    const comment = `# ${oneLine(describeRule(rule))}`
    const heading = comment === before ? [] : ['', comment]
    before = comment
    return [...heading, ...addresses.map(address => `${address} ${name}`)]
  })
  const text = [header('hosts', request, leftOut), `# ${staleNote}\n`, ...lines.map(line => `${line}\n`)].join('')
  return { text, leftOut, warnings }
}
