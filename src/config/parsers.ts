import { AllowList } from '../../lib/address/guard.js'
import { parseUpstream, type Upstream } from '../../lib/transport/upstream.js'

/**
 * Reads one option's value, from a variable (always text) or in its natural JavaScript form. Throws a TypeError whose
 * message says what was expected; it never holds the value where that may be a secret. Pure.
 */
export type Parser<T> = (value: unknown) => T

/** Non-empty text. */
export const text: Parser<string> = value => {
  if (typeof value === 'string' && value.trim() !== '') return value.trim()
  throw new TypeError(`expected text, found ${describe(value)}`)
}

/** On or off, in the words that people write in variables. */
export const flag: Parser<boolean> = value => {
  const word = String(value).trim().toLowerCase()
  if (['1', 'true', 'yes', 'on'].includes(word)) return true
  if (['0', 'false', 'no', 'off'].includes(word)) return false
  throw new TypeError(`expected 1, true, yes or on, or 0, false, no or off, found ${describe(value)}`)
}

/** A whole number from `min` to `max`, both included. */
export const whole =
  (min: number, max: number): Parser<number> =>
  value => {
    const number = typeof value === 'string' && /^\d{1,12}$/.test(value.trim()) ? Number(value) : value
    if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number
    throw new TypeError(`expected a whole number from ${min} to ${max}, found ${describe(value)}`)
  }

/** One of the words. */
export const oneOf =
  <const Word extends string>(words: readonly Word[]): Parser<Word> =>
  value => {
    const found = typeof value === 'string' ? value.trim().toLowerCase() : value
    const word = words.find(candidate => candidate === found)
    if (word !== undefined) return word
    throw new TypeError(`expected ${words.join(' or ')}, found ${describe(value)}`)
  }

/** 4, 6, or 0 for both. */
export const family: Parser<0 | 4 | 6> = value => {
  const found = typeof value === 'string' ? value.trim() : String(value)
  if (found === '0' || found === '4' || found === '6') return Number(found) as 0 | 4 | 6
  throw new TypeError(`expected 4, 6 or 0, found ${describe(value)}`)
}

/** Texts, as an array or separated by commas; none empty. */
export const list: Parser<readonly string[]> = value => {
  const items: readonly unknown[] =
    typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value]
  const texts = items.map(item => (typeof item === 'string' ? item.trim() : item))
  const parts = typeof value === 'string' ? texts.filter(item => item !== '') : texts
  const isText = (item: unknown): item is string => typeof item === 'string' && item !== ''
  if (parts.length > 0 && parts.every(isText)) return Object.freeze(parts)
  throw new TypeError(`expected texts separated by commas, or an array of them, found ${describe(value)}`)
}

/** Nameservers, see `parseUpstream`. */
export const nameservers: Parser<readonly Upstream[]> = value => Object.freeze(list(value).map(parseUpstream))

/** CIDR blocks, see `AllowList`. */
export const allowList: Parser<AllowList> = value => AllowList.parse(list(value))

/** `https://`, or `http://` to a loopback address: a map decides where a service connects, so it must not be tampered with. */
export const mapUrl: Parser<URL> = value => {
  const found = value instanceof URL ? value.href : value
  const url = typeof found === 'string' && URL.canParse(found.trim()) ? new URL(found.trim()) : undefined
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))) return url
  // The value may hold credentials and is therefore not repeated.
  throw new TypeError('expected an https:// URL (http:// only to a loopback address)')
}

const isLoopback = (hostname: string) => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)

/** The value in words for a message, cut to a readable length. */
function describe(value: unknown): string {
  if (typeof value === 'string') return value.length > 60 ? `'${value.slice(0, 57)}...'` : `'${value}'`
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`
}
