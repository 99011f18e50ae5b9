import { isIP } from 'node:net'
import type { Address } from '../../address/address.js'
import type { Seconds } from '../../units.js'
import type { AnswerRecord, Response } from '../../wire/response.js'
import type { Question } from '../../wire/question.js'
import { checkedName } from '../names.js'

/** What one response comes to, for the question that it answers. */
export type Verdict =
  | { readonly kind: 'addresses'; readonly addresses: readonly Address[]; readonly ttl: Seconds; readonly text: string }
  /** A chain that ends without an address: the one who has it is another zone, so `target` is asked for next. */
  | {
      readonly kind: 'alias'
      readonly target: string
      readonly links: number
      readonly ttl: Seconds
      readonly text: string
    }
  | { readonly kind: 'negative'; readonly rcode: 'NXDOMAIN' | 'NODATA'; readonly ttl: Seconds; readonly text: string }
  /** No answer: the next server may know better. */
  | { readonly kind: 'unusable'; readonly outcome: string }

/** More CNAMEs in a row than this are taken for a fault; BIND and unbound stop after about as many. */
export const maxLinks = 16
/** RFC 2308 section 5 would have a negative answer without SOA not kept at all; dnsmasq gives none, so: briefly. */
export const ttlWithoutSoa: Seconds = 2
/** As many as any service has, and few enough that no answer fills the cache. */
const maxAddresses = 256
/** Of a step in words, which stays in the cache. */
const maxText = 200

/** The verdict on a response. Only records that the chain from the question's name reaches count. */
export function judge({ name, type }: Question, response: Response): Verdict {
  if (response.truncated) return { kind: 'unusable', outcome: 'truncated' }
  const { rcode } = response
  if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') return { kind: 'unusable', outcome: rcode }
  const chain = followChain(name, response.answers)
  if (chain === undefined) return { kind: 'unusable', outcome: 'CNAME loop' }
  const found = rcode === 'NOERROR' ? collect(response.answers, type, chain) : undefined
  if (found !== undefined) return found
  if (rcode === 'NXDOMAIN' || chain.targets.length === 0) {
    const ttl = Math.min(chain.ttl, response.negativeTtl ?? ttlWithoutSoa)
    const word = rcode === 'NXDOMAIN' ? 'NXDOMAIN' : 'NODATA'
    return { kind: 'negative', rcode: word, ttl, text: describe(chain, `${word} for ${type} ${chain.end}`) }
  }
  const target = checkedName(chain.end)
  if (target === undefined) return { kind: 'unusable', outcome: 'CNAME to no host name' }
  return { kind: 'alias', target, links: chain.targets.length, ttl: chain.ttl, text: describe(chain, `no ${type}`) }
}

interface Chain {
  readonly targets: readonly string[]
  /** Where it ends: the name itself where there is no CNAME. */
  readonly end: string
  /** The smallest on the way; infinite where there is no CNAME. */
  readonly ttl: Seconds
}

/** Undefined for a loop, and for a chain longer than anyone means. */
function followChain(name: string, answers: readonly AnswerRecord[]): Chain | undefined {
  if (!answers.some(record => record.type === 'CNAME')) return { targets: [], end: name, ttl: Infinity }
  const links = new Map<string, AnswerRecord & { readonly type: 'CNAME' }>()
  for (const record of answers) if (record.type === 'CNAME' && !links.has(record.owner)) links.set(record.owner, record)
  const targets: string[] = []
  let ttl = Infinity
  for (let link = links.get(name); link !== undefined; link = links.get(link.target)) {
    if (targets.length === maxLinks) return undefined
    targets.push(link.target)
    ttl = Math.min(ttl, link.ttl)
  }
  return { targets, end: targets.at(-1) ?? name, ttl }
}

/** The addresses at the end of the chain, undefined without any. */
function collect(answers: readonly AnswerRecord[], type: Question['type'], chain: Chain): Verdict | undefined {
  const family = type === 'A' ? 4 : 6
  const addresses: Address[] = []
  let { ttl } = chain
  for (const record of answers) {
    if (record.type !== type || record.owner !== chain.end || isIP(record.address) !== family) continue
    ttl = Math.min(ttl, record.ttl)
    if (addresses.length < maxAddresses) addresses.push({ address: record.address, family })
  }
  return addresses.length === 0
    ? undefined
    : { kind: 'addresses', addresses, ttl, text: describe(chain, type, addresses) }
}

function describe(chain: Chain, last: string, addresses: readonly Address[] = []): string {
  if (chain.targets.length === 0 && addresses.length < 2) return cut(`${last} ${addresses[0]?.address ?? ''}`.trimEnd())
  const shown = addresses.slice(0, 3).map(({ address }) => `${last} ${address}`)
  const more = addresses.length > shown.length ? [`${addresses.length - shown.length} more`] : []
  const text = [...chain.targets.map(target => `CNAME ${target}`), ...(addresses.length > 0 ? shown : [last]), ...more]
  return cut(text.join(', '))
}

const cut = (text: string) => (text.length > maxText ? `${text.slice(0, maxText)}…` : text)
