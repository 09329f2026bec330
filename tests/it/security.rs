//! docs/security.md holds what it says: each file, function, test and section that it names is there, and each requirement of
//! ASVS 5.0.0 of levels 1 and 2 in the chapters that it goes through has one row.

use std::path::Path;

use crate::deployment::root;

const PAGE: &str = include_str!("../../docs/security.md");

/// Level 1 of V6, V7, V9, V11 and V16 (github.com/OWASP/ASVS, tag `v5.0.0_release`, `5.0/en`).
const LEVEL_1: [&str; 26] = [
    "6.1.1", "6.2.1", "6.2.2", "6.2.3", "6.2.4", "6.2.5", "6.2.6", "6.2.7", "6.2.8", "6.3.1", "6.3.2", "6.4.1",
    "6.4.2", "7.2.1", "7.2.2", "7.2.3", "7.2.4", "7.4.1", "7.4.2", "9.1.1", "9.1.2", "9.1.3", "9.2.1", "11.3.1",
    "11.3.2", "11.4.1",
];
/// Level 2 of the same.
const LEVEL_2: [&str; 64] = [
    "6.1.2", "6.1.3", "6.2.9", "6.2.10", "6.2.11", "6.2.12", "6.3.3", "6.3.4", "6.4.3", "6.4.4", "6.5.1", "6.5.2",
    "6.5.3", "6.5.4", "6.5.5", "6.6.1", "6.6.2", "6.6.3", "6.8.1", "6.8.2", "6.8.3", "6.8.4", "7.1.1", "7.1.2",
    "7.1.3", "7.3.1", "7.3.2", "7.4.3", "7.4.4", "7.4.5", "7.5.1", "7.5.2", "7.6.1", "7.6.2", "9.2.2", "9.2.3",
    "9.2.4", "11.1.1", "11.1.2", "11.2.1", "11.2.2", "11.2.3", "11.3.3", "11.4.2", "11.4.3", "11.4.4", "11.5.1",
    "11.6.1", "16.1.1", "16.2.1", "16.2.2", "16.2.3", "16.2.4", "16.2.5", "16.3.1", "16.3.2", "16.3.3", "16.3.4",
    "16.4.1", "16.4.2", "16.4.3", "16.5.1", "16.5.2", "16.5.3",
];

/// The cells of a line of a table.
fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// The rows of the requirements: number, level, what it asks for, how it is met, what shows it.
fn requirements() -> Vec<Vec<&'static str>> {
    let is_number = |text: &str| text.split('.').count() == 3 && text.split('.').all(|part| part.parse::<u8>().is_ok());
    let rows = PAGE.lines().filter(|line| line.starts_with("| ")).map(cells);
    rows.filter(|row| is_number(row[0])).inspect(|row| assert_eq!(row.len(), 5, "{row:?}")).collect()
}

/// What stands between backticks in `text` and begins with a folder of ours, each with the function behind `::`.
fn named(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let spans = text.split('`').skip(1).step_by(2);
    let folders = ["shared/", "functions/", "infra/", "tests/", "clients/", ".github/"];
    let paths = spans.filter(move |span| folders.iter().any(|folder| span.starts_with(folder)));
    paths.map(|span| span.split_once("::").map_or((span, None), |(path, name)| (path, Some(name))))
}

fn text_of(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines of attributes and visibility above the function `name` in `text`, if it is there.
fn above<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (before, _) = ["(", "<"].iter().find_map(|end| text.split_once(&format!("fn {name}{end}")))?;
    before.rsplit("\n\n").next()
}

/// The anchors of the headings of a page, as GitHub makes them.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    headings.map(|text| text.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

#[test]
fn every_requirement_of_levels_1_and_2_has_one_row() {
    let mut found: Vec<_> = requirements().iter().map(|row| (row[0], row[1])).collect();
    let mut wanted = LEVEL_1.map(|number| (number, "1")).to_vec();
    wanted.extend(LEVEL_2.map(|number| (number, "2")));
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
}

#[test]
fn a_requirement_is_met_by_something_or_the_row_says_what_is_missing() {
    for row in requirements() {
        let (number, how, shown) = (row[0], row[3], row[4]);
        let verdict = ["met", "in part: ", "not met: ", "n/a: "].into_iter().find(|verdict| how.starts_with(verdict));
        let verdict = verdict.unwrap_or_else(|| panic!("{number}: {how}"));
        let names_something = named(how).chain(named(shown)).next().is_some() || how.contains("](");
        assert!(verdict != "met" || names_something, "{number} is met by nothing: {how}");
        assert!(verdict != "n/a: " || shown.is_empty(), "{number}");
    }
}

#[test]
fn everything_that_the_page_names_is_there() {
    let mut count = 0;
    for (path, name) in named(PAGE) {
        assert!(root().join(path).exists(), "there is no {path}");
        if let Some(name) = name {
            assert!(above(&text_of(path), name).is_some(), "there is no {name} in {path}");
        }
        count += 1;
    }
    assert!(count > 100, "{count}");
}

#[test]
fn what_shows_a_requirement_is_a_test() {
    for row in requirements() {
        for (path, name) in named(row[4]).filter_map(|(path, name)| Some((path, name?))) {
            let text = text_of(path);
            let attributes = above(&text, name).unwrap_or_default();
            assert!(
                attributes.contains("#[test]") || attributes.contains("#[tokio::test"),
                "{path}::{name} is no test"
            );
        }
    }
}

#[test]
fn links_lead_to_pages_and_sections_that_are_there() {
    for target in PAGE.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        if target.starts_with("https://") {
            continue;
        }
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let page =
            if file.is_empty() { PAGE.to_owned() } else { text_of(&Path::new("docs").join(file).to_string_lossy()) };
        assert!(anchor.is_empty() || anchors(&page).iter().any(|known| known == anchor), "{target}");
    }
}
