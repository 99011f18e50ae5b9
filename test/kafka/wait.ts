export const sleep = (ms: number) => new Promise<void>(done => setTimeout(done, ms))

/**
 * Waits until the check gives undefined; what it gives instead says why it is not so far yet. Throws after timeoutMs
 * with the last reason. What the check throws ends the wait.
 */
export async function waitUntil(
  what: string,
  check: () => string | undefined | Promise<string | undefined>,
  timeoutMs = 60_000,
): Promise<void> {
  const until = performance.now() + timeoutMs
  for (;;) {
    const reason = await check()
    if (reason === undefined) return
    if (performance.now() > until) throw new Error(`${what}: not within ${timeoutMs} ms: ${reason}`)
    await sleep(50)
  }
}
