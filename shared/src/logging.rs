//! Log lines on standard error: JSON for machines, one coloured line for a person at a terminal.

use std::io::IsTerminal as _;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Starts logging for this process, at level info and above.
///
/// A second call changes nothing. What may be logged is a rule of its own (CONTRIBUTING.md): never a password, a
/// token, a hash, an e-mail address or a body.
pub fn start() {
    // Only the first call of a process can set the subscriber; the others find it set.
    let _already_set = if std::io::stderr().is_terminal() {
        let builder = tracing_subscriber::fmt().with_env_filter(filter()).with_writer(std::io::stderr);
        builder.with_target(false).compact().with_ansi(true).try_init()
    } else {
        tracing::subscriber::set_global_default(json_lines(std::io::stderr)).map_err(Into::into)
    };
}

/// What writes each event as one JSON line to `writer`.
pub fn json_lines<W>(writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt().with_env_filter(filter()).with_writer(writer).with_target(false);
    builder.json().flatten_event(true).with_current_span(true).with_span_list(false).finish()
}

/// Our own events from info on, those of libraries from warning on.
fn filter() -> EnvFilter {
    EnvFilter::new("warn,faregate=info,local=info")
}
