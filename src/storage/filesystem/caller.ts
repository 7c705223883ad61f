import type { Call, Steps } from './steps.js'

/** Microseconds of a call above which a thread of the pool makes it: the way there and back takes some thirty. */
const SLOW_US = 250
/** So many calls are judged together: one alone can be chance, or wait for a busy core. */
const JUDGED = 32
/** While calls are slow, one in so many is made at once, to see whether they still are. */
const PROBE_EVERY = 64
const PROBES = 8

/** Makes calls to the file system: at once where it answers quickly, else in libuv's pool, many at a time. */
export interface Caller {
  readonly run: <T>(steps: Steps<T>) => Promise<T>
  /** whether calls are made in the pool at present */
  readonly isSlow: boolean
}

/**
 * Measures what the calls of the run itself take, and goes by that: a disk or a network file system can turn slow, and
 * fast again, in the middle of a run.
 * @param now milliseconds of a clock that never goes back
 */
export function createCaller(now: () => number = () => performance.now()): Caller {
  let isSlow = false
  let judged = 0
  let slow = 0
  let sinceProbe = 0

  function judge(milliseconds: number): void {
    judged += 1
    if (milliseconds * 1000 > SLOW_US) slow += 1
    if (judged < (isSlow ? PROBES : JUDGED)) return
    isSlow = slow * 2 > judged
    judged = 0
    slow = 0
  }

  function makeAtOnce(call: Call): void {
    const start = now()
    try {
      call.atOnce()
    } finally {
      judge(now() - start)
    }
  }

  function isProbe(): boolean {
    sinceProbe = (sinceProbe + 1) % PROBE_EVERY
    return sinceProbe === 0
  }

  return {
    get isSlow() {
      return isSlow
    },
    async run(steps) {
      let next = steps.next()
      while (next.done !== true) {
        try {
          if (isSlow && !isProbe()) await next.value.inPool()
          else makeAtOnce(next.value)
        } catch (error) {
          next = steps.throw(error)
          continue
        }
        next = steps.next()
      }
      return next.value
    },
  }
}
