//! A process under measurement: started, asked for its processor time, ended.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// One that says on its first line where it listens, and ends with its standard input.
#[derive(Debug)]
pub struct Process {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    /// Open as long as it is to run.
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts `program` with `arguments`; `settings` are all it has in its environment.
    #[must_use]
    pub fn start(program: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(settings.iter().copied());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process that starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("its standard output"));
        let address = line_of(&mut stdout).parse().expect("where it listens");
        Self { address, stdin: child.stdin.take(), stdout, child }
    }

    /// How often it has allocated, if it counts ([`crate::server`]).
    pub fn allocations(&mut self) -> usize {
        self.stdin.as_mut().expect("a process that runs").write_all(b"\n").expect("a process that listens");
        line_of(&mut self.stdout).parse().expect("a number")
    }

    /// The processor time it has used.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        cpu_of(self.child.id())
    }
}

fn line_of(stdout: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a line");
    line.trim().to_owned()
}

/// The processor time that the process `id` has used, of all its threads, those that ended too. In steps of 10 ms.
#[must_use]
pub fn cpu_of(id: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("a process that runs");
    Duration::from_millis(10 * ticks(&stat).expect("user and system time"))
}

/// User and system time in a line of `/proc/PID/stat` (proc(5), fields 14 and 15); a tick is 10 ms (`USER_HZ` is 100 on
/// every Linux that we know of).
fn ticks(stat: &str) -> Option<u64> {
    // The second field, the program's name, may hold blanks; the third follows its last bracket.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    Some(fields.next()?.ok()? + fields.next()?.ok()?)
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It has ended, or cannot be asked any more.
        let _ended = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_any_name() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 250 13 0 0 20 0 3 0 100";
        assert_eq!(ticks(stat), Some(263));
        assert_eq!(ticks("42 (a) S 1"), None);
    }
}
