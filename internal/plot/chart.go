package plot

import "math"

// Chart is an XY chart whose axes begin at 0.
type Chart struct {
	// Title and Desc are what a reader hears who does not see the chart; the page
	// writes its own heading.
	Title, Desc string
	X, Y        Axis
	Series      []Series
	Lines       []Line
	Height      float64 // in pixels of a chart 520 wide; 0 is 280
}

// Series is a set of points under one name. Look is its colour and the form of its
// marks, from 0; Joined draws a line through them, Plain leaves the marks away.
type Series struct {
	Name   string
	Look   int
	Joined bool
	Plain  bool
	Points []Point
}

// Point is one measurement. Low and High bound its Y where Bounded; a Hollow one
// is drawn as one that failed; Hint is shown when it is pointed at.
type Point struct {
	X, Y      float64
	Low, High float64
	Bounded   bool
	Hollow    bool
	Hint      string
}

// Line is a limit across the chart: at a Y, or at an X when Vertical. A Quiet one
// marks a moment and is no limit.
type Line struct {
	At       float64
	Vertical bool
	Quiet    bool
	Label    string
}

const (
	chartWidth  = 520.0
	marginLeft  = 62.0
	marginRight = 16.0
	marginTop   = 48.0 // holds the name of the axis and the legend
	marginBelow = 46.0
)

// SVG draws the chart.
func (c Chart) SVG() string {
	height := c.Height
	if height == 0 {
		height = 280
	}
	x := newScale(c.X, c.greatest(func(p Point) float64 { return p.X }, true), marginLeft, chartWidth-marginRight)
	y := newScale(c.Y, c.greatest(func(p Point) float64 { return math.Max(p.Y, p.High) }, false), height-marginBelow, marginTop)
	out := &canvas{}
	out.open(chartWidth, height, "chart", c.Title, c.Desc)
	c.grid(out, x, y)
	for _, l := range c.Lines {
		l.draw(out, x, y)
	}
	for i, s := range c.Series {
		s.draw(out, x, y, offset(i, len(c.Series), len(c.X.Names) > 0))
	}
	c.legend(out)
	out.close()
	return out.String()
}

// greatest is the greatest value that must fit, with the limits of that direction.
func (c Chart) greatest(of func(Point) float64, vertical bool) float64 {
	most := 0.0
	for _, s := range c.Series {
		for _, p := range s.Points {
			most = math.Max(most, of(p))
		}
	}
	for _, l := range c.Lines {
		if l.Vertical == vertical {
			most = math.Max(most, l.At)
		}
	}
	return most
}

func (c Chart) grid(out *canvas, x, y scale) {
	for _, t := range y.ticks {
		class := "grid"
		if t == 0 {
			class = "axis"
		}
		out.line(class, x.from, y.at(t), x.to, y.at(t))
		out.text("tick", "end", x.from-8, y.at(t)+4, y.text(t))
	}
	for _, t := range x.ticks {
		out.text("tick", "middle", x.at(t), y.from+18, x.text(t))
	}
	out.text("label", "middle", (x.from+x.to)/2, y.from+38, c.X.Label)
	out.text("label", "start", 2, 14, c.Y.Label)
}

// legend names the series above the chart, mark first.
func (c Chart) legend(out *canvas) {
	at := marginLeft
	for _, s := range c.Series {
		if s.Name == "" {
			continue
		}
		out.begin(look(s.Look), "")
		mark(out, s.Look, at+5, 31, false)
		out.end()
		out.text("legend", "start", at+16, 35, s.Name)
		at += 16 + wordWidth(s.Name) + 20
	}
}

// wordWidth is about what a word takes at the size of a legend.
func wordWidth(word string) float64 { return 6.6 * float64(len([]rune(word))) }

// offset keeps marks of series that share a named place beside each other.
func offset(i, n int, named bool) float64 {
	if !named || n < 2 {
		return 0
	}
	return 22 * (float64(i) - float64(n-1)/2)
}

func (l Line) draw(out *canvas, x, y scale) {
	class := "limit"
	if l.Quiet {
		class = "moment"
	}
	if l.Vertical {
		out.line(class, x.at(l.At), y.from, x.at(l.At), y.to)
		if x.at(l.At) > (x.from+x.to)/2 {
			out.text(class+"-label", "end", x.at(l.At)-4, y.to+10, l.Label)
			return
		}
		out.text(class+"-label", "start", x.at(l.At)+4, y.to+10, l.Label)
		return
	}
	out.line(class, x.from, y.at(l.At), x.to, y.at(l.At))
	out.text(class+"-label", "end", x.to, y.at(l.At)-5, l.Label)
}
