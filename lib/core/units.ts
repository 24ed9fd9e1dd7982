/** Figures for people. */

/** Seconds as `8s`, `3m05s`, `2h07m`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole}s`
  const two = (n: number): string => String(n).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`
  return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** Bytes as `812 B`, `3.4 MiB`. */
export function bytes(count: number): string {
  let value = count
  let unit = 0
  // Compared as it will be shown: 1023.9 is 1024 then.
  while (Math.round(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const whole = unit === 0 || Math.round(value * 10) >= 1000
  return `${whole ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? ''}`
}
