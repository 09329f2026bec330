//! The picture: three panels of rows, one below the other.

use plotters::coord::Shift;
use plotters::prelude::*;

/// Where the processor's time of a request goes.
pub(crate) const ITEMS: [&str; 5] = ["signature", "DynamoDB", "its client", "gateway", "the rest"];

/// One line of a panel.
pub(crate) struct Row<const N: usize> {
    pub(crate) name: String,
    pub(crate) figures: [f64; N],
}

/// What is drawn.
pub(crate) struct Panels {
    /// Shares of the bare hash's rate.
    pub(crate) rates: Vec<Row<1>>,
    /// Milliseconds of processor time, by [`ITEMS`].
    pub(crate) items: Vec<Row<5>>,
    /// p50 and p99, in milliseconds.
    pub(crate) latencies: Vec<Row<2>>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const WIDTH: i32 = 960;
const LINE: i32 = 20;
/// Above the rows of a panel: its title and what its colours mean.
const HEAD: i32 = 58;
/// Where bars begin, and how long the longest is.
const LEFT: i32 = 200;
const LONGEST: f64 = 640.0;
/// Told apart by people who see few colours as well (Okabe and Ito).
const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(160, 160, 160),
];

/// The picture as SVG, on a background of its own.
pub(crate) fn of(panels: &Panels) -> String {
    let rows =
        [panels.rates.len(), panels.items.len(), panels.latencies.len()].map(|many| i32::try_from(many).unwrap());
    let [rates, items, latencies] = rows.map(|many| HEAD + LINE * many);
    let mut svg = String::new();
    {
        let height = rates + items + latencies + LINE;
        let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE).unwrap();
        draw_rates(&area, 0, &panels.rates);
        draw_items(&area, rates, &panels.items);
        draw_latencies(&area, rates + items, &panels.latencies);
        area.present().unwrap();
    }
    svg
}

fn draw_rates(area: &Area<'_>, top: i32, rows: &[Row<1>]) {
    head(area, top, "Requests a second of what hashes, as a share of the bare hash's; and how many clients ask");
    legend(area, top, &[("the goal, 0.95, is the line", COLOURS[1])]);
    let most = rows.iter().map(|row| row.figures[0]).fold(1.0, f64::max);
    let scale = |figure: f64| LEFT + pixels(figure / most * LONGEST);
    for (y, row) in lines(area, top, rows) {
        bar(area, (LEFT, scale(row.figures[0])), y, COLOURS[0]);
        value(area, (scale(row.figures[0].max(0.95)), y), &format!("{:.2}", row.figures[0]));
    }
    let goal = scale(0.95);
    let (from, to) = (top + HEAD, top + HEAD + LINE * i32::try_from(rows.len()).unwrap());
    area.draw(&PathElement::new([(goal, from), (goal, to)], COLOURS[1].stroke_width(2))).unwrap();
}

fn draw_items(area: &Area<'_>, top: i32, rows: &[Row<5>]) {
    head(area, top, "Where the processor's time of a request goes, with eight clients: milliseconds");
    legend(area, top, &std::array::from_fn::<_, 5, _>(|item| (ITEMS[item], COLOURS[item])));
    let most = rows.iter().map(|row| row.figures.iter().sum()).fold(0.001, f64::max);
    for (y, row) in lines(area, top, rows) {
        let mut spent = 0.0;
        for (figure, colour) in row.figures.into_iter().zip(COLOURS) {
            let left = LEFT + pixels(spent / most * LONGEST);
            spent += figure.max(0.0);
            bar(area, (left, LEFT + pixels(spent / most * LONGEST)), y, colour);
        }
        value(area, (LEFT + pixels(spent / most * LONGEST), y), &format!("{spent:.2}"));
    }
}

fn draw_latencies(area: &Area<'_>, top: i32, rows: &[Row<2>]) {
    head(
        area,
        top,
        "Latency: p50 and p99 in milliseconds, each power of ten as long as the other; and how many clients ask",
    );
    legend(area, top, &[("to p50", COLOURS[0]), ("from there to p99", COLOURS[3])]);
    let most = rows.iter().map(|row| row.figures[1]).fold(1.0, f64::max);
    // From a hundredth of a millisecond on.
    let scale = |figure: f64| LEFT + pixels((figure.max(0.01) * 100.0).log10() / (most * 100.0).log10() * LONGEST);
    for (y, row) in lines(area, top, rows) {
        let [p50, p99] = row.figures.map(scale);
        bar(area, (LEFT, p50), y, COLOURS[0]);
        bar(area, (p50, p99), y, COLOURS[3]);
        value(area, (p99, y), &format!("{:.2}, {:.2}", row.figures[0], row.figures[1]));
    }
}

/// Writes the names of `rows`; where each line begins.
fn lines<'a, const N: usize>(area: &Area<'_>, top: i32, rows: &'a [Row<N>]) -> Vec<(i32, &'a Row<N>)> {
    let places = (0_i32..).map(|place| top + HEAD + LINE * place);
    let lines: Vec<_> = places.zip(rows).collect();
    for (y, row) in &lines {
        area.draw(&Text::new(row.name.clone(), (14, y + 3), text(13))).unwrap();
    }
    lines
}

fn head(area: &Area<'_>, top: i32, title: &str) {
    area.draw(&Text::new(title.to_owned(), (14, top + 14), text(16).style(FontStyle::Bold))).unwrap();
}

fn legend(area: &Area<'_>, top: i32, entries: &[(&str, RGBColor)]) {
    let mut left = LEFT;
    for (name, colour) in entries {
        bar(area, (left, left + 14), top + HEAD - LINE - 2, *colour);
        area.draw(&Text::new((*name).to_owned(), (left + 20, top + HEAD - LINE + 1), text(13))).unwrap();
        left += 48 + 7 * i32::try_from(name.len()).unwrap();
    }
}

fn bar(area: &Area<'_>, (left, right): (i32, i32), y: i32, colour: RGBColor) {
    area.draw(&Rectangle::new([(left, y + 2), (right, y + LINE - 3)], colour.filled())).unwrap();
}

fn value(area: &Area<'_>, (right, y): (i32, i32), value: &str) {
    area.draw(&Text::new(value.to_owned(), (right + 6, y + 3), text(13))).unwrap();
}

fn text(size: i32) -> FontDesc<'static> {
    ("sans-serif", size).into_font()
}

#[expect(clippy::cast_possible_truncation, reason = "a length in the picture")]
fn pixels(length: f64) -> i32 {
    length.round() as i32
}
