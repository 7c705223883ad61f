/** Milliseconds of a clock that never goes back and is the same in all threads. */
function now(): number {
  return performance.timeOrigin + performance.now()
}

/** When a run that may take so many seconds must begin no more work: for `timeIsUp`, in any thread. */
export function endOf(runFor: number | undefined): number {
  return runFor === undefined ? Infinity : now() + runFor * 1000
}

/** @param end as `endOf` gave it */
export function timeIsUp(end: number): boolean {
  return end !== Infinity && now() >= end
}
