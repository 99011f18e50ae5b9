/**
 * True where the long counts of random and mutated cases run: in `.ci/run`, by `npm run test:full`. `npm test` runs a
 * seeded part of each.
 */
export const isFullRun = process.env.TEST_FULL === '1'
