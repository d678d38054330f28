package plot

import "strconv"

// looks is how many colours and forms there are.
const looks = 4

func look(n int) string { return "s" + strconv.Itoa(n%looks) }

func (s Series) draw(out *canvas, x, y scale, shift float64) {
	out.begin(look(s.Look), "")
	if s.Joined {
		line := make([][2]float64, len(s.Points))
		for i, p := range s.Points {
			line[i] = [2]float64{x.at(p.X) + shift, y.at(p.Y)}
		}
		out.path("join", line)
	}
	for _, p := range s.Points {
		if s.Plain {
			break
		}
		at := x.at(p.X) + shift
		out.begin("point", p.Hint)
		if p.Bounded {
			out.line("whisker", at, y.at(p.Low), at, y.at(p.High))
			out.line("whisker", at-4, y.at(p.Low), at+4, y.at(p.Low))
			out.line("whisker", at-4, y.at(p.High), at+4, y.at(p.High))
		}
		mark(out, s.Look, at, y.at(p.Y), p.Hollow)
		out.end()
	}
	out.end()
}

// mark draws a series' form: a disc, a square, a diamond, a triangle. Hollow is a
// cross, whatever the series, which no colour is needed to tell.
func mark(out *canvas, kind int, x, y float64, hollow bool) {
	if hollow {
		out.line("cross", x-5, y-5, x+5, y+5)
		out.line("cross", x-5, y+5, x+5, y-5)
		return
	}
	switch kind % looks {
	case 0:
		out.WriteString(`<circle class="mark" cx="` + num(x) + `" cy="` + num(y) + `" r="5"/>`)
	case 1:
		out.WriteString(`<rect class="mark" x="` + num(x-4.5) + `" y="` + num(y-4.5) + `" width="9" height="9"/>`)
	case 2:
		polygon(out, [][2]float64{{x, y - 6}, {x + 6, y}, {x, y + 6}, {x - 6, y}})
	default:
		polygon(out, [][2]float64{{x, y - 6}, {x + 5.5, y + 4.5}, {x - 5.5, y + 4.5}})
	}
}

func polygon(out *canvas, corners [][2]float64) {
	out.WriteString(`<polygon class="mark" points="`)
	for _, c := range corners {
		out.WriteString(num(c[0]) + "," + num(c[1]) + " ")
	}
	out.WriteString(`"/>`)
}
