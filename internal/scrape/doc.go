// Package scrape reads the metrics page of one engine replica: it fetches
// endpoint + "/metrics" within limits, parses the text and hands the neutral
// families to the engine's mapping, which gives a serving.Reading. Activities
// call it, and the API parses pasted pages with it.
//
// It knows HTTP and the exposition formats and nothing of any engine. It must
// never fill a gap: a page that cannot be read as a whole is an error that says
// where, and what a page does not say is missing in the reading.
package scrape
