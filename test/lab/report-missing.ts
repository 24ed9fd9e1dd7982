/** Prints what this machine lacks for a lab, a line each, and then exits with 1. */
import { missing } from './missing.ts'

const lacking = await missing()
process.stdout.write(lacking.map(each => `${each}\n`).join(''))
process.exitCode = lacking.length === 0 ? 0 : 1
