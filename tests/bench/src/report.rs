//! Where results go: to the terminal, and with `WRITE_DOCS` set into docs/performance.md.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A table of Markdown, to be filled row by row.
#[derive(Debug)]
pub struct Table(String);

impl Table {
    /// A table with these columns; all but the first are numbers.
    #[must_use]
    pub fn new(columns: &[&str]) -> Self {
        let mut table = Self(String::new());
        table.row(columns);
        let ruler: Vec<_> = (0..columns.len()).map(|column| if column == 0 { "---" } else { "---:" }).collect();
        table.row(&ruler);
        table
    }

    /// One more row.
    pub fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
        writeln!(self.0, "| {} |", cells.join(" | ")).expect("a string can be written to");
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Prints `text`; of a run of everything (`whole`), with `WRITE_DOCS` set, it also replaces what stands between
/// `<!-- section -->` and `<!-- /section -->` in docs/performance.md.
pub fn write(section: &str, whole: bool, text: &str) {
    let text = format!("{}\n\n{}\n", provenance(), text.trim_end());
    // Nobody is left to tell when standard output is closed.
    let _closed = std::io::Write::write_all(&mut std::io::stdout(), format!("\n## {section}\n\n{text}").as_bytes());
    if whole && writes_docs() {
        let path = docs().join("performance.md");
        let page = std::fs::read_to_string(&path).expect("docs/performance.md");
        std::fs::write(&path, replaced(&page, section, &text)).expect("docs/performance.md can be written");
    }
}

/// Writes a picture for docs/images/`name`, of a run of everything (`whole`) with `WRITE_DOCS` set.
pub fn write_image(name: &str, whole: bool, svg: &str) {
    if whole && writes_docs() {
        std::fs::write(docs().join("images").join(name), svg).expect("docs/images can be written");
    }
}

/// `page` with `text` as its `section`.
fn replaced(page: &str, section: &str, text: &str) -> String {
    let (start, end) = (format!("<!-- {section} -->\n"), format!("<!-- /{section} -->"));
    let (before, rest) = page.split_once(&start).expect("the section begins in docs/performance.md");
    let (_, after) = rest.split_once(&end).expect("the section ends in docs/performance.md");
    format!("{before}{start}\n{text}\n{end}{after}")
}

#[expect(clippy::disallowed_methods, reason = "no setting of the service: whether this program writes its report")]
fn writes_docs() -> bool {
    std::env::var_os("WRITE_DOCS").is_some()
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// When, on what machine and of which commit.
fn provenance() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches(['\t', ':', ' ']);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZeroUsize::get);
    let commit = output_of("git", &["rev-parse", "--short", "HEAD"]);
    let changed =
        if output_of("git", &["status", "--porcelain", "--", "*.rs", "*.toml"]).is_empty() { "" } else { ", changed" };
    format!("{}, {cores} cores of {model}, commit {commit}{changed}.", output_of("date", &["+%F"]))
}

fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_rest_of_the_page_stays() {
        let page = "# Page\n\n<!-- a -->\n\nold\n\n<!-- /a -->\n\nbetween\n\n<!-- b -->\n<!-- /b -->\nend\n";
        let page = replaced(&replaced(page, "a", "new\n"), "b", "| x |\n");
        let expected =
            "# Page\n\n<!-- a -->\n\nnew\n\n<!-- /a -->\n\nbetween\n\n<!-- b -->\n\n| x |\n\n<!-- /b -->\nend\n";
        assert_eq!(page, expected);
        assert_eq!(replaced(&page, "a", "new\n"), page);
    }

    #[test]
    fn a_table_aligns_its_numbers() {
        let mut table = Table::new(&["what", "ms"]);
        table.row(&["one", "1.0"]);
        assert_eq!(table.to_string(), "| what | ms |\n| --- | ---: |\n| one | 1.0 |\n");
    }
}
