import { patternsOf } from '../patterns.js'
import type { Layout } from '../provider.js'
import { inOrder, orderRemarks } from './in-order.js'
import { plainEndpoints, refuseBasePort, refuseZones } from './refusals.js'

/** One endpoint for all, at the port that is advertised. Several are tried in order. */
export const oneEndpoint: Layout = given => {
  refuseZones(given)
  refuseBasePort(given, 'the endpoint serves the ports that the brokers advertise')
  const endpoints = plainEndpoints(given)
  const rules = [{ match: patternsOf(given), to: inOrder(endpoints) }]
  return { tables: [], rules, remarks: orderRemarks(endpoints) }
}
