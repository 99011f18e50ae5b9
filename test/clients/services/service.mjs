// What the services have in common: their configuration from the environment, and how they tell what they have done.
const { BROKERS = '', TOPIC = '', CA, COUNT = '30', RETRIES = '10' } = process.env

export const config = {
  brokers: BROKERS.split(','),
  topic: TOPIC,
  ca: CA,
  count: Number(COUNT),
  retries: Number(RETRIES),
}

/** @param {readonly string[]} received */
export function done(received) {
  console.log(JSON.stringify({ received: [...received].sort() }))
}
