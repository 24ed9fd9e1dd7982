/** Graphs that nobody built, with durations like those of packages. The same seed gives the same graph. */
import type { Task } from '../lib/core/schedule/model.ts'
import { random, type Random } from '../lib/core/schedule/random.ts'

export type Shape = 'chains' | 'forks' | 'wide' | 'series-parallel' | 'layered'

export const SHAPES: readonly Shape[] = ['chains', 'forks', 'wide', 'series-parallel', 'layered']

export function generate(shape: Shape, count: number, seed: number): Task[] {
  const dice = random(seed)
  const needs = edges[shape](count, dice)
  return needs.map((list, index) => ({
    id: `${shape}-${index}`,
    needs: list.map(need => `${shape}-${need}`),
    seconds: seconds(dice),
  }))
}

/** Log-normal: a median of half a minute, and some packages of hours, as in a real bulk build. */
function seconds(dice: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - dice())) * Math.cos(2 * Math.PI * dice())
  return Math.round(1000 * Math.min(15_000, Math.max(1, 34 * Math.exp(1.3 * normal)))) / 1000
}

function below(dice: Random, bound: number): number {
  return Math.floor(dice() * bound)
}

/** What each package needs, by number; always smaller numbers than its own. */
const edges: Record<Shape, (count: number, dice: Random) => number[][]> = {
  /** Chains of 2 to 40 packages side by side. */
  chains: (count, dice) => {
    const list: number[][] = []
    let left = 0
    for (let index = 0; index < count; index++) {
      list.push(left > 0 ? [index - 1] : [])
      left = left > 0 ? left - 1 : 1 + below(dice, 39)
    }
    return list
  },
  /** A package, then 4 to 40 that need it, then one that needs all those, and so on. */
  forks: (count, dice) => {
    const list: number[][] = [[]]
    let root = 0
    while (list.length < count) {
      const width = Math.min(4 + below(dice, 37), count - list.length)
      const first = list.length
      for (let each = 0; each < width; each++) list.push([root])
      if (list.length === count) break
      root = list.length
      list.push(Array.from({ length: width }, (_, each) => first + each))
    }
    return list
  },
  /** Nearly all need one of a few, as at the leaves of a big update. */
  wide: (count, dice) => {
    const roots = Math.max(1, Math.round(count / 50))
    return Array.from({ length: count }, (_, index) => (index < roots ? [] : [below(dice, roots)]))
  },
  'series-parallel': (count, dice) => seriesParallel(count, dice),
  /** Layers as wide as the square root of the count; each needs one to three of the layer before. */
  layered: (count, dice) => {
    const width = Math.max(2, Math.round(Math.sqrt(count)))
    return Array.from({ length: count }, (_, index) => {
      const layer = Math.floor(index / width)
      if (layer === 0) return []
      const before = (layer - 1) * width
      return [...new Set(Array.from({ length: 1 + below(dice, 3) }, () => before + below(dice, width)))]
    })
  },
}

/** Made by parting the count again and again: one after the other, or side by side. */
function seriesParallel(count: number, dice: Random): number[][] {
  const list: number[][] = []
  const build = (size: number, entry: number[]): number[] => {
    if (size <= 1) {
      list.push(entry)
      return [list.length - 1]
    }
    const first = 1 + below(dice, size - 1)
    if (dice() < 0.3) return build(size - first, build(first, entry))
    return joined([...build(first, entry), ...build(size - first, entry)])
  }
  /** Nothing waits for more than a few ends at once. */
  const joined = (ends: number[]): number[] => ends.slice(-8)
  build(count, [])
  return list
}
