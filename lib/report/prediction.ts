/** How a run would go, in lines for a person. */
import type { Prediction } from '../core/run/predict.ts'
import { duration } from '../core/units.ts'
import { shortened } from './names.ts'

/** How many builds are shown of a long schedule or chain. */
const SHOWN = 40

export function predictionLines(
  now: Prediction,
  others: readonly { words: string; prediction: Prediction | null }[],
): string[] {
  const { seconds, bound, jobs, chain, guesses } = now
  const all = jobs.length === 1 ? '1 package' : `${jobs.length} packages`
  return [
    `${all} in about ${duration(seconds)}; these hosts need ${duration(bound.seconds)} at least: ${LIMIT[bound.limit]}`,
    ...(guesses === 0 ? [] : [`  ${guesses} of them were never built before, so how long they take is a guess`]),
    ...hostLines(now),
    '',
    'starts   takes    on',
    ...shortened(
      jobs.map(({ start, end, host, task }) => `${mark(start)}${mark(end - start)}${host}: ${task}`),
      SHOWN,
    ),
    '',
    'What decides when it ends, each waiting for the one before it:',
    ...shortened(
      chain.map(({ task, host, end, start }) => `  ${task} on ${host}, ${duration(end - start)}`),
      SHOWN,
    ),
    ...(others.length === 0 ? [] : ['']),
    ...others.map(each => comparison(each.words, each.prediction, seconds)),
  ]
}

const LIMIT = {
  path: 'the longest chain of builds takes that',
  hosts: 'that is the work for all of them together',
} as const

function hostLines({ jobs, seconds }: Prediction): string[] {
  const hosts = new Map<string, { count: number; busy: number }>()
  for (const { host, start, end } of jobs) {
    const { count, busy } = hosts.get(host) ?? { count: 0, busy: 0 }
    hosts.set(host, { count: count + 1, busy: busy + end - start })
  }
  return [...hosts].map(
    ([host, { count, busy }]) =>
      `  ${host}: ${count}, ${duration(busy)} of building (${(busy / seconds).toFixed(1)} at a time)`,
  )
}

function comparison(words: string, prediction: Prediction | null, seconds: number): string {
  if (prediction === null) return `${words}: there would be no host`
  const difference = prediction.seconds - seconds
  const least = Math.max(0.5, seconds * 0.005)
  const change =
    Math.abs(difference) < least
      ? 'no difference'
      : difference < 0
        ? `saves ${duration(-difference)}`
        : `takes ${duration(difference)} longer`
  return `${words}: ${duration(prediction.seconds)}, ${change}`
}

function mark(seconds: number): string {
  return duration(seconds).padEnd(9)
}
