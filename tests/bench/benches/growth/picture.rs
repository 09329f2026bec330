//! The plot: units of each operation over the number of users.

use std::collections::BTreeMap;

use faregate_tests::Cost;
use plotters::coord::Shift;
use plotters::prelude::*;

use super::{Measured, grouped};

const SIZE: (u32, u32) = (1100, 620);
/// Where lines end and their names begin, in pixels.
const NAMES: i32 = 330;
/// Names are at least so far apart, in pixels.
const LINE: i32 = 17;
const TEXT: RGBColor = RGBColor(40, 40, 48);
/// Told apart by people who see few colours as well (Okabe and Ito).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(90, 90, 90),
];

/// Operations whose units are equal throughout, with these units, in tenths.
type Lines = BTreeMap<Vec<u64>, Vec<&'static str>>;

/// The plot as SVG: write units on the left, read units on the right, on a background of its own.
pub(super) fn of(measured: &[Measured]) -> String {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE).unwrap();
        let (left, right) = area.split_horizontally(SIZE.0 / 2);
        panel(&left, "Write units of an operation", measured, |cost| cost.write_units);
        panel(&right, "Read units of an operation", measured, |cost| cost.read_units);
        area.present().unwrap();
    }
    svg
}

fn panel(area: &DrawingArea<SVGBackend<'_>, Shift>, title: &str, measured: &[Measured], units: fn(&Cost) -> f64) {
    let lines = lines(measured, units);
    let most = lines.keys().flatten().max().copied().unwrap_or(10);
    let first = measured[0].0;
    let last = measured.last().unwrap().0.max(first * 10);
    let (area_of_lines, names) = area.split_horizontally(SIZE.0.cast_signed() / 2 - NAMES + 60);
    let mut chart = ChartBuilder::on(&area_of_lines)
        .caption(title, ("sans-serif", 17).into_font().color(&TEXT))
        .margin(10)
        .x_label_area_size(42)
        .y_label_area_size(36)
        .build_cartesian_2d((in_users(first)..in_users(last)).log_scale(), (0.4..(tenths(most) * 1.3)).log_scale())
        .unwrap();
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(RGBColor(225, 225, 230))
        .axis_style(TEXT)
        .label_style(("sans-serif", 12).into_font().color(&TEXT))
        .x_desc("users")
        .x_labels(measured.len())
        .x_label_formatter(&|users| short(*users))
        .y_label_formatter(&|units| format!("{units}"))
        .draw()
        .unwrap();
    let mut lowest = i32::MAX;
    for (index, (values, operations)) in lines.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let points: Vec<(f64, f64)> =
            measured.iter().zip(values).map(|((users, _), value)| (in_users(*users), tenths(*value))).collect();
        let (_, y) = chart.backend_coord(points.last().unwrap());
        chart.draw_series(LineSeries::new(points.clone(), colour.stroke_width(2))).unwrap();
        chart.draw_series(points.into_iter().map(|point| Circle::new(point, 3, colour.filled()))).unwrap();
        lowest = write_names(&names, (tenths(*values.last().unwrap()), operations), colour, y.min(lowest));
    }
}

/// Writes what a line stands for beside its end, upwards from `y`; above which line of text the next may begin.
fn write_names(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    (units, operations): (f64, &[&str]),
    colour: RGBColor,
    y: i32,
) -> i32 {
    let mut rows: Vec<String> = vec![format!("{units}:")];
    for name in operations {
        let row = rows.last_mut().unwrap();
        if row.len() + name.len() > 38 {
            rows.push(format!("   {name}"));
        } else {
            row.push(' ');
            row.push_str(name);
        }
    }
    let style = ("sans-serif", 12).into_font().color(&colour);
    let top = y - LINE * (i32::try_from(rows.len()).unwrap() - 1);
    for (index, row) in rows.iter().enumerate() {
        let y = top + LINE * i32::try_from(index).unwrap() - 6;
        area.draw(&Text::new(row.clone(), (0, y), style.clone())).unwrap();
    }
    top - LINE
}

fn lines(measured: &[Measured], units: fn(&Cost) -> f64) -> Lines {
    let mut lines = Lines::new();
    for (index, (name, _)) in measured[0].1.iter().enumerate() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "few, and none negative")]
        let values: Vec<u64> =
            measured.iter().map(|(_, costs)| (units(&costs[index].1) * 10.0).round() as u64).collect();
        // What is nothing has no place on a logarithmic scale.
        if values.iter().all(|value| *value > 0) {
            lines.entry(values).or_default().push(name);
        }
    }
    lines
}

#[expect(clippy::cast_precision_loss, reason = "units are few")]
fn tenths(value: u64) -> f64 {
    value as f64 / 10.0
}

#[expect(clippy::cast_precision_loss, reason = "a million at most")]
fn in_users(users: usize) -> f64 {
    users as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of users")]
fn short(users: f64) -> String {
    grouped(users.round() as usize)
}
