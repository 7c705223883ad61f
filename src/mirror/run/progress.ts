/** Shows how far a run is. What it shows of files and bytes it takes from the run's counters itself. */
export interface Progress {
  /** A part of the run begins; the one before it has ended. `total`: steps it will take, where known. */
  phase(name: string, total?: number): void
  /**
   * A step of the phase is done.
   * @param project whose step it is: one that failed and is done in a later phase counts as failed no more
   */
  step(outcome?: 'done' | 'failed', project?: string): void
  /** Takes the progress off the screen for good. */
  close(): void
}
