import { parseResponse, type Expected, type Response } from '../wire/response.js'
import { WireError } from '../wire/wire-error.js'

const FLAGS_AT = 2

/** As `parseResponse`, for ways that carry any length: a truncated response there has no other way to be asked again. */
export function parseWhole(packet: Uint8Array, expected: Expected): Response {
  const response = parseResponse(packet, expected)
  if (response.truncated) throw new WireError('malformed', 'a truncated response where none has to be', FLAGS_AT)
  return response
}
