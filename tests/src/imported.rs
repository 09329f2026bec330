//! A user as an import makes it.

use faregate::clock::Timestamp;
use faregate::domain::legacy::derived_id;
use faregate::domain::password::PasswordHash;
use faregate::domain::user::{NewUser, User};
use faregate::domain::username::Username;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

const SIGNED_UP: Timestamp = Timestamp::from_seconds(1_600_000_000);

/// A hash that Django made, cheaply (tests/legacy-hashes).
pub const DJANGO_HASH: &str = "pbkdf2_sha256$1000$seasalt0123456789abcde$vOPse1Ih7LX2xChTias8oqCn3tPiZwR5MnF1G77jGVM=";
/// The password behind it.
pub const DJANGO_PASSWORD: &str = "correct horse battery staple";

/// A key that a Django signs with.
pub const SIMPLEJWT_KEY: &str = "a-signing-key-of-the-tests-and-of-nobody-else";

/// A refresh token as simplejwt writes it, of the user `id` there, which has the id `token_id`.
pub fn simplejwt_refresh(id: &Value, token_id: &str, expires_at: Timestamp) -> String {
    let claims = json!({"token_type": "refresh", "exp": expires_at.seconds(), "iat": 1_600_000_000, "jti": token_id, "id": id,
        "username": "rider", "first_name": "Rita", "last_name": "Rider"});
    simplejwt(&claims)
}

/// A token with `claims`, as a Django signs it.
pub fn simplejwt(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SIMPLEJWT_KEY.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).expect("a token")
}

/// The user who was called `legacy` elsewhere and had the password hash `hash` there.
pub fn imported(username: &str, legacy: &str, hash: &str) -> User {
    let new = NewUser {
        username: Username::parse(username).expect("a username"),
        first_name: String::new(),
        last_name: String::new(),
        password_hash: PasswordHash::from_stored(hash.to_owned()),
    };
    let legacy_id = Some(legacy.parse().expect("a legacy id"));
    User { legacy_id, ..User::new(derived_id(SIGNED_UP, &["test", legacy]), new, SIGNED_UP) }
}
