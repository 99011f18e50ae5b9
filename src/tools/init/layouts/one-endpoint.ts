import { patternsOf } from '../patterns.js'
import type { Layout } from '../provider.js'
import { plainEndpoints, refuseBasePort, refuseZones } from './refusals.js'

/** One endpoint for all, at the port that is advertised. Several are tried in order. */
export const oneEndpoint: Layout = input => {
  refuseZones(input)
  refuseBasePort(input, 'the endpoint serves the ports that the brokers advertise')
  const endpoints = plainEndpoints(input)
  const rules = [{ match: patternsOf(input), to: targetList(endpoints) }]
  return { tables: [], rules, remarks: orderRemarks(endpoints) }
}

/** One target, or several in order. */
export const targetList = (names: readonly string[]): string | readonly string[] => {
  const [only] = names
  return only !== undefined && names.length === 1 ? only : names
}

/** What a person must know where there are several. */
export const orderRemarks = (names: readonly string[]): readonly string[] =>
  names.length > 1 ? ['several endpoints: they are tried in the order in which they were given'] : []
