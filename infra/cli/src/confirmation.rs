//! Asking before there is no way back: at a terminal, where a slip of the hand is likely, and only there.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use faregate::domain::text::trim;

/// Whether somebody at the terminal types `wanted` when shown `prompt`; true where there is no terminal to ask at.
pub(crate) fn given(prompt: &str, wanted: &str) -> bool {
    if !std::io::stdin().is_terminal() {
        return true;
    }
    // Nobody is left to ask when standard error is closed: then nothing comes back either.
    let _closed = write!(anstream::stderr(), "{prompt}");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).is_ok() && trim(&answer) == wanted
}
