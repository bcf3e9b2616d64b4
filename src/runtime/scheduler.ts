/** How long all tasks together compute before the event loop turns to what came in meanwhile. */
const sliceMilliseconds = 4
/** The first slice of a task that had to wait: many large ones that begin at once must not hold up a small one. */
const firstMilliseconds = 1
/** So many tasks that have hardly begun are enough to be going on with. */
const crowd = 32
const maxOwners = 4096
/** A slice while connections arrive: the event loop takes in one of them a turn, and the last one waits for all. */
const shortMilliseconds = 0.2

interface Waiting {
  readonly task: Task
  readonly level: number
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
}

/**
 * Hands out the time of the one thread there is. All tasks share one slice a turn of the event loop, so that many of them
 * delay what comes in no more than one does. A task that has hardly begun is next, then one that has computed less than 16 ms,
 * then 256 ms and so on, so that a small one never waits for large ones to finish. Of equals it is one of the owner whose last slice
 * is longest ago, so that no owner waits for a thousand tasks of another, and of one owner the one that came first, so that one
 * after the other is finished, not all of them at the end.
 */
export class Scheduler {
  readonly #waiting: Waiting[] = []
  /** Of each owner since a task waits: how many slices there had been when it had its last. */
  readonly #lastSlices = new Map<string, number>()
  #slices = 0
  #newWaiting = 0
  #tasks = 0
  #isOpen = false
  #end = 0
  #isNextShort = false

  /**
   * @param allowedMilliseconds how long the task may compute
   * @param overtime makes the error that ends it then
   * @param owner whose it is
   */
  task(allowedMilliseconds: number, overtime: () => Error, owner = ''): Task {
    return new Task(this, allowedMilliseconds, overtime, owner, this.#tasks++)
  }

  /** Does one thing in a slice, for no request in particular. */
  async inSlice<Result>(work: () => Result): Promise<Result> {
    function* step(): Generator<void, Result> {
      yield
      return work()
    }
    return this.task(Number.POSITIVE_INFINITY, () => new Error('never')).run(step())
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Whether so many wait that have hardly begun that more of them would only wait, too. */
  get isCrowded(): boolean {
    return this.#newWaiting >= crowd
  }

  /** Whether the slice of this turn of the event loop is used up; the first to ask begins it. */
  isOver(now: number): boolean {
    if (!this.#isOpen) this.#open(now, sliceMilliseconds)
    return now >= this.#end
  }

  shortenNextSlice(): void {
    this.#isNextShort = true
  }

  wait(task: Task): Promise<void> {
    if (!this.#isOpen) this.#open(performance.now(), sliceMilliseconds)
    return new Promise((resolve, reject) => {
      const { level } = task
      this.#waiting.push({ task, level, resolve, reject })
      if (level === 0) this.#newWaiting++
    })
  }

  /** A task has stopped before the end of the slice: the rest of it is another's. */
  next(now: number): void {
    if (this.#waiting.length > 0 && this.#isOpen && now < this.#end) this.#takeNext()?.resolve()
  }

  remove(task: Task, reason: Error): void {
    const at = this.#waiting.findIndex((waiting) => waiting.task === task)
    if (at >= 0) this.#take(at)?.reject(reason)
  }

  #open(now: number, milliseconds: number): void {
    this.#isOpen = true
    this.#end = now + (this.#isNextShort ? shortMilliseconds : milliseconds)
    this.#isNextShort = false
    setImmediate(() => {
      this.#isOpen = false
      const next = this.#takeNext()
      if (next === undefined) return
      this.#open(performance.now(), next.level === 0 ? firstMilliseconds : sliceMilliseconds)
      next.resolve()
    })
  }

  #takeNext(): Waiting | undefined {
    let least = 0
    for (let at = 1; at < this.#waiting.length; at++) {
      if (this.#isBefore(this.#waiting[at], this.#waiting[least])) least = at
    }
    const taken = this.#take(least)
    if (taken !== undefined) this.#lastSlices.set(taken.task.owner, ++this.#slices)
    if (this.#waiting.length === 0 || this.#lastSlices.size > maxOwners) this.#lastSlices.clear()
    return taken
  }

  #isBefore({ task, level }: Waiting, { task: other, level: otherLevel }: Waiting): boolean {
    if (level !== otherLevel) return level < otherLevel
    if (task.owner !== other.owner) {
      const [last, otherLast] = [this.#lastSliceOf(task), this.#lastSliceOf(other)]
      if (last !== otherLast) return last < otherLast
    }
    return task.number < other.number
  }

  #lastSliceOf({ owner }: Task): number {
    return this.#lastSlices.get(owner) ?? 0
  }

  #take(at: number): Waiting | undefined {
    const [taken] = this.#waiting.splice(at, 1)
    if (taken?.level === 0) this.#newWaiting--
    return taken
  }
}

/** The computing of one request: it stops at each point where it may be interrupted, and for good when it is abandoned. */
export class Task {
  readonly #scheduler: Scheduler
  readonly #overtime: () => Error
  readonly number: number
  owner: string
  #allowed: number
  #computed = 0
  /** When it began to compute; -1 while it does not. */
  #since = -1
  #reason: Error | undefined

  constructor(scheduler: Scheduler, allowedMilliseconds: number, overtime: () => Error, owner = '', number = 0) {
    this.owner = owner
    this.number = number
    this.#scheduler = scheduler
    this.#allowed = allowedMilliseconds
    this.#overtime = overtime
  }

  get computed(): number {
    return this.#computed
  }

  /** 0 while it has hardly begun; then one more at 16 ms, 256 ms and so on. */
  get level(): number {
    return this.#computed < firstMilliseconds ? 0 : 1 + Math.floor(Math.log2(this.#computed) / 4)
  }

  get reason(): Error | undefined {
    return this.#reason
  }

  /** Counts what was computed for it elsewhere. */
  charge(milliseconds: number): void {
    this.#computed += milliseconds
  }

  allow(milliseconds: number): void {
    this.#allowed = this.#computed + milliseconds
  }

  /** @throws Error when the task was abandoned, or has computed for longer than is allowed */
  start(): void {
    this.#check()
    if (this.#since < 0) this.#since = performance.now()
  }

  /** It computes no longer, because it is finished or waits for something else than a slice. */
  stop(): void {
    if (this.#since < 0) return
    const now = this.#count()
    this.#since = -1
    this.#scheduler.next(now)
  }

  get isDue(): boolean {
    return this.#scheduler.isOver(performance.now())
  }

  /** @throws Error as `start` does */
  async pause(): Promise<void> {
    if (this.#since >= 0) this.#count()
    this.#since = -1
    this.#check()
    await this.#scheduler.wait(this)
    this.#check()
    this.#since = performance.now()
  }

  /** Runs steps with pauses in between. @throws Error as `start` does */
  async run<Result>(steps: Generator<void, Result>): Promise<Result> {
    return this.runNow(steps)
  }

  /** As `run`, but the result is there at once where no pause was due. */
  runNow<Result>(steps: Generator<void, Result>): Result | Promise<Result> {
    const isRunning = this.#since >= 0
    this.start()
    let isPausing = false
    try {
      let now = isRunning ? performance.now() : this.#since
      while (!this.#scheduler.isOver(now)) {
        const step = steps.next()
        if (step.done) return step.value
        now = performance.now()
      }
      isPausing = true
      return this.#runInSlices(steps, isRunning)
    } finally {
      if (!isRunning && !isPausing) this.stop()
    }
  }

  async #runInSlices<Result>(steps: Generator<void, Result>, isRunning: boolean): Promise<Result> {
    try {
      for (;;) {
        if (this.isDue) await this.#pauseBetween(steps)
        const step = steps.next()
        if (step.done) return step.value
      }
    } finally {
      if (!isRunning) this.stop()
    }
  }

  /** Ends it at its next step, or at once while it waits. */
  abandon(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#scheduler.remove(this, reason)
  }

  async #pauseBetween(steps: Generator<void, unknown>): Promise<void> {
    try {
      await this.pause()
    } catch (error) {
      // so that they free what they hold
      steps.throw(error)
      throw error
    }
  }

  #count(): number {
    const now = performance.now()
    this.#computed += now - this.#since
    this.#since = now
    return now
  }

  #check(): void {
    if (this.#reason === undefined && this.#computed > this.#allowed) this.#reason = this.#overtime()
    if (this.#reason !== undefined) throw this.#reason
  }
}
