//! The picture: a bar for each subject, a panel for each cost.

use plotters::prelude::*;

use crate::Figures;

const WIDTH: i32 = 960;
const LINE: i32 = 26;
const TITLE: i32 = 44;
/// Where bars begin, and how long the longest is.
const BARS: (i32, i32) = (420, 420);
const ENGINE: RGBColor = RGBColor(0x1f, 0x5f, 0xa8);
const SERVICE: RGBColor = RGBColor(0x7f, 0xb0, 0xe0);
const PEER: RGBColor = RGBColor(0xa8, 0xa8, 0xa8);

/// Draws `panels`, one below the other, each to its own scale.
pub(crate) fn bars(panels: &[(String, Vec<Figures>)]) -> String {
    let lines: usize = panels.iter().map(|(_, figures)| figures.len()).sum();
    let height = TITLE * i32::try_from(panels.len()).unwrap() + LINE * i32::try_from(lines).unwrap() + 12;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (pixels(WIDTH), pixels(height))).into_drawing_area();
        root.fill(&WHITE).unwrap();
        let mut top = 0;
        for (title, figures) in panels {
            let style = ("sans-serif", 17).into_font().style(FontStyle::Bold).color(&BLACK);
            root.draw(&Text::new(format!("{title}: milliseconds"), (14, top + 16), style)).unwrap();
            top += TITLE;
            let longest = figures.iter().map(|figures| figures.milliseconds).fold(0.0, f64::max);
            for (place, figures) in figures.iter().enumerate() {
                bar(&root, top, (figures, colour(place), figures.milliseconds / longest));
                top += LINE;
            }
        }
        root.present().unwrap();
    }
    svg
}

fn bar(
    root: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    top: i32,
    (figures, colour, share): (&Figures, RGBColor, f64),
) {
    let name: String = figures.name.chars().filter(|character| !"`*".contains(*character)).collect();
    let text = ("sans-serif", 15).into_font().color(&BLACK);
    let (left, longest) = BARS;
    #[expect(clippy::cast_possible_truncation, reason = "a length in pixels, at most that of the longest bar")]
    let right = left + (share * f64::from(longest)).round() as i32;
    root.draw(&Text::new(name, (14, top + 6), text.clone())).unwrap();
    root.draw(&Rectangle::new([(left, top + 2), (right, top + LINE - 4)], colour.filled())).unwrap();
    let value = format!("{:.1} ({:.2} x)", figures.milliseconds, figures.ratio);
    root.draw(&Text::new(value, (right + 8, top + 6), text)).unwrap();
}

/// The first is the engine, the next two are the service (see `subject::all`).
const fn colour(place: usize) -> RGBColor {
    match place {
        0 => ENGINE,
        1 | 2 => SERVICE,
        _ => PEER,
    }
}

fn pixels(length: i32) -> u32 {
    length.unsigned_abs()
}
