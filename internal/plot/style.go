package plot

import _ "embed"

//go:embed style.css
var style string

// Style is the stylesheet of all charts. The page gives values to the variables
// --ink, --muted, --rule, --bad and --series-0 to --series-3.
func Style() string { return style }
