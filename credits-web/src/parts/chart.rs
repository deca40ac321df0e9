//! Charts: stacked bars over a line, and a line alone, each with the table of its figures.
//!
//! The drawing is stretched to the width of the page; its text is HTML, so that it keeps its size on a phone.

use std::fmt::Write;

use maud::{Markup, PreEscaped, html};

use crate::wording::figure;

/// Height of the drawing in its own units.
const HEIGHT: i128 = 1_000;
/// Width of a bar with its gap, in the drawing's units.
const STEP: usize = 10;
/// Colours in the stylesheet: a series beyond them shares the last.
const COLOURS: usize = 8;

/// The figures of one kind, one for each interval of the axis.
pub(crate) struct Series {
    /// Its name.
    pub(crate) name: String,
    /// The figures, zero or more.
    pub(crate) figures: Vec<i128>,
}

/// Stacked bars over time, and below them a line of another kind, on a scale of its own: a day on which every subscription
/// gives would flatten the bars.
pub(crate) struct Bars<'a> {
    /// Description of the drawing, for people who do not see it.
    pub(crate) label: &'a str,
    /// The name of an interval: `Day`, `Week of`.
    pub(crate) interval: &'a str,
    /// The name of each interval.
    pub(crate) intervals: Vec<String>,
    /// The bars, from the bottom.
    pub(crate) stacked: Vec<Series>,
    /// The line.
    pub(crate) line: Series,
}

impl Bars<'_> {
    /// The chart with its table.
    pub(crate) fn draw(&self) -> Markup {
        let intervals = self.intervals.len();
        let heights = (0..intervals).map(|place| self.stacked.iter().map(|series| at(series, place)).sum());
        let top = ceiling(heights.max().unwrap_or(0));
        let top_of_line = ceiling(self.line.figures.iter().copied().max().unwrap_or(0));
        let view = format!("0 0 {} {HEIGHT}", intervals.saturating_mul(STEP));
        html! {
            (frame("chart", &quarters(top), &[], &html! {
                svg viewBox=(view) preserveAspectRatio="none" role="img" aria-label=(self.label) {
                    (grid(intervals, 4))
                    @for place in 0..intervals { (self.bar(place, top)) }
                }
            }))
            p.label { "Credits " (self.line.name) }
            (frame("chart low", &[short(top_of_line), "0".to_owned()], &ends(&self.intervals), &html! {
                svg viewBox=(view) preserveAspectRatio="none" role="img"
                    aria-label={ "Credits " (self.line.name) " over time" } {
                    (grid(intervals, 1))
                    polyline.line points=(points(&self.line.figures, top_of_line)) {}
                }
            }))
            ul.legend {
                @for (place, series) in self.stacked.iter().enumerate() {
                    li { span class={ "key s" (colour(place)) } {} (series.name) " "
                        span.muted { (figure(series.figures.iter().sum::<i128>())) } }
                }
                li { span class="key line" {} (self.line.name) " "
                    span.muted { (figure(self.line.figures.iter().sum::<i128>())) } }
            }
            details {
                summary { "The same as a table" }
                div.scroll tabindex="0" role="region" aria-label={ (self.label) ", as a table" } {
                    table {
                        thead { tr {
                            th scope="col" { (self.interval) }
                            @for series in &self.stacked { th.figure scope="col" { (series.name) } }
                            th.figure scope="col" { (self.line.name) }
                        } }
                        tbody {
                            @for (place, name) in self.intervals.iter().enumerate() { tr {
                                th scope="row" { (name) }
                                @for series in &self.stacked { td.figure { (figure(at(series, place))) } }
                                td.figure { (figure(at(&self.line, place))) }
                            } }
                        }
                    }
                }
            }
        }
    }

    fn bar(&self, place: usize, top: i128) -> Markup {
        let mut below = 0_i128;
        let mut parts = Vec::new();
        for (series, bar) in self.stacked.iter().enumerate() {
            let above = below.saturating_add(at(bar, place));
            let (low, high) = (scaled(below, top), scaled(above, top));
            if high > low {
                parts.push((series, HEIGHT.saturating_sub(high), high.saturating_sub(low)));
            }
            below = above;
        }
        let x = place.saturating_mul(STEP).saturating_add(1);
        html! {
            @for (series, y, height) in parts {
                rect class={ "s" (colour(series)) } x=(x) y=(y) width="8" height=(height) {}
            }
        }
    }
}

/// A line over time.
pub(crate) struct Line<'a> {
    /// Description of the drawing, for people who do not see it.
    pub(crate) label: &'a str,
    /// The name of a point in time, such as `Day`.
    pub(crate) interval: &'a str,
    /// The name of each point.
    pub(crate) intervals: Vec<String>,
    /// The figures; below zero too.
    pub(crate) series: Series,
}

impl Line<'_> {
    /// The chart with its table.
    pub(crate) fn draw(&self) -> Markup {
        let figures = &self.series.figures;
        let lowest = figures.iter().copied().min().unwrap_or(0).min(0);
        let bottom = if lowest < 0 { ceiling(lowest.saturating_neg()).saturating_neg() } else { 0 };
        let raised: Vec<i128> = figures.iter().map(|figure| figure.saturating_sub(bottom)).collect();
        let highest = figures.iter().copied().max().unwrap_or(0).max(0);
        let top = ceiling(highest).saturating_sub(bottom);
        let zero = HEIGHT.saturating_sub(scaled(bottom.saturating_neg(), top));
        let width = figures.len().saturating_mul(STEP);
        html! {
            div.chart {
                div.scale aria-hidden="true" {
                    span { (figure(top.saturating_add(bottom))) }
                    span { (figure(bottom)) }
                }
                div.drawing {
                    svg viewBox={ "0 0 " (width) " " (HEIGHT) } preserveAspectRatio="none" role="img"
                        aria-label=(self.label) {
                        line.grid x1="0" x2=(width) y1=(zero) y2=(zero) {}
                        polyline.line points=(points(&raised, top)) {}
                    }
                    (axis(&ends(&self.intervals)))
                }
            }
            details {
                summary { "The same as a table" }
                div.scroll tabindex="0" role="region" aria-label={ (self.label) ", as a table" } {
                    table {
                        thead { tr {
                            th scope="col" { (self.interval) }
                            th.figure scope="col" { (self.series.name) }
                        } }
                        tbody {
                            @for (name, value) in self.intervals.iter().zip(figures) {
                                tr { th scope="row" { (name) } td.figure { (figure(*value)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A drawing with its scale on the left and the ends of its axis below, if it has any.
fn frame(class: &str, scale: &[String], ends: &[String], drawing: &Markup) -> Markup {
    html! {
        div class=(class) {
            div.scale aria-hidden="true" { @for figure in scale { span { (figure) } } }
            div.drawing { (drawing) @if !ends.is_empty() { (axis(ends)) } }
        }
    }
}

/// The figures of a scale, from the top.
fn quarters(top: i128) -> Vec<String> {
    (0..=4_i128).rev().map(|quarter| short(top.saturating_mul(quarter) / 4)).collect()
}

fn axis(ends: &[String]) -> Markup {
    html! { div.axis aria-hidden="true" { @for end in ends { span { (end) } } } }
}

/// Horizontal lines that part the height.
fn grid(intervals: usize, parts: i128) -> Markup {
    let width = intervals.saturating_mul(STEP);
    html! {
        @for part in 0..=parts {
            line.grid x1="0" x2=(width) y1=(part * HEIGHT / parts) y2=(part * HEIGHT / parts) {}
        }
    }
}

/// Up to five names of the axis, evenly spaced, with both ends.
fn ends(intervals: &[String]) -> Vec<String> {
    let last = intervals.len().saturating_sub(1);
    let shown = last.min(4);
    let places = (0..=shown).map(|place| (last * place).checked_div(shown).unwrap_or(0));
    places.filter_map(|place| intervals.get(place).cloned()).collect()
}

fn points(figures: &[i128], top: i128) -> PreEscaped<String> {
    let mut text = String::new();
    for (place, figure) in figures.iter().enumerate() {
        let (x, y) = (place * STEP + STEP / 2, HEIGHT.saturating_sub(scaled(*figure, top)));
        let _ = write!(text, "{x},{y} ");
    }
    PreEscaped(text.trim_end().to_owned())
}

fn at(series: &Series, place: usize) -> i128 {
    series.figures.get(place).copied().unwrap_or(0)
}

fn colour(series: usize) -> usize {
    series.min(COLOURS - 1)
}

/// A figure in the drawing's units.
fn scaled(figure: i128, top: i128) -> i128 {
    figure.checked_mul(HEIGHT).map_or_else(|| figure / (top / HEIGHT).max(1), |scaled| scaled / top.max(1))
}

/// The next of 1, 2, 4, 8 times a power of ten, at least 4, so that quarters are whole.
fn ceiling(highest: i128) -> i128 {
    let mut power = 1_i128;
    loop {
        for step in [4, 8, 12, 20] {
            let top = power.saturating_mul(step);
            if top >= highest || top == i128::MAX {
                return top;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// `80k`, `1.2M`: for the scale, where room is scarce.
fn short(figure: i128) -> String {
    const UNITS: [(i128, &str); 4] =
        [(1_000_000_000_000, "T"), (1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    for (size, unit) in UNITS {
        if figure >= size.saturating_mul(if size == 1_000 { 10 } else { 1 }) {
            let tenths = figure.saturating_mul(10) / size;
            let whole = crate::wording::figure(tenths / 10);
            return if tenths % 10 == 0 {
                format!("{whole}{unit}")
            } else {
                format!("{whole}.{}{unit}", tenths % 10)
            };
        }
    }
    crate::wording::figure(figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_at_a_round_figure() {
        for (highest, top) in
            [(0, 4), (4, 4), (5, 8), (9, 12), (13, 20), (21, 40), (78_000, 80_000), (100_001, 120_000)]
        {
            assert_eq!(ceiling(highest), top, "{highest}");
        }
        assert_eq!(ceiling(i128::MAX), i128::MAX);
        for (figure, text) in [(0, "0"), (9_999, "9,999"), (80_000, "80k"), (1_200_000, "1.2M")] {
            assert_eq!(short(figure), text);
        }
    }

    #[test]
    fn the_axis_names_both_ends() {
        let names = |count: usize| (1..=count).map(|day| day.to_string()).collect::<Vec<_>>();
        assert_eq!(ends(&names(1)), ["1"]);
        assert_eq!(ends(&names(2)), ["1", "2"]);
        assert_eq!(ends(&names(30)), ["1", "8", "15", "22", "30"]);
        assert!(ends(&[]).is_empty());
    }

    #[test]
    fn figures_of_any_size_are_drawn() {
        let bars = Bars {
            label: "spent",
            interval: "Day",
            intervals: vec!["1".to_owned(), "2".to_owned()],
            stacked: vec![Series { name: "a".to_owned(), figures: vec![i128::from(i64::MAX), 0] }],
            line: Series { name: "b".to_owned(), figures: vec![i128::MAX / 2, 1] },
        };
        let drawn = bars.draw().into_string();
        assert!(drawn.contains("<polyline"), "{drawn}");
        let series = Series { name: "b".to_owned(), figures: vec![-5, 0, 3] };
        let intervals = vec!["1".to_owned(), "2".to_owned(), "3".to_owned()];
        let drawn = Line { label: "balance", interval: "Day", intervals, series }.draw().into_string();
        // From -8 to 4: zero is a third from the top.
        assert!(drawn.contains(r#"y1="334""#), "{drawn}");
    }
}
