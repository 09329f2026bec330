//! Progress bars, on standard error where that is a terminal.

use std::fmt::Write;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

/// A bar for `total` users, with rate and time left.
pub(crate) fn users(total: u64, doing: &'static str) -> ProgressBar {
    let template = "{msg} {wide_bar} {human_pos} of {human_len}, {rate}, {eta} left";
    styled(ProgressBar::new(total), template, doing)
}

/// A bar for about `total` items of a table; without a total, a count and a rate.
pub(crate) fn items(total: Option<u64>, doing: &'static str) -> ProgressBar {
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let template = match total {
        Some(_) => "{msg} {wide_bar} {human_pos} of about {human_len} items, {rate}, {eta} left",
        None => "{msg} {spinner} {human_pos} items, {rate}",
    };
    styled(bar, template, doing)
}

/// A bar for a file of `total` bytes.
pub(crate) fn bytes(total: u64, doing: &'static str) -> ProgressBar {
    styled(ProgressBar::new(total), "{msg} {wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left", doing)
}

fn styled(bar: ProgressBar, template: &str, doing: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style.with_key("rate", rate)).with_message(doing)
}

fn rate(state: &ProgressState, text: &mut dyn Write) {
    // Nobody is told where there is nobody to draw for.
    let _undrawn = write!(text, "{:.0}/s", state.per_sec());
}
