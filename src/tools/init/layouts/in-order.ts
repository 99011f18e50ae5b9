/** One target, or several in order. */
export const inOrder = (names: readonly string[]): string | readonly string[] => {
  const [only] = names
  return only !== undefined && names.length === 1 ? only : names
}

/** What to know of several. */
export const orderRemarks = (names: readonly string[]): readonly string[] =>
  names.length > 1 ? ['several endpoints: they are tried in the order in which they were given'] : []
