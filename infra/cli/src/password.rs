//! Where a password comes from: typed without echo, or standard input; never an argument, which `ps` shows.

use std::io::{BufRead as _, Read as _};

use faregate::domain::password::{MAX_BYTES, Password};
use faregate::domain::text::trim;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Reads the new password of `username`, trimmed as sign-up and log-in trim it.
pub(crate) fn read(username: &str, from_stdin: bool) -> Result<Password, Failure> {
    let typed = if from_stdin { first_line()? } else { typed_twice(username)? };
    let trimmed = trim(&typed);
    if trimmed.is_empty() {
        return Err(Failure::Refused("the password is empty".to_owned()));
    }
    Password::parse(trimmed.to_owned()).map_err(|error| Failure::Refused(error.to_string()))
}

fn first_line() -> Result<Zeroizing<String>, Failure> {
    let mut line = Zeroizing::new(String::new());
    // One byte more than is allowed is enough to refuse it.
    let mut input = std::io::stdin().lock().take(MAX_BYTES as u64 + 2);
    input.read_line(&mut line).map_err(|error| Failure::Usage(format!("cannot read standard input: {error}")))?;
    Ok(line)
}

fn typed_twice(username: &str) -> Result<Zeroizing<String>, Failure> {
    let ask = |prompt: String| {
        rpassword::prompt_password(prompt)
            .map(Zeroizing::new)
            .map_err(|error| Failure::Usage(format!("cannot ask for the password ({error}); use --password-stdin")))
    };
    let first = ask(format!("Password for {username}: "))?;
    let second = ask("The same again: ".to_owned())?;
    if *first == *second { Ok(first) } else { Err(Failure::Refused("the two passwords differ".to_owned())) }
}
