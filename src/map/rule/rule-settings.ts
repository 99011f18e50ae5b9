import { AllowList } from '../../../lib/address/guard.js'
import { parseUpstream, type Upstream } from '../../../lib/transport/upstream.js'
import { didYouMean } from '../../text/nearest.js'
import { quoteText } from '../../text/quote-text.js'
import { faultAt, type Report, type ScalarNode } from '../document/node.js'
import type { RuleNode } from '../document/read-document.js'
import type { Fallback, RuleSettings } from '../types.js'

const fallbacks: readonly Fallback[] = ['system', 'original', 'none']

export const noSettings: RuleSettings = Object.freeze({ nameservers: null, allow: null, fallback: null })

/** Reads rules' own settings; equal lists of different rules become one object. */
export class SettingsReader {
  readonly #nameservers = new Map<string, readonly Upstream[]>()
  readonly #allow = new Map<string, AllowList>()

  /** The rule's settings. One that can't be read is reported and left out. */
  read({ nameservers, allow, fallback }: RuleNode, report: Report): RuleSettings {
    if (nameservers === null && allow === null && fallback === null) return noSettings
    return Object.freeze({
      nameservers: nameservers && this.#readNameservers(nameservers, report),
      allow: allow && this.#readAllow(allow, report),
      fallback: fallback && readFallback(fallback, report),
    })
  }

  #readNameservers(nodes: readonly ScalarNode[], report: Report): readonly Upstream[] | null {
    return readList(nodes, this.#nameservers, report, parseUpstream, upstreams => Object.freeze(upstreams))
  }

  #readAllow(nodes: readonly ScalarNode[], report: Report): AllowList | null {
    const check = (block: string) => {
      AllowList.parse([block])
      return block
    }
    return readList(nodes, this.#allow, report, check, blocks => AllowList.parse(blocks))
  }
}

function readList<Item, List>(
  nodes: readonly ScalarNode[],
  known: Map<string, List>,
  report: Report,
  parse: (text: string) => Item,
  join: (items: Item[]) => List,
): List | null {
  const key = nodes.map(({ text }) => text).join()
  const same = known.get(key)
  if (same !== undefined) return same
  const items: Item[] = []
  for (const node of nodes) {
    try {
      items.push(parse(node.text.trim()))
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      report(() => faultAt(node, error.message))
    }
  }
  if (items.length < nodes.length) return null
  const list = join(items)
  known.set(key, list)
  return list
}

function readFallback(node: ScalarNode, report: Report): Fallback | null {
  const word = node.text.trim().toLowerCase()
  const fallback = fallbacks.find(known => known === word)
  if (fallback !== undefined) return fallback
  report(() => {
    const hint = didYouMean(node.text, fallbacks)
    return faultAt(node, `expected ${fallbacks.join(', ')}, found ${quoteText(node.text)}${hint}`)
  })
  return null
}
