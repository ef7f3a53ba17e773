// Package stat holds the statistics that the benchmark and experiments share:
// medians, percentiles and bootstrap intervals. Whatever is random is drawn from a
// seed that the caller records.
//
// It imports nothing of devloop.
package stat
