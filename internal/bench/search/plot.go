package search

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// palette of the lines, readable by colour-blind people (Okabe and Ito).
func palette() []color.Color {
	return []color.Color{color.RGBA{0, 114, 178, 255}, color.RGBA{230, 159, 0, 255}, color.RGBA{0, 158, 115, 255}, color.RGBA{204, 121, 167, 255}, color.RGBA{86, 180, 233, 255}}
}

// plot draws the mean fraction of the optimum over the trials, a line for each
// strategy and draw; the held-out draw is dashed.
func (r Report) plot(file string) error {
	p := plot.New()
	p.Title.Text = "Fraction of the exhaustive optimum (simulated), mean of all cases and seeds"
	p.X.Label.Text, p.Y.Label.Text = "trials", "fraction of the optimum"
	p.Y.Max = 1.02
	p.Legend.Left, p.Legend.Top = false, false
	for _, draw := range sorted(r.Strategies) {
		for i, name := range sorted(r.Strategies[draw]) {
			line, err := plotter.NewLine(r.curve(draw, name))
			if err != nil {
				return fmt.Errorf("plot %s: %w", name, err)
			}
			line.Color, line.Width = palette()[i%len(palette())], vg.Points(1.5)
			if draw != drawOpen {
				line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
			}
			p.Add(line)
			p.Legend.Add(name+", "+draw, line)
		}
	}
	if err := p.Save(20*vg.Centimeter, 12*vg.Centimeter, file); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return nil
}

// curve is the mean over the cases of a draw.
func (r Report) curve(draw, name string) plotter.XYs {
	points := make(plotter.XYs, int(horizonTrials))
	cases := 0.0
	for _, c := range r.Cases {
		if c.Draw != draw {
			continue
		}
		cases++
		for i, v := range c.Scores[name].Curve {
			points[i].Y += v
		}
	}
	for i := range points {
		points[i].X = float64(i + 1)
		points[i].Y /= max(cases, 1)
	}
	return points
}

func sorted[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
