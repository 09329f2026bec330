//! The README's table of settings is the code's.

use faregate::settings::{SETTINGS, Setting};

fn row(setting: &Setting) -> String {
    let default = if setting.default.is_empty() { "unset".to_owned() } else { format!("`{}`", setting.default) };
    format!("| `{}` | {default} | {} | {} |", setting.name, setting.allowed, setting.meaning)
}

#[test]
fn the_readme_lists_every_setting_as_the_code_has_it() {
    let readme = include_str!("../../README.md");
    let wanted: Vec<String> = SETTINGS.iter().map(row).collect();
    let listed: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `FAREGATE_")).collect();
    assert_eq!(listed, wanted, "copy this into README.md:\n{}", wanted.join("\n"));
}
