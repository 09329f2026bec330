//! Log lines on standard error: JSON for machines, one coloured line for a person at a terminal.

use std::io::IsTerminal as _;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging for this process, at `level` and above.
///
/// A second call changes nothing. What may be logged is a rule of its own (CONTRIBUTING.md): never a password, a
/// token, a hash, an e-mail address or a body.
pub fn start(level: LevelFilter) {
    // Only the first call of a process can set the subscriber; the others find it set.
    let _already_set = if std::io::stderr().is_terminal() {
        let lines = fmt::layer().with_writer(std::io::stderr).with_target(false).compact().with_ansi(true);
        registry().with(levels(level)).with(lines).try_init()
    } else {
        json_lines(level, std::io::stderr).try_init()
    };
}

/// What writes each event of `level` and above as one JSON line to `writer`.
pub fn json_lines<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
    registry().with(levels(level)).with(lines.with_writer(writer).with_target(false))
}

/// Our own events from `level` on; those of libraries from warning on, and no sooner than ours.
fn levels(level: LevelFilter) -> Targets {
    // The embedded DynamoDB warns of every condition that does not hold, which is our daily bread.
    let ours = [("faregate", level), ("local", level), ("dynoxide", LevelFilter::ERROR)];
    Targets::new().with_default(level.min(LevelFilter::WARN)).with_targets(ours)
}

/// The level that Lambda calls `name` ("Log levels for Lambda functions with JSON logs"); info for what is none.
#[must_use]
pub fn level_called(name: &str) -> LevelFilter {
    match name.to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "WARN" => LevelFilter::WARN,
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Result, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_value_begins_no_line_of_its_own_and_times_are_in_utc() {
        let written = Written::default();
        let writer = written.clone();
        let value = "x\"}\r\n{\"message\":\"audit\"}\u{1b}[31m\u{2028}";
        tracing::subscriber::with_default(json_lines(LevelFilter::INFO, move || writer.clone()), || {
            tracing::info!(message = "told", value, shown = %value);
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!((text.lines().count(), text.contains('\u{1b}')), (1, false), "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["message"], &line["value"], &line["shown"]), (&"told".into(), &value.into(), &value.into()));
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{text}");
    }

    #[test]
    fn levels_go_by_the_names_of_lambda() {
        assert_eq!(level_called("TRACE"), LevelFilter::TRACE);
        assert_eq!(level_called("debug"), LevelFilter::DEBUG);
        assert_eq!(level_called("ERROR"), LevelFilter::ERROR);
        assert_eq!(level_called("FATAL"), LevelFilter::ERROR);
        for unknown in ["", "loud"] {
            assert_eq!(level_called(unknown), LevelFilter::INFO, "{unknown}");
        }
    }
}
