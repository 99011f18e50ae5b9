import { quoteText } from '../../text/quote-text.js'
import { isIP } from 'node:net'
import { BadInput } from './bad-input.js'
import { readEndpointName } from './endpoints.js'
import type { Captures } from './name-shape.js'

/** A zone: its id in brokers' names, and its name or its endpoint. */
export interface Zone {
  readonly id: string
  /** The cloud's name of the zone, as endpoints' names hold it. */
  readonly name?: string
  readonly endpoint?: string
}

/** Reads zones, each `ID=NAME`. A name with a dot, or an address, is the zone's own endpoint. Throws `BadInput`. */
export function readZones(texts: readonly string[]): readonly Zone[] {
  const zones = new Map<string, Zone>()
  for (const text of texts) {
    const zone = readZone(text)
    if (zones.has(zone.id)) throw new BadInput(`zone ${zone.id} is given twice`)
    const same = [...zones.values()].find(({ name }) => name !== undefined && name === zone.name)
    if (same !== undefined) throw new BadInput(`zone ${zone.name ?? ''} is given twice, for ${same.id} and ${zone.id}`)
    zones.set(zone.id, zone)
  }
  return [...zones.values()]
}

function readZone(text: string): Zone {
  const at = text.indexOf('=')
  const [id, value] = [text.slice(0, Math.max(0, at)).trim().toLowerCase(), text.slice(at + 1).trim()]
  if (at < 0 || !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(id)) {
    throw new BadInput(`zone ${quoteText(text)}: expected ID=NAME, like use1-az1=us-east-1a or az1=pe-az1.example`)
  }
  if (value === '') throw new BadInput(`zone ${id} has no name: expected ${id}=NAME`)
  if (value.includes('.') || value.includes(':') || isIP(value) !== 0) return { id, endpoint: readEndpointName(value) }
  const name = value.toLowerCase()
  if (!/^[a-z0-9][a-z0-9-]{0,61}$/.test(name)) {
    throw new BadInput(`zone ${id}: ${quoteText(value)} is no zone's name`)
  }
  return { id, name }
}

const shapes: Readonly<Record<string, { readonly pattern: RegExp; readonly like: string }>> = {
  aws: { pattern: /^[a-z][a-z0-9-]{2,20}-az\d{1,2}$/, like: "the zone's ID, like use1-az1" },
  azure: { pattern: /^az\d$/, like: 'az1, az2 or az3' },
  gcp: { pattern: /^[a-z-]{3,30}\d{1,2}-[a-z]$/, like: "the zone's name, like us-central1-a" },
}

/** Throws `BadInput` where the cloud's broker names call no zone so. */
export function checkZones(zones: readonly Zone[], { cloud = '', region = '' }: Captures): void {
  const shape = shapes[cloud]
  if (shape === undefined) return
  for (const { id, name } of zones) {
    if (!shape.pattern.test(id)) {
      if (name === undefined || !shape.pattern.test(name)) {
        throw new BadInput(`zone ${id}: the brokers' names carry ${shape.like}`)
      }
      throw new BadInput(`zone ${id}=${name} is the wrong way round: expected ${name}=${id}`)
    }
    if (cloud === 'gcp' && !isZoneOf(region, id)) throw noZoneOf(region, id)
  }
}

/** `us-east-1a` of `us-east-1`, `us-central1-a` of `us-central1`. */
export const isZoneOf = (region: string, zone: string) => zone.length > region.length && zone.startsWith(region)

export const noZoneOf = (region: string, zone: string) =>
  new BadInput(`zone ${zone}: no zone of ${region} is called so`)
