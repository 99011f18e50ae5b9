import { patternsOf } from '../patterns.js'
import type { Layout } from '../provider.js'
import { inOrder, plainEndpoints, refuseBasePort, refuseZones } from './refusals.js'

/** One endpoint for all, at the port that is advertised. Several are tried in order. */
export const oneEndpoint: Layout = given => {
  refuseZones(given)
  refuseBasePort(given, 'the endpoint serves the ports that the brokers advertise')
  const endpoints = plainEndpoints(given)
  const remarks =
    endpoints.length > 1 ? ['several endpoints: they are tried in the order in which they were given'] : []
  return { tables: [], rules: [{ match: patternsOf(given), to: inOrder(endpoints) }], remarks }
}
