/** What has to be so whatever happens, by the records alone and without the code that is looked at. */
import type { Claim, End, Place, Records, Verdict } from '../../../lib/core/store/record.ts'
import type { Contents, Written } from './contents.ts'
import type { Note } from './process.ts'

/** What is wrong with some records; null: nothing. */
export function whatIsWrong(written: readonly Written[]): string | null {
  const has =
    (key: string, attempt: number) =>
    <P extends Place>(place: P) =>
      find(written, key, attempt, place)
  for (const { key, attempt, place } of written) {
    const of = has(key, attempt)
    const before = has(key, attempt - 1)
    if (place === 'claim') {
      const end = before('end')
      if (attempt > 1 && !end) return `attempt ${attempt} was claimed before the one before it had ended`
      if (end?.outcome === 'built' && before('verdict')?.outcome !== 'refused') {
        return `attempt ${attempt} was claimed though the one before it may be committed`
      }
    }
    if (place === 'end' && !of('claim')) return `attempt ${attempt} ended and nobody had claimed it`
    if (place === 'verdict' && of('end')?.outcome !== 'built') return `attempt ${attempt} was judged and is not built`
  }
  const commits = written.filter(each => each.place === 'verdict' && isCommit(each.record as Verdict))
  for (const { key, attempt } of commits) {
    if (commits.some(each => each.key === key && each.attempt !== attempt)) return 'two commits of one build'
    if (written.some(each => each.key === key && each.attempt > attempt)) return 'an attempt after the commit'
  }
  return null
}

/** What is wrong with what a program believes, by the records as they are at that moment; null: nothing. */
export function whatIsBelieved({ is, key, attempt, by }: Note, { written }: Contents): string | null {
  const claim: Claim | undefined = find(written, key, attempt, 'claim')
  const end: End | undefined = find(written, key, attempt, 'end')
  const verdict: Verdict | undefined = find(written, key, attempt, 'verdict')
  const isOwn = end !== undefined && 'log' in end && end.log === by
  switch (is) {
    case 'saw committed':
      return verdict?.outcome === 'committed' ? null : 'what a dependent saw as committed is not'
    case 'claimed':
      return claim?.worker === by ? null : 'what a worker took for its claim is not'
    case 'ended':
      return isOwn ? null : 'a worker was told that its end counts, and it does not'
    case 'end refused':
      return end && !isOwn ? null : 'the end of a worker was refused and nothing else stands there'
    case 'superseded':
      return end?.outcome === 'superseded' ? null : 'what one superseded is not superseded'
    case 'judged':
      return verdict?.outcome === by ? null : 'a verdict that was taken is not there'
    case 'not superseded':
      return end ? null : 'a claim that could not be taken away has not ended'
    case 'judged before':
      return verdict ? null : 'a verdict that was not taken has no other before it'
    case 'cleared':
    case 'not cleared':
      return null
    default:
      return is satisfies never
  }
}

/** What else a note shows to have happened. */
export function whatHappened({ is, key, attempt }: Note, { written }: Contents): string {
  const later = written.filter(each => each.key === key && each.attempt > attempt)
  if (is === 'end refused' && later.some(each => each.place === 'verdict'))
    return 'woke up after the verdict on another'
  if (is === 'end refused' && later.length > 0) return 'woke up after another had claimed'
  if (is === 'not superseded' && find(written, key, attempt, 'end')?.outcome === 'superseded')
    return 'two at once superseded'
  return is
}

/** Whether nothing is left to do: by what the records say of each build, in the order in which one needs the other. */
export function isSettled({ written }: Contents, keys: readonly string[]): boolean {
  for (const key of keys) {
    const of = written.filter(each => each.key === key)
    if (of.some(each => each.place === 'verdict' && isCommit(each.record as Verdict))) continue
    // Given up: after two failures of the package, or three whyever, since somebody last cleared it.
    const ends = of.filter(each => each.place === 'end').sort((a, b) => a.attempt - b.attempt)
    const cleared = ends.findLastIndex(each => (each.record as End).outcome === 'cleared')
    const since = ends.slice(cleared + 1).map(each => each.record as End)
    const isHeld = ends.length < of.filter(each => each.place === 'claim').length
    const isThePackages = since.filter(end => end.outcome === 'failed' && end.fault === 'package').length
    return !isHeld && (isThePackages >= 2 || since.length >= 3)
  }
  return true
}

function isCommit(verdict: Verdict): boolean {
  return verdict.outcome === 'committed'
}

function find<P extends Place>(written: readonly Written[], key: string, attempt: number, place: P) {
  const found = written.find(each => each.key === key && each.attempt === attempt && each.place === place)
  return found?.record as Records[P] | undefined
}
