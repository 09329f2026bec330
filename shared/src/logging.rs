//! Log lines on standard error: JSON for machines, one coloured line for a person at a terminal.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging for this process, at level info and above.
///
/// A second call changes nothing. What may be logged is a rule of its own (CONTRIBUTING.md): never a password, a
/// token, a hash, an e-mail address or a body.
pub fn start() {
    let filter = EnvFilter::new("warn,faregate=info,local=info");
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // Only the first call of a process can set the subscriber; the others find it set.
    let _already_set = if std::io::stderr().is_terminal() {
        builder.compact().with_ansi(true).try_init()
    } else {
        builder.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    };
}
