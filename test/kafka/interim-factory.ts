import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

export interface Endpoint {
  readonly host: string
  readonly port: number | undefined
}

/** The part of the product's factory that the tests, the demo and the examples use. */
export interface SplitDnsFactory extends ISocketFactory {
  readonly splitDns: {
    route(host: string, port?: number): { readonly action: string; readonly targets: readonly Endpoint[] }
  }
}

interface Rule {
  readonly pattern: RegExp
  readonly port: number | undefined
  readonly targets: readonly string[]
}

/**
 * Stands in for the product's `createSocketFactory` until it exists: the same call, `{n:int}` captures, `{n}` and
 * `{NUMBER + n}` in targets, the first target of a list, and nothing else of the map's language.
 */
export function createSocketFactory(options: { map?: string } = {}): SplitDnsFactory {
  const rules = (options.map ?? process.env.KAFKA_SPLIT_DNS_MAP ?? '').split(',').filter(Boolean).map(parseRule)
  const route = (host: string, port?: number) => {
    const rule = rules.find(r => r.pattern.test(host) && (r.port === undefined || r.port === port))
    const n = rule?.pattern.exec(host)?.[1]
    const targets = rule?.targets.map(target => endpoint(fill(target, n), port)) ?? []
    return { action: rule === undefined ? 'system' : 'map', targets }
  }
  const factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const target = route(host, port).targets[0] ?? { host, port }
    const to = { host: target.host, port: target.port ?? port }
    const socket: Socket =
      ssl === undefined || ssl === null
        ? connectTcp(to, onConnect)
        : connectTls({ ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl, ...to }, onConnect)
    return socket.setKeepAlive(true, 60_000)
  }
  return Object.assign(factory, { splitDns: { route } })
}

function parseRule(text: string): Rule {
  const [match = '', to = ''] = text.trim().split('=')
  const [name = '', port] = match.split(':(?=\\d+$)').flatMap(part => part.split(/:(?=\d+$)/))
  const pattern = new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('{n:int}', '(\\d+)')}$`, 'i')
  return { pattern, port: port === undefined ? undefined : Number(port), targets: to.split('|') }
}

const fill = (target: string, n: string | undefined) =>
  target.replace(/\{(?:(\d+) *\+ *)?n\}/g, (_, base?: string) =>
    base === undefined ? String(n) : String(Number(base) + Number(n)),
  )

function endpoint(target: string, port: number | undefined): Endpoint {
  const [host = '', own] = target.trim().split(':')
  return { host, port: own === undefined ? port : Number(own) }
}
