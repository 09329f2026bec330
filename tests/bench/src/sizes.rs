//! How large a function may be: bytes of its stripped program, and of the same zipped, which is what Lambda fetches.

use std::fmt::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// The sizes of one function, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The stripped program.
    pub program: u64,
    /// Deflated at level 9.
    pub zipped: u64,
}

impl Size {
    /// The sizes of `program`.
    #[must_use]
    pub fn of(program: &[u8]) -> Self {
        let mut zipped = ZlibEncoder::new(Vec::new(), Compression::best());
        std::io::Write::write_all(&mut zipped, program).expect("memory can be written to");
        Self { program: program.len() as u64, zipped: zipped.finish().expect("memory can be written to").len() as u64 }
    }
}

/// What one function may weigh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The function.
    pub name: String,
    /// At most.
    pub most: Size,
}

/// The budgets, one a line: function, bytes of the program, bytes of it zipped. For `x86_64` and
/// `sam build`.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sizes.txt");
/// How much of its size a function may grow by, in thousandths, before somebody has to say that it may.
const ROOM_THOUSANDTHS: u64 = 20;

/// The recorded budgets.
#[must_use]
pub fn budgets() -> Vec<Budget> {
    parsed(&std::fs::read_to_string(FILE).unwrap_or_default())
}

/// Records budgets for `sizes`, with a little room, in place of those that are there.
pub fn record(sizes: &[(String, Size)]) {
    let room = |bytes: u64| bytes + bytes * ROOM_THOUSANDTHS / 1000;
    let line = |(name, size): &(String, Size)| format!("{name} {} {}\n", room(size.program), room(size.zipped));
    std::fs::write(FILE, sizes.iter().map(line).collect::<String>()).expect("sizes.txt can be written");
}

fn parsed(text: &str) -> Vec<Budget> {
    let budget = |line: &str| {
        let mut words = line.split(' ');
        let name = words.next()?.to_owned();
        let (program, zipped) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Budget { name, most: Size { program, zipped } })
    };
    text.lines().map(|line| budget(line).expect("a name and two numbers")).collect()
}

/// What is above its budget among `sizes`, one line each; a function without a budget and a budget without a function too.
#[must_use]
pub fn over(sizes: &[(String, Size)], budgets: &[Budget]) -> String {
    let mut lines = String::new();
    let mut line = |text: String| writeln!(lines, "{text}").expect("a string can be written to");
    for (name, size) in sizes {
        let Some(Budget { most, .. }) = budgets.iter().find(|budget| budget.name == *name) else {
            line(format!("{name}: no budget; it has {} bytes, {} zipped", size.program, size.zipped));
            continue;
        };
        for (what, bytes, most) in
            [("program", size.program, most.program), ("zipped program", size.zipped, most.zipped)]
        {
            if bytes > most {
                line(format!("{name}: its {what} has {bytes} bytes, {} above its budget of {most}", bytes - most));
            }
        }
    }
    for Budget { name, .. } in budgets.iter().filter(|budget| sizes.iter().all(|(name, _)| *name != budget.name)) {
        line(format!("{name}: a budget, and no such function"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(program: u64, zipped: u64) -> Size {
        Size { program, zipped }
    }

    #[test]
    fn what_is_within_its_budget_is_not_told() {
        let sizes = [("me".to_owned(), size(2048, 1024))];
        assert_eq!(over(&sizes, &parsed("me 2048 1024\n")), "");
    }

    #[test]
    fn what_is_above_its_budget_is_told_with_function_bytes_and_budget() {
        let sizes = [("log-in".to_owned(), size(2049, 1027)), ("me".to_owned(), size(1, 1))];
        let told = over(&sizes, &parsed("log-in 2048 1024\nme 1 1\n"));
        let expected = "log-in: its program has 2049 bytes, 1 above its budget of 2048\n\
                        log-in: its zipped program has 1027 bytes, 3 above its budget of 1024\n";
        assert_eq!(told, expected);
    }

    #[test]
    fn a_function_without_a_budget_and_a_budget_without_a_function_are_told() {
        let told = over(&[("new".to_owned(), size(7, 5))], &parsed("old 1 1\n"));
        assert_eq!(told, "new: no budget; it has 7 bytes, 5 zipped\nold: a budget, and no such function\n");
    }

    #[test]
    fn zipped_is_deflated() {
        let Size { program, zipped } = Size::of(&[7; 4096]);
        assert!(program == 4096 && zipped < 64, "{program} {zipped}");
    }
}
