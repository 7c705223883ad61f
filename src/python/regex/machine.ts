import type { Step } from './program.js'

/** Where groups start and end, by slot. Never changed, only replaced. */
type Marks = readonly (number | undefined)[]
type StepOf<Kind extends Step['kind']> = Extract<Step, { readonly kind: Kind }>

/** One loop that is being gone through, and the one around it. Never changed, so that going back takes no undoing. */
interface Frame {
  readonly loop: StepOf<'loop'>
  /** rounds that are complete */
  readonly count: number
  /** where the last round beyond the least number began: one that ends there has matched nothing */
  readonly began: number
  readonly outer: Frame | undefined
}

/** Another way to go on: from `at`, and after that from the places up to or down to `last`. */
interface Choice {
  readonly step: Step
  at: number
  readonly last: number
  readonly marks: Marks
  readonly frame: Frame | undefined
}

interface Found {
  readonly at: number
  readonly marks: Marks
}

/** What a group holds; undefined when it holds nothing. */
function span(marks: Marks, group: number): readonly [start: number, end: number] | undefined {
  const start = marks[group * 2]
  const end = marks[group * 2 + 1]
  return start === undefined || end === undefined || end < start ? undefined : [start, end]
}

function withMark(marks: Marks, slot: number, at: number): Marks {
  const copy = marks.slice()
  copy[slot] = at
  return copy
}

/**
 * Matches by trial and error, with Python's rules for what a group holds after going back and for repeats of
 * nothing. What is left to try is kept in a list, so a long text cannot overflow the stack.
 */
class Machine {
  constructor(private readonly text: readonly number[]) {}

  /** The first way from a step to `accept`; undefined when there is none. */
  run(start: Step, from: number, before: Marks = [], outer?: Frame): Found | undefined {
    const { text } = this
    const choices: Choice[] = []
    let step: Step | undefined = start
    let at = from
    let marks = before
    let frame = outer
    for (;;) {
      if (step === undefined) {
        const choice = choices.pop()
        if (choice === undefined) return undefined
        step = choice.step
        at = choice.at
        marks = choice.marks
        frame = choice.frame
        if (at !== choice.last) {
          choice.at += at < choice.last ? 1 : -1
          choices.push(choice)
        }
      }
      switch (step.kind) {
        case 'accept':
          return { at, marks }
        case 'char':
          step = at < text.length && step.test(text[at++] ?? 0) ? step.next : undefined
          break
        case 'place':
          step = step.test(text, at) ? step.next : undefined
          break
        case 'fork':
          for (let way = step.ways.length - 1; way > 0; way--) {
            choices.push({ step: step.ways[way] ?? step, at, last: at, marks, frame })
          }
          step = step.ways[0]
          break
        case 'mark':
          marks = withMark(marks, step.slot, at)
          step = step.next
          break
        case 'reference': {
          const length = this.repeated(step, at, marks)
          step = length === undefined ? undefined : step.next
          at += length ?? 0
          break
        }
        case 'condition':
          step = span(marks, step.group) ? step.yes : step.no
          break
        case 'look': {
          const back = at - step.behind
          const found: Found | undefined = back < 0 ? undefined : this.run(step.body, back, marks, frame)
          if (found && !step.negate) marks = found.marks
          step = (found === undefined) === step.negate ? step.next : undefined
          break
        }
        case 'atomic':
        case 'keep': {
          const found: Found | undefined =
            step.kind === 'keep' ? this.keep(step, at, marks, frame) : this.run(step.body, at, marks, frame)
          if (found) ({ at, marks } = found)
          step = found && step.next
          break
        }
        case 'run': {
          const { min, max, mode } = step.repeat
          const least = at + min
          const most = this.longest(step, at, Math.min(text.length, at + max))
          const lazy = mode === 'lazy'
          if (most > least && mode !== 'possessive') {
            choices.push({ step: step.next, at: lazy ? least + 1 : most - 1, last: lazy ? most : least, marks, frame })
          }
          at = lazy ? least : most
          step = most < least ? undefined : step.next
          break
        }
        case 'loop':
          frame = { loop: step, count: -1, began: -1, outer: frame }
          step = step.round
          break
        case 'again': {
          if (frame === undefined) return undefined
          const { loop, began, outer: around }: Frame = frame
          const { min, max, mode } = loop.repeat
          const count = frame.count + 1
          step = loop.body
          if (count < min) frame = { loop, count, began, outer: around }
          else if (count >= max || at === began) {
            step = loop.next
            frame = around
          } else {
            const inside: Frame = { loop, count, began: at, outer: around }
            const lazy = mode === 'lazy'
            choices.push({ step: lazy ? loop.body : loop.next, at, last: at, marks, frame: lazy ? inside : around })
            step = lazy ? loop.next : loop.body
            frame = lazy ? around : inside
          }
        }
      }
    }
  }

  /** How long the text of a group is that stands at `at` again. */
  private repeated(step: StepOf<'reference'>, at: number, marks: Marks): number | undefined {
    const [start, end] = span(marks, step.group) ?? [0, -1]
    for (let offset = 0; offset < end - start; offset++) {
      const code = this.text[at + offset]
      if (code === undefined || step.fold(code) !== step.fold(this.text[start + offset] ?? 0)) return undefined
    }
    return end < start ? undefined : end - start
  }

  /** Where the characters from `at` on stop to match, at most `end`. */
  private longest(step: StepOf<'run'>, at: number, end: number): number {
    let most = at
    while (most < end && step.test(this.text[most] ?? 0)) most++
    return most
  }

  /** As many rounds as there can be, each kept as it first matches. */
  private keep(step: StepOf<'keep'>, at: number, marks: Marks, frame: Frame | undefined): Found | undefined {
    const { min, max } = step.repeat
    let kept: Found = { at, marks }
    for (let count = 0; count < max; count++) {
      const found = this.run(step.body, kept.at, kept.marks, frame)
      if (found === undefined) return count < min ? undefined : kept
      const stuck = found.at === kept.at
      kept = found
      // What matches nothing once does so as often as it must.
      if (stuck && count >= min) break
    }
    return kept
  }
}

/** Whether the text starts with something that the program matches. */
export function matches(program: Step, text: string): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0)
  return new Machine(codes).run(program, 0) !== undefined
}
