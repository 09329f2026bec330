//! Log lines on standard error: JSON for machines, one coloured line for a person at a terminal.

use std::io::IsTerminal as _;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging for this process, at level info and above.
///
/// A second call changes nothing. What may be logged is a rule of its own (CONTRIBUTING.md): never a password, a
/// token, a hash, an e-mail address or a body.
pub fn start() {
    // Only the first call of a process can set the subscriber; the others find it set.
    let _already_set = if std::io::stderr().is_terminal() {
        let lines = fmt::layer().with_writer(std::io::stderr).with_target(false).compact().with_ansi(true);
        registry().with(levels()).with(lines).try_init()
    } else {
        json_lines(std::io::stderr).try_init()
    };
}

/// What writes each event as one JSON line to `writer`.
pub fn json_lines<W>(writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
    registry().with(levels()).with(lines.with_writer(writer).with_target(false))
}

/// Our own events from info on, those of libraries from warning on.
fn levels() -> Targets {
    let ours = [("faregate", LevelFilter::INFO), ("local", LevelFilter::INFO)];
    Targets::new().with_default(LevelFilter::WARN).with_targets(ours)
}
