/** The ways in which test/hostile/agent.py attacks, and what must come of each. */

export interface Way {
  /** What is tried, for people. */
  tried: string
  /** What comes of it: `FAULT: REASON`, or `built` where what is wrong is of no consequence. */
  end: RegExp
}

const NOT_UNDERSTOOD = /^host: what the host says is not understood: /
const CHECKSUM = /^mismatch: checksum: /
const BUILT = /^built$/

const way = (tried: string, end: RegExp): Way => ({ tried, end })

export const WAYS: Readonly<Record<string, Way>> = {
  'facts-never': way('no answer when it is asked what it is', /^host: no answer within/),
  'facts-null': way('facts that are none', NOT_UNDERSTOOD),
  'facts-no-cores': way('no processor', NOT_UNDERSTOOD),
  'facts-many-cores': way('more processors than there can be', NOT_UNDERSTOOD),
  'facts-many-flags': way('a hundred thousand flags of a processor', NOT_UNDERSTOOD),
  'facts-long-word': way('a word of four mebibytes', NOT_UNDERSTOOD),
  'facts-deep': way('an answer in five million brackets', BUILT),
  'line-without-end': way('a line that does not end', /^host: a line of more than/),
  garbage: way('four mebibytes of noise', BUILT),
  flood: way('messages without an end that nobody asked for', /^host: it says more than can be heard/),
  'hello-never': way('no answer when it is to join', /^host: it did not answer hello within/),
  'hello-elsewhere': way('a directory of the run that is not', NOT_UNDERSTOOD),
  'hello-many-others': way('a hundred thousand earlier runs', NOT_UNDERSTOOD),
  'hello-other-paths': way('an earlier run that is a path', NOT_UNDERSTOOD),
  'packages-never': way(
    'no answer about packages, though it answers pings',
    /^host: it did not answer packages within/,
  ),
  'packages-not-asked': way('wants a file that it was not asked about', NOT_UNDERSTOOD),
  'packages-again-and-again': way('wants a package a million times', NOT_UNDERSTOOD),
  'packages-elsewhere': way('wants packages to be put elsewhere', NOT_UNDERSTOOD),
  'distfiles-never': way('no answer about distfiles', /^host: it did not answer distfiles within/),
  'distfiles-not-asked': way('wants /etc/shadow', NOT_UNDERSTOOD),
  'ping-never': way('no sign of life, and all else answered at once', BUILT),
  'job-never': way('a job that never ends, though it answers pings', /^host: nothing was heard of its job/),
  'job-goes-on': way('a job that goes on for ever, as it says itself', /^host: its job did not end within/),
  'job-hangs-up': way('the connection ends with each job', /^host: its connection ends again and again/),
  'job-null': way('a job that comes to nothing at all', NOT_UNDERSTOOD),
  'job-of-other-types': way('words where numbers belong', NOT_UNDERSTOOD),
  'job-says-nothing-of-its-files': way('a job that ended well and has no package', /^host: emerge ended there/),
  'job-code-out-of-range': way('an exit code that no process has', NOT_UNDERSTOOD),
  'path-up': way('a package whose path leads out', NOT_UNDERSTOOD),
  'path-absolute': way('a package whose path is absolute', NOT_UNDERSTOOD),
  'path-control': way('a package whose path has control characters', NOT_UNDERSTOOD),
  'path-too-long': way('a package whose name no file system has', NOT_UNDERSTOOD),
  'path-long-in-bytes': way('a package whose name has more bytes than characters', NOT_UNDERSTOOD),
  'path-half-character': way('a package whose name is no text', NOT_UNDERSTOOD),
  'files-many': way('a hundred thousand packages', NOT_UNDERSTOOD),
  'file-too-large-to-say': way('a package of nine petabytes', NOT_UNDERSTOOD),
  'file-larger-than-allowed': way('a package of more than largest-package', /^mismatch: limits: /),
  'file-larger-than-said': way('a package of a kilobyte that has 200 MiB', CHECKSUM),
  'file-sparse': way('a package of four tebibytes of nothing', CHECKSUM),
  'file-missing': way('a package that is not there', /^host: rsync ended/),
  'file-other-content': way('a package with another content', CHECKSUM),
  'file-is-pipe': way('a package that is a pipe', CHECKSUM),
  'file-is-link': way('a package that is a link to a file of the client', CHECKSUM),
  'file-is-directory': way('a package that is a directory', CHECKSUM),
  'file-is-device': way('a package that leads to /dev/zero', CHECKSUM),
  'log-foreign': way('a log by the name of another package’s', BUILT),
  'log-of-system': way('a log by the name of a system’s log', BUILT),
  'log-foreign-of-failure': way('a failed build, with a log by another’s name', /^package: /),
  'log-up': way('a log whose path leads out', NOT_UNDERSTOOD),
  'log-without-end': way('a log whose path has a hundred kilobytes', NOT_UNDERSTOOD),
  'log-odd-time': way('a log of no time', BUILT),
  'log-setuid': way('a log that is a setuid program', BUILT),
  'log-is-pipe': way('a log that is a pipe', /^package: /),
  'log-is-link': way('a log that is a link to a file of the client', /^package: /),
  'log-sparse': way('a log of four tebibytes of nothing', BUILT),
  'log-bomb': way('a log of a megabyte that unpacks to a gibibyte', BUILT),
  'log-no-gzip': way('a compressed log that is none', /^package: /),
  'log-escapes': way('a log that commands the terminal', BUILT),
  'elog-without-end': way('twelve mebibytes of messages', NOT_UNDERSTOOD),
  'output-without-end': way('twelve mebibytes of last words', NOT_UNDERSTOOD),
  'reason-without-end': way('a reason of twelve mebibytes', /^host: x{2048}$/),
  'reason-escapes': way('a reason that commands the terminal', /^host: \\x1b\]0;title\\x07.*\\u202e$/),
  'reason-no-words': way('a reason that is no text', /^host: the agent answered neither/),
  'events-of-no-kind': way('an event that is none', NOT_UNDERSTOOD),
  'events-without-end': way('a phase of a hundred kilobytes', NOT_UNDERSTOOD),
  'events-many': way('three hundred thousand events', /^host: its job says more than any has to say/),
  'phases-many': way('fifty thousand phases', BUILT),
  'phases-odd': way('phases that are none', BUILT),
  'variables-odd': way('variables by names of JavaScript’s own', BUILT),
  'answered-twice': way('two answers to one question', BUILT),
  'answers-for-others': way('answers to questions that were not asked yet', BUILT),
}
