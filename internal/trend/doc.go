// Package trend says from a series of measurements whether a quantity rises or
// falls, when its level changed, and how two windows of time differ.
//
// Analyse gives the direction of one series: the slope is the median of all
// slopes between two points (Theil and Sen) with Sen's rank interval, and its
// significance is the Mann-Kendall test, corrected for ties and for dependence
// between neighbours. ChangePoints finds steps. Compare sets one window against
// another. All three work on ranks and medians, because latencies have tails
// that a mean follows.
//
// What it costs: slopes, ranks and steps look at every pair of points, so a
// series is thinned to at most Config.MaxPoints (500) medians of neighbours
// first, and a window to Config.MaxWindowPoints (200); the time is bounded
// whatever the length of the series (tens of milliseconds).
//
// What to know before believing an answer: a direction holds for the window it
// was asked for. Traffic has a daily rhythm, so a morning "rises"; compare whole
// days, or the same hours of two days. A daily rhythm is not removed here.
//
// The API calls it. The package is pure and deterministic. It must never fill a
// gap in the data (a gap is reported), never call the absence of data flat, and
// never present a direction without the interval and the probability it rests
// on.
package trend
