package summary

// Processor is the processor's name in /proc/cpuinfo.
var Processor = processor

// Sources are the names of the parts whose files are read.
func Sources() []string {
	var out []string
	for _, s := range sources() {
		out = append(out, s.part)
	}
	return out
}

// Commands name the part that answers each target.
var Commands = commands
