use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::from_pairs(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[test]
fn the_defaults_are_good() {
    let settings = read(&[]).unwrap();
    assert_eq!(settings.password_policy, PasswordPolicy::Django { min_length: 8 });
    assert_eq!(settings.username_case, CaseSensitivity::Insensitive);
    assert_eq!(settings.argon2, Argon2Parameters { memory_kib: 19_456, iterations: 2, parallelism: 1 });
    assert!(settings.tokens.hs256_key.is_none());
    assert!(settings.sessions.rotate);
}

#[test]
fn every_setting_refuses_nonsense_and_names_itself() {
    // Free text that no value of can be wrong but an empty one.
    const FREE: [&str; 1] = ["FAREGATE_WS_REAPER_FUNCTION"];
    for setting in SETTINGS.iter().filter(|setting| !FREE.contains(&setting.name)) {
        let nonsense = if setting.name == "FAREGATE_AUDIENCE" { "" } else { "\u{1}" };
        let error = read(&[(setting.name, nonsense)]).unwrap_err();
        assert!(error.to_string().starts_with(setting.name), "{error}");
        assert!(error.to_string().contains(setting.allowed), "{error}");
    }
}

#[test]
fn an_unknown_name_is_refused_with_a_suggestion() {
    for (typed, meant) in [
        ("FAREGATE_PASSWORD_MINLENGTH", "FAREGATE_PASSWORD_MIN_LENGTH"),
        ("FAREGATE_TROTTLE", "FAREGATE_THROTTLE"),
        ("FAREGATE_REFRESH_GRACE", "FAREGATE_REFRESH_GRACE_SECONDS"),
    ] {
        let error = read(&[(typed, "8")]).unwrap_err();
        assert_eq!(error.to_string(), format!("{typed} is not a setting; did you mean {meant}?"));
    }
    assert_eq!(read(&[("FAREGATE_X", "1")]).unwrap_err().to_string(), "FAREGATE_X is not a setting");
    assert!(read(&[("OTHER", "1")]).is_ok());
}

#[test]
fn a_short_key_is_refused_without_showing_it() {
    let error = read(&[("FAREGATE_HS256_KEY", "hunter2")]).unwrap_err();
    assert_eq!(error.to_string(), "FAREGATE_HS256_KEY must be at least 32 bytes");
    let settings = read(&[("FAREGATE_HS256_KEY", "0123456789abcdef0123456789abcdef")]).unwrap();
    assert!(!format!("{settings:?}").contains("0123456789abcdef"));
}

#[test]
fn numbers_have_ranges() {
    assert!(read(&[("FAREGATE_REFRESH_GRACE_SECONDS", "0")]).is_ok());
    for bad in ["-1", "3601", "1.5", "", " 1", "99999999999999999999"] {
        assert!(read(&[("FAREGATE_REFRESH_GRACE_SECONDS", bad)]).is_err(), "{bad}");
    }
    assert!(read(&[("FAREGATE_ARGON2_PARALLELISM", "4"), ("FAREGATE_ARGON2_MEMORY_KIB", "31")]).is_err());
}

#[test]
fn an_issuer_is_a_plain_url() {
    assert!(read(&[("FAREGATE_ISSUER", "https://auth.example.com")]).is_ok());
    assert!(read(&[("FAREGATE_ISSUER", "http://127.0.0.1:8000")]).is_ok());
    for bad in ["http://auth.example.com", "ftp://auth.example.com", "https://user:pw@auth.example.com"] {
        assert!(read(&[("FAREGATE_ISSUER", bad)]).is_err(), "{bad}");
    }
    for bad in ["auth.example.com", "https://", "https://a.example/?x=1", "https://a.example/#x", "https://a.example/"]
    {
        assert!(read(&[("FAREGATE_ISSUER", bad)]).is_err(), "{bad}");
    }
}

#[test]
fn origins_are_a_list_of_exact_ones() {
    let origins = |value: &str| read(&[("FAREGATE_CORS_ORIGINS", value)]).map(|settings| settings.cors_origins);
    assert_eq!(origins(""), Ok(Vec::new()));
    let two = ["https://app.example.com", "http://localhost:5173"].map(|text| Origin::parse(text).unwrap());
    assert_eq!(origins("https://app.example.com,http://localhost:5173").unwrap(), two);
    assert_eq!(origins("https://app.example.com, http://localhost:5173").unwrap(), two);
    for bad in ["*", "null", "https://app.example.com,", ",", " ", "https://a.example;https://b.example"] {
        assert!(
            origins(bad).unwrap_err().to_string().starts_with("FAREGATE_CORS_ORIGINS must be exact origins"),
            "{bad}"
        );
    }
    assert_eq!(
        origins("https://app.example.com,https://app.example.com:443").unwrap_err().to_string(),
        "FAREGATE_CORS_ORIGINS must be exact origins, comma-separated, and \"https://app.example.com:443\" is none: \
         browsers leave out the port of the scheme, :443 of https and :80 of http"
    );
}
