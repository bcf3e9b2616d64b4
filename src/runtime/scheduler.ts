/** How long all tasks together compute before the event loop turns to what came in meanwhile. */
const sliceMilliseconds = 4
/** The first slice of a task that had to wait: many large ones that begin at once must not hold up a small one. */
const firstMilliseconds = 1
/** A slice while connections arrive: the event loop takes in one of them a turn, and whoever comes last waits for all. */
const hurriedMilliseconds = 0.5

interface Waiting {
  readonly task: Task
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
}

/**
 * Hands out the time of the one thread there is. All tasks share one slice a turn of the event loop, so that many of them
 * delay what comes in no more than one does; the task that has computed least is next, so that a small one never waits
 * for large ones to finish. Among those that have hardly begun, one of the owner with the fewest that wait is next, so that
 * nobody waits for a thousand of another.
 */
export class Scheduler {
  readonly #waiting: Waiting[] = []
  readonly #waitingByOwner = new Map<string, number>()
  #isOpen = false
  #end = 0
  #isHurried = false

  /**
   * @param allowedMilliseconds how long the task may compute
   * @param overtime makes the error that ends it then
   * @param owner whose it is
   */
  task(allowedMilliseconds: number, overtime: () => Error, owner = ''): Task {
    return new Task(this, allowedMilliseconds, overtime, owner)
  }

  /** Tasks that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Whether the slice of this turn of the event loop is used up; the first who asks begins it. */
  isOver(now: number): boolean {
    if (!this.#isOpen) this.#open(now, sliceMilliseconds)
    return now >= this.#end
  }

  /** Makes the next slice a short one. */
  hurry(): void {
    this.#isHurried = true
  }

  /** Waits until it is the task's turn. */
  turn(task: Task): Promise<void> {
    if (!this.#isOpen) this.#open(performance.now(), sliceMilliseconds)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, resolve, reject })
      this.#waitingByOwner.set(task.owner, this.#waitingOf(task) + 1)
    })
  }

  /** A task has stopped before the end of the slice: the rest of it is another's. */
  next(now: number): void {
    if (this.#waiting.length > 0 && this.#isOpen && now < this.#end) this.#takeNext()?.resolve()
  }

  /** A task that waits does so no longer. */
  remove(task: Task, reason: Error): void {
    const at = this.#waiting.findIndex((waiting) => waiting.task === task)
    if (at >= 0) this.#take(at)?.reject(reason)
  }

  #open(now: number, milliseconds: number): void {
    this.#isOpen = true
    this.#end = now + (this.#isHurried ? hurriedMilliseconds : milliseconds)
    this.#isHurried = false
    setImmediate(() => {
      this.#isOpen = false
      const next = this.#takeNext()
      if (next === undefined) return
      this.#open(performance.now(), next.task.computed < firstMilliseconds ? firstMilliseconds : sliceMilliseconds)
      next.resolve()
    })
  }

  #takeNext(): Waiting | undefined {
    let least = 0
    for (let at = 1; at < this.#waiting.length; at++) {
      if (this.#isBefore(this.#waiting[at].task, this.#waiting[least].task)) least = at
    }
    return this.#take(least)
  }

  #isBefore(task: Task, other: Task): boolean {
    const areNew = task.computed < firstMilliseconds && other.computed < firstMilliseconds
    if (areNew && task.owner !== other.owner) return this.#waitingOf(task) < this.#waitingOf(other)
    return task.computed < other.computed
  }

  #waitingOf({ owner }: Task): number {
    return this.#waitingByOwner.get(owner) ?? 0
  }

  #take(at: number): Waiting | undefined {
    const [taken] = this.#waiting.splice(at, 1)
    if (taken === undefined) return undefined
    const left = this.#waitingOf(taken.task) - 1
    if (left === 0) this.#waitingByOwner.delete(taken.task.owner)
    else this.#waitingByOwner.set(taken.task.owner, left)
    return taken
  }
}

/** The computing of one request: it stops at each point where it may be interrupted, and for good when it is abandoned. */
export class Task {
  readonly #scheduler: Scheduler
  readonly #overtime: () => Error
  /** Whose it is; it does not change while it waits for its turn. */
  owner: string
  #allowed: number
  #computed = 0
  /** When it began to compute; -1 while it does not. */
  #since = -1
  #reason: Error | undefined

  constructor(scheduler: Scheduler, allowedMilliseconds: number, overtime: () => Error, owner = '') {
    this.owner = owner
    this.#scheduler = scheduler
    this.#allowed = allowedMilliseconds
    this.#overtime = overtime
  }

  /** Milliseconds that it has computed. */
  get computed(): number {
    return this.#computed
  }

  /** Why it was abandoned, if it was. */
  get reason(): Error | undefined {
    return this.#reason
  }

  /** Allows so many milliseconds from now on. */
  allow(milliseconds: number): void {
    this.#allowed = this.#computed + milliseconds
  }

  /** @throws Error when the task was abandoned, or has computed for longer than is allowed */
  start(): void {
    this.#check()
    if (this.#since < 0) this.#since = performance.now()
  }

  /** It computes no longer, because it is finished or waits for something else than its turn. */
  stop(): void {
    if (this.#since < 0) return
    const now = this.#count()
    this.#since = -1
    this.#scheduler.next(now)
  }

  /** Whether others should have their turn. */
  get isDue(): boolean {
    return this.#scheduler.isOver(performance.now())
  }

  /**
   * Lets others have their turn.
   *
   * @throws Error when the task was abandoned, or has computed for longer than is allowed
   */
  async pause(): Promise<void> {
    if (this.#since >= 0) this.#count()
    this.#since = -1
    this.#check()
    await this.#scheduler.turn(this)
    this.#check()
    this.#since = performance.now()
  }

  /**
   * Runs the steps of a long computation, with pauses in between.
   *
   * @throws Error when the task was abandoned, or has computed for longer than is allowed
   */
  async run<Result>(steps: Generator<void, Result>): Promise<Result> {
    return this.runNow(steps)
  }

  /** As `run`, but the result is there at once where no pause was due: small requests are spared what a promise costs. */
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
      return this.#runInTurns(steps, isRunning)
    } finally {
      if (!isRunning && !isPausing) this.stop()
    }
  }

  async #runInTurns<Result>(steps: Generator<void, Result>, isRunning: boolean): Promise<Result> {
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
