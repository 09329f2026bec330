//! Supabase's users: its table `auth.users`.

use serde_json::Value;

use super::columns::{Columns, first_and_last};
use crate::import::draft::Draft;

/// What an export of the table must have.
pub(super) const COLUMNS: [&str; 5] = ["id", "email", "encrypted_password", "email_confirmed_at", "created_at"];

/// The user in a row. Whoever has an e-mail address logs in with it, others with the telephone number.
///
/// # Errors
///
/// What is wrong with a field, or why nobody logs in as this one.
pub(super) fn draft(row: &Columns<'_>) -> Result<Draft, String> {
    if row.flag("is_anonymous", false)? {
        return Err("an anonymous user: nobody can log in as it".to_owned());
    }
    if let Some(at) = row.text("deleted_at") {
        return Err(format!("was deleted there, on {at}"));
    }
    let contact = |name: &str| Some((row.text(name)?, row.text(&format!("{name}_confirmed_at"))));
    let (username, confirmed_at) = contact("email").or_else(|| contact("phone")).ok_or("neither email nor phone")?;
    if confirmed_at.is_none() {
        // Supabase lets nobody in before: whoever chose the password may be somebody else.
        return Err("never confirmed the address or number there".to_owned());
    }
    let about: Value =
        row.text("raw_user_meta_data").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let told = |names: &[&str]| names.iter().find_map(|name| about.get(name)?.as_str()).map(str::to_owned);
    let (first_name, last_name) = match told(&["first_name"]) {
        Some(first_name) => (first_name, told(&["last_name"]).unwrap_or_default()),
        None => first_and_last(&told(&["full_name", "name"]).unwrap_or_default()),
    };
    Ok(Draft {
        origin: "supabase",
        legacy_id: row.text("id"),
        username,
        first_name,
        last_name,
        password_hash: row.text_or_empty("encrypted_password"),
        is_active: true,
        banned_until: row.time("banned_until")?,
        created_at: row.time("created_at")?,
        ..Draft::default()
    })
}
