//! Plots.

use std::path::Path;

use plotters::prelude::*;

/// Draws a bar chart on a logarithmic scale.
pub fn bars(file: &Path, title: &str, values: &[(String, f64)]) {
    let most = values.iter().map(|(_, value)| *value).fold(10.0, f64::max) * 3.0;
    let root = SVGBackend::new(file, (960, 60 + 44 * values.len() as u32)).into_drawing_area();
    root.fill(&WHITE).expect("a plot");
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 20))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(270)
        .build_cartesian_2d((1.0..most).log_scale(), (0..values.len()).into_segmented())
        .expect("a plot");
    let name = |place: &SegmentValue<usize>| match place {
        SegmentValue::CenterOf(place) => values
            .len()
            .checked_sub(place + 1)
            .and_then(|place| values.get(place))
            .map_or(String::new(), |it| it.0.clone()),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_label_formatter(&name)
        .y_labels(values.len())
        .x_label_formatter(&|value| format!("{value:.0}"))
        .draw()
        .expect("a plot");
    let bar = |(place, (name, value)): (usize, &(String, f64))| {
        let color = if name.starts_with("ledger") { RGBColor(31, 97, 141) } else { RGBColor(170, 170, 170) };
        let ends = [(1.0, SegmentValue::Exact(place)), (value.max(1.0), SegmentValue::Exact(place + 1))];
        let mut bar = Rectangle::new(ends, color.filled());
        bar.set_margin(4, 4, 0, 0);
        bar
    };
    chart.draw_series(values.iter().rev().enumerate().map(bar)).expect("a plot");
    root.present().expect("a plot");
}

/// Draws one line, with a logarithmic x axis.
pub fn line(file: &Path, title: &str, (below, beside): (&str, &str), points: &[(usize, f64)]) {
    let right = points.iter().map(|(x, _)| *x as f64).fold(10.0, f64::max) * 2.0;
    let top = points.iter().map(|(_, y)| *y).fold(1.0, f64::max) * 1.3;
    let root = SVGBackend::new(file, (960, 400)).into_drawing_area();
    root.fill(&WHITE).expect("a plot");
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 20))
        .margin(10)
        .x_label_area_size(45)
        .y_label_area_size(60)
        .build_cartesian_2d((1_000.0..right).log_scale(), 0.0..top)
        .expect("a plot");
    chart
        .configure_mesh()
        .x_desc(below)
        .y_desc(beside)
        .x_label_formatter(&|value| format!("{value:.0}"))
        .draw()
        .expect("a plot");
    let color = RGBColor(31, 97, 141);
    let points: Vec<(f64, f64)> = points.iter().map(|(x, y)| ((*x as f64).max(1_000.0), *y)).collect();
    chart.draw_series(LineSeries::new(points.clone(), color.stroke_width(2))).expect("a plot");
    chart.draw_series(points.into_iter().map(|at| Circle::new(at, 4, color.filled()))).expect("a plot");
    root.present().expect("a plot");
}

/// Draws several lines over the same names, with a logarithmic y axis that leaves room for the legend.
pub fn lines(file: &Path, title: &str, beside: &str, names: &[&str], series: &[(String, Vec<f64>)]) {
    let values = || series.iter().flat_map(|(_, values)| values.iter().copied());
    let (least, most) = (values().fold(f64::MAX, f64::min), values().fold(1.0, f64::max));
    let root = SVGBackend::new(file, (960, 480)).into_drawing_area();
    root.fill(&WHITE).expect("a plot");
    let right = names.len() as f64 - 1.0;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 20))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(70)
        .build_cartesian_2d(0.0..right, (least / 2.0..most * 200.0).log_scale())
        .expect("a plot");
    let name =
        |place: &f64| names.get(place.round() as usize).map_or(String::new(), |name| (*name).to_owned());
    chart
        .configure_mesh()
        .disable_x_mesh()
        .y_desc(beside)
        .x_labels(names.len())
        .x_label_formatter(&name)
        .y_label_formatter(&|value| format!("{value:.0}"))
        .draw()
        .expect("a plot");
    let ours = series.iter().filter(|(name, _)| name.starts_with("ledger")).count();
    for (place, (name, values)) in series.iter().enumerate() {
        // Baselines are grey, each darker than the one before.
        let color = match place.checked_sub(ours) {
            None => Palette99::pick(place).to_rgba(),
            Some(place) => BLACK.mix(0.2 + 0.7 * place as f64 / (series.len() - ours) as f64),
        };
        let points = values.iter().enumerate().map(|(place, value)| (place as f64, value.max(1.0)));
        let line = LineSeries::new(points, color.stroke_width(2));
        let sample = move |(x, y): (i32, i32)| PathElement::new([(x, y), (x + 20, y)], color.stroke_width(2));
        chart.draw_series(line).expect("a plot").label(name).legend(sample);
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()
        .expect("a plot");
    root.present().expect("a plot");
}
