import type { Step } from './program.js'

/** One loop that is being gone through, and the one around it. */
interface Frame {
  readonly loop: Extract<Step, { kind: 'loop' }>
  /** rounds that are complete */
  readonly count: number
  /** where the last round beyond the least number began; a round that ends there has matched nothing */
  readonly began: number
  readonly outer: Frame | undefined
}

/** A match under way. States are never changed, so that going back is to take an earlier one. */
interface State {
  readonly step: Step
  readonly at: number
  /** where groups start and end, by slot */
  readonly marks: readonly (number | undefined)[]
  readonly frame: Frame | undefined
}

/** A state to go back to, and others like it from `at` up to (or down to) `last`. */
interface Choice {
  readonly state: State
  readonly last: number
}

type Groups = State['marks']

function span(marks: Groups, group: number): readonly [start: number, end: number] | undefined {
  const start = marks[group * 2]
  const end = marks[group * 2 + 1]
  return start === undefined || end === undefined || end < start ? undefined : [start, end]
}

function withMark(marks: Groups, slot: number, at: number): Groups {
  const copy = [...marks]
  copy[slot] = at
  return copy
}

/**
 * Matches by trial and error, with Python's rules for what a group holds after going back and for repeats of
 * nothing. Its stack of choices is a list, so a long text cannot overflow JavaScript's.
 */
class Machine {
  constructor(private readonly text: readonly number[]) {}

  /** The first way to reach `accept` from `start`; undefined when there is none. */
  run(start: State): State | undefined {
    const choices: Choice[] = []
    let state: State | undefined = start
    for (;;) {
      if (state?.step.kind === 'accept') return state
      state = state && this.advance(state, choices)
      if (state) continue
      const choice = choices.pop()
      if (!choice) return undefined
      state = choice.state
      const { at } = state
      if (at !== choice.last) choices.push({ ...choice, state: { ...state, at: at < choice.last ? at + 1 : at - 1 } })
    }
  }

  /** One step on; undefined when it does not match here. Other ways to go on are put on `choices`. */
  private advance(state: State, choices: Choice[]): State | undefined {
    const { step, at, marks, frame } = state
    const { text } = this
    const code = text[at]
    switch (step.kind) {
      case 'accept':
        return state
      case 'char':
        return code !== undefined && step.test(code) ? { step: step.next, at: at + 1, marks, frame } : undefined
      case 'place':
        return step.test(text, at) ? { ...state, step: step.next } : undefined
      case 'fork': {
        const [first, ...others] = step.ways
        for (const way of others.reverse()) choices.push({ state: { ...state, step: way }, last: at })
        return first && { ...state, step: first }
      }
      case 'mark':
        return { ...state, step: step.next, marks: withMark(marks, step.slot, at) }
      case 'reference':
        return this.reference(state, step)
      case 'condition':
        return { ...state, step: span(marks, step.group) ? step.yes : step.no }
      case 'look': {
        const found = at >= step.behind ? this.run({ ...state, step: step.body, at: at - step.behind }) : undefined
        if (step.negate) return found ? undefined : { ...state, step: step.next }
        return found && { ...state, step: step.next, marks: found.marks }
      }
      case 'atomic': {
        const found = this.run({ ...state, step: step.body })
        return found && { step: step.next, at: found.at, marks: found.marks, frame }
      }
      case 'run':
        return this.characters(state, step, choices)
      case 'keep':
        return this.keep(state, step)
      case 'loop':
        return this.round({ loop: step, count: 0, began: -1, outer: frame }, state, choices)
      case 'again':
        return frame && this.round({ ...frame, count: frame.count + 1 }, state, choices)
    }
  }

  private reference(state: State, step: Extract<Step, { kind: 'reference' }>): State | undefined {
    const found = span(state.marks, step.group)
    if (!found) return undefined
    const [start, end] = found
    for (let offset = 0; offset < end - start; offset++) {
      const wanted = this.text[start + offset]
      const code = this.text[state.at + offset]
      if (wanted === undefined || code === undefined || step.fold(code) !== step.fold(wanted)) return undefined
    }
    return { ...state, step: step.next, at: state.at + end - start }
  }

  private characters(state: State, step: Extract<Step, { kind: 'run' }>, choices: Choice[]): State | undefined {
    const { min, max, mode } = step.repeat
    const end = Math.min(this.text.length, state.at + max)
    let most = state.at
    while (most < end && step.test(this.text[most] ?? 0)) most++
    const least = state.at + min
    if (most < least) return undefined
    const longest = { ...state, step: step.next, at: most }
    if (mode === 'possessive') return longest
    choices.push(mode === 'lazy' ? { state: { ...longest, at: least }, last: most } : { state: longest, last: least })
    return undefined
  }

  private keep(state: State, step: Extract<Step, { kind: 'keep' }>): State | undefined {
    const { min, max } = step.repeat
    let kept = state
    for (let count = 0; count < max; count++) {
      const found = this.run({ ...kept, step: step.body })
      if (!found && count < min) return undefined
      if (!found) break
      const stuck = found.at === kept.at
      kept = { ...state, at: found.at, marks: found.marks }
      // What matches nothing once does so as often as it must.
      if (stuck && count >= min) break
    }
    return { ...kept, step: step.next }
  }

  /** Starts a round of a loop or leaves it. */
  private round(frame: Frame, state: State, choices: Choice[]): State | undefined {
    const { loop, count, began, outer } = frame
    const { min, max, mode } = loop.repeat
    if (count < min) return { ...state, step: loop.body, frame }
    const leave = { ...state, step: loop.next, frame: outer }
    if (count >= max || state.at === began) return leave
    const enter = { ...state, step: loop.body, frame: { ...frame, began: state.at } }
    choices.push({ state: mode === 'lazy' ? enter : leave, last: state.at })
    return mode === 'lazy' ? leave : enter
  }
}

/** Whether the text starts with something that the program matches. */
export function matches(program: Step, text: string): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0)
  return new Machine(codes).run({ step: program, at: 0, marks: [], frame: undefined }) !== undefined
}
