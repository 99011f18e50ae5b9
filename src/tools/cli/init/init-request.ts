import { UsageError } from '../terminal/errors.js'
import { BadInput, MissingInput } from '../../init/bad-input.js'
import { makeMap, type MadeMap, type MapRequest } from '../../init/make-map.js'
import { recognise } from '../../init/recognise.js'
import type { Run } from '../command.js'
import { parseHostAndPort } from '../endpoint-text.js'
import { splitList, type InitOptions } from './init-options.js'
import type { LinePrompt } from '../terminal/line-prompt.js'
import type { Streams } from '../terminal/streams.js'
import { printable } from '../terminal/style.js'

export interface CompleteRequest {
  readonly request: MapRequest
  readonly made: MadeMap
}

/** The map that the flags ask for; what they lack is asked at the terminal, if there is one. Throws `UsageError`. */
export async function completeRequest(
  { streams }: Run,
  options: InitOptions,
  prompt: LinePrompt | undefined,
): Promise<CompleteRequest> {
  const request = { ...options, brokers: options.brokers.map(parseHostAndPort) }
  try {
    const canAsk = prompt !== undefined && !isComplete(request)
    const complete = canAsk ? await askForRest(prompt, streams, request) : request
    return { request: complete, made: makeMap(complete) }
  } catch (error) {
    throw error instanceof BadInput ? new UsageError(error.message) : error
  }
}

/** False where something is missing that a person can be asked for. Throws `BadInput` for what no answer changes. */
function isComplete(request: MapRequest): boolean {
  try {
    makeMap(request)
    return true
  } catch (error) {
    if (error instanceof MissingInput) return false
    throw error
  }
}

async function askForRest(prompt: LinePrompt, { stderr }: Streams, flags: MapRequest): Promise<MapRequest> {
  let request = flags
  if (request.brokers.length === 0) {
    const brokers = await prompt.ask('Bootstrap servers (HOST:PORT,...): ', answer => {
      const servers = splitList(answer).map(parseHostAndPort)
      recognise(servers)
      return servers
    })
    request = { ...request, brokers }
  }
  const recognised = recognise(request.brokers)
  stderr.write(`  ${printable(recognised.title)}\n`)
  if (!isComplete(request)) {
    request = await prompt.ask(endpointQuestion(recognised.provider.order !== undefined), answer =>
      checked({ ...request, endpoints: splitList(answer) }),
    )
  }
  if (recognised.provider.zones === true && request.zones.length === 0) {
    request = await prompt.ask('Zones (ID=NAME,..., or nothing): ', answer =>
      checked({ ...request, zones: splitList(answer) }),
    )
  }
  return request
}

const endpointQuestion = (canBeEach: boolean) =>
  canBeEach ? 'Endpoint (a name; or one for each broker, ID=NAME,...): ' : 'Endpoint (a name or an address): '

/** The request, of which a map can be made. */
function checked(request: MapRequest): MapRequest {
  makeMap(request)
  return request
}
