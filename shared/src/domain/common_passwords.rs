//! The list of passwords that attackers try first (Django's; see `shared/data/README.md`).

/// One password a line, sorted by bytes.
static LIST: &str = include_str!("../../data/common-passwords.txt");

/// Whether `password`, already in lower case and trimmed, is on the list.
///
/// A binary search in the text as it lies in the binary: nothing is built at start, nothing is allocated.
#[must_use]
pub fn contains(password: &str) -> bool {
    let list = LIST.as_bytes();
    let (mut low, mut high) = (0, list.len());
    while low < high {
        let middle = low.midpoint(high);
        let start = line_start(list, low, middle);
        let end = line_end(list, middle);
        match list.get(start..end).unwrap_or_default().cmp(password.as_bytes()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

/// Where the line that holds `position` starts, not before `low`.
fn line_start(list: &[u8], low: usize, position: usize) -> usize {
    let before = list.get(low..position).unwrap_or_default();
    before.iter().rposition(|byte| *byte == b'\n').map_or(low, |newline| low + newline + 1)
}

/// Where the line that holds `position` ends.
fn line_end(list: &[u8], position: usize) -> usize {
    let after = list.get(position..).unwrap_or_default();
    after.iter().position(|byte| *byte == b'\n').map_or(list.len(), |newline| position + newline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_and_its_neighbours_are_not() {
        let known: std::collections::BTreeSet<&str> = LIST.lines().collect();
        assert_eq!(known.len(), 19_640);
        assert!(LIST.lines().is_sorted());
        for line in LIST.lines() {
            assert!(contains(line), "{line}");
            for neighbour in [
                format!("{line}\u{1}"),
                format!("{line}~"),
                line[..line.len() - line.chars().last().unwrap().len_utf8()].to_owned(),
            ] {
                assert_eq!(contains(&neighbour), known.contains(neighbour.as_str()), "{neighbour}");
            }
        }
    }

    #[test]
    fn neither_an_empty_password_nor_one_with_a_newline_is_on_the_list() {
        assert!(!contains(""));
        assert!(!contains("\n"));
        assert!(!contains("password\n"));
    }
}
