// Package scrape reads the metrics page of one engine replica: it fetches
// endpoint + "/metrics" within limits, parses the text and hands the neutral
// families to the engine's mapping, which gives a serving.Reading; once per
// process it also asks what the engine says of itself on other routes. DCGM
// exporters' pages it reads in the same way. Switch chooses between these and
// other sources by the fleet's record. Activities and the API measure with it,
// and the API parses pasted pages with it.
//
// It knows HTTP and the exposition formats and nothing of any engine. It must
// never fill a gap: a page that cannot be read as a whole is an error that says
// where, and what a page does not say is missing in the reading.
package scrape
