package plot

import (
	"math"
	"slices"
)

// Rows draws values of several things on one axis from 0, a row each.
type Rows struct {
	Title, Desc string
	Axis        Axis
	Rows        []Row
	// Limit is drawn across all rows where it lies on the axis.
	Limit *Line
}

// Row is one thing. A band runs from Low to High where Bounded; OpenEnd says that
// nothing is known to bound it above, and it runs to the edge. Ticks are drawn in
// the order of their values and joined.
type Row struct {
	Label     string
	Look      int
	Ticks     []Tick
	Low, High float64
	Bounded   bool
	OpenEnd   bool
	// Note stands behind the row's last mark.
	Note string
}

// Tick is a value of a row, with a short name above it where there is room; the
// Main one's name has it first.
type Tick struct {
	Value float64
	Name  string
	Hint  string
	Main  bool
}

const (
	rowsLeft   = 66.0
	rowsRight  = 96.0
	rowHeight  = 44.0
	rowsTop    = 12.0
	rowsBottom = 46.0
)

// SVG draws the rows.
func (r Rows) SVG() string {
	height := rowsTop + rowHeight*float64(len(r.Rows)) + rowsBottom
	x := newScale(r.Axis, r.greatest(), rowsLeft, chartWidth-rowsRight)
	out := &canvas{}
	out.open(chartWidth, height, "rows", r.Title, r.Desc)
	bottom := height - rowsBottom
	for _, t := range x.ticks {
		out.line("grid", x.at(t), rowsTop, x.at(t), bottom)
		out.text("tick", "middle", x.at(t), bottom+16, x.text(t))
	}
	out.text("label", "middle", (x.from+x.to)/2, bottom+36, r.Axis.Label)
	if r.Limit != nil && r.Limit.At <= x.max {
		out.line("limit", x.at(r.Limit.At), rowsTop, x.at(r.Limit.At), bottom)
		out.text("limit-label", "end", x.at(r.Limit.At)-4, rowsTop+9, r.Limit.Label)
	}
	for i, row := range r.Rows {
		row.draw(out, x, rowsTop+rowHeight*(float64(i)+0.58))
	}
	out.close()
	return out.String()
}

func (r Rows) greatest() float64 {
	most := 0.0
	for _, row := range r.Rows {
		for _, t := range row.Ticks {
			most = math.Max(most, t.Value)
		}
		if row.Bounded && !row.OpenEnd {
			most = math.Max(most, row.High)
		}
	}
	return most
}

func (r Row) draw(out *canvas, x scale, y float64) {
	out.text("row-label", "end", rowsLeft-14, y+4, r.Label)
	out.begin(look(r.Look), "")
	right := x.from
	if r.Bounded {
		right = x.at(r.High)
		if r.OpenEnd {
			right = x.to
		}
		out.line("band", x.at(r.Low), y, right, y)
	}
	if n := len(r.Ticks); n > 1 {
		out.line("join", x.at(r.Ticks[0].Value), y, x.at(r.Ticks[n-1].Value), y)
	}
	for _, t := range r.Ticks {
		right = math.Max(right, x.at(t.Value))
		out.begin("point", t.Hint)
		mark(out, r.Look, x.at(t.Value), y, false)
		out.end()
	}
	out.end()
	r.names(out, x, y-11)
	out.text("note", "start", right+12, y+4, r.Note)
}

// names writes the ticks' names where they do not touch, the main one's first.
func (r Row) names(out *canvas, x scale, y float64) {
	var taken [][2]float64
	for _, main := range []bool{true, false} {
		for _, t := range r.Ticks {
			at, half := x.at(t.Value), wordWidth(t.Name)/2+1
			touches := func(o [2]float64) bool { return at-half < o[1] && at+half > o[0] }
			if t.Main != main || t.Name == "" || slices.ContainsFunc(taken, touches) {
				continue
			}
			taken = append(taken, [2]float64{at - half, at + half})
			out.text("tick-name", "middle", at, y, t.Name)
		}
	}
}
