import { UsageError } from '../terminal/errors.js'
import { BadInput } from '../../init/bad-input.js'
import { makeMap, type MadeMap, type MapRequest } from '../../init/make-map.js'
import { titleOf } from '../../init/patterns.js'
import { recognise, type Server } from '../../init/recognise.js'
import type { Run } from '../command.js'
import { parseHostAndPort } from '../endpoint-text.js'
import { splitList, type InitOptions } from './init-options.js'
import { LinePrompt } from '../terminal/line-prompt.js'
import { printable } from '../terminal/style.js'

export interface CompleteRequest {
  readonly servers: readonly Server[]
  readonly made: MadeMap
}

/** The map that the flags ask for; what they lack is asked at the terminal. Throws `UsageError`. */
export async function completeRequest(run: Run, options: InitOptions): Promise<CompleteRequest> {
  const request = { ...options, brokers: options.brokers.map(parseHostAndPort) }
  try {
    return { servers: request.brokers, made: makeMap(request) }
  } catch (error) {
    if (!(error instanceof BadInput)) throw error
    if (error.lacks === undefined || !LinePrompt.canAsk(run.streams)) throw new UsageError(error.message)
    return await askForRest(run, request)
  }
}

async function askForRest({ streams, signal }: Run, flags: MapRequest): Promise<CompleteRequest> {
  const prompt = new LinePrompt(streams, signal)
  let request = flags
  if (request.brokers.length === 0) {
    const brokers = await prompt.ask('Bootstrap servers (HOST:PORT,...): ', answer => {
      const servers = splitList(answer).map(parseHostAndPort)
      recognise(servers)
      return servers
    })
    request = { ...request, brokers }
  }
  const recognised = asUsage(() => recognise(request.brokers))
  streams.stderr.write(`  ${printable(titleOf(recognised))}\n`)
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
  return { servers: request.brokers, made: asUsage(() => makeMap(request)) }
}

const endpointQuestion = (canBeEach: boolean) =>
  canBeEach ? 'Endpoint (a name; or one for each broker, ID=NAME,...): ' : 'Endpoint (a name or an address): '

/** The request, of which a map can be made. */
function checked(request: MapRequest): MapRequest {
  makeMap(request)
  return request
}

/** False where only the endpoint is missing. Throws `UsageError` for what no answer can mend. */
function isComplete(request: MapRequest): boolean {
  try {
    makeMap(request)
    return true
  } catch (error) {
    if (error instanceof BadInput && error.lacks === 'endpoint') return false
    throw error instanceof BadInput ? new UsageError(error.message) : error
  }
}

function asUsage<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw error instanceof BadInput ? new UsageError(error.message) : error
  }
}
