/** For a process that is measured: the counters of coverage take half of its time, and other tests cover what it runs. */
export const uncovered = { _TAPJS_PROCESSINFO_COVERAGE_: '0' }
