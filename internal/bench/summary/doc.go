// Package summary gathers what the parts of the bench measured into one table, and
// writes the pages that publish it: docs/benchmarks.md and the table of claims in the
// README. It reads the parts' JSON files, so that a page can be written anew without
// measuring, and says of each figure on which commit and machine and when it was
// taken.
//
// deploy/bench calls it. It must never compute a figure that no part measured, and
// never leave a missed goal out.
package summary
