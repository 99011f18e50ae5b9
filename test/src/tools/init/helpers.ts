import { isSplitDnsError } from '../../../../src/errors.js'
import { makeMap, type MadeMap } from '../../../../src/tools/init/make-map.js'
import type { HostPort } from '../../../../lib/address/host-port.js'

/** What a person gives, as the command line would take it apart. */
export interface Asked {
  readonly brokers: string
  readonly endpoint?: string
  readonly zone?: string
  readonly basePort?: number
}

const items = (text = '') => text.split(' ').filter(item => item !== '')

export function servers(text: string): readonly HostPort[] {
  return items(text).map(item => {
    const [host = '', port] = item.split(':')
    return { host, port: port === undefined ? undefined : Number(port) }
  })
}

export const made = ({ brokers, endpoint, zone, basePort }: Asked): MadeMap =>
  makeMap({ brokers: servers(brokers), endpoints: items(endpoint), zones: items(zone), basePort })

/** `HOST:PORT` of each target, `-` where no rule matches, `refuse`, or the code of the error. */
export function ask({ table }: MadeMap, name: string): string {
  const { host, port } = servers(name)[0] ?? { host: '', port: undefined }
  try {
    const { action, rule, targets } = table.decide(host, port).route
    if (rule === null) return '-'
    return action === 'map' ? targets.map(target => `${target.host}:${target.port ?? ''}`).join(' ') : action
  } catch (error) {
    if (isSplitDnsError(error)) return error.code
    throw error
  }
}
