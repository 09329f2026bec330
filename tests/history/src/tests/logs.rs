//! The search through the log.

use std::collections::HashSet;
use std::io::Write as _;

use crate::secrets::{Log, Scan};

fn scan(lines: &[&str]) -> Scan {
    let mut log = Log::default();
    for line in lines {
        writeln!(log, "{line}").unwrap();
    }
    let secrets = HashSet::from(["XSYR1aTdK0Cyd9_bXs9bSYGRUNfVxi9O75YMsMJNsgw".to_owned()]);
    let keys = HashSet::from(["MC4CAQAwBQYDK2VwBCIEIOplusAnd+And/And".to_owned()]);
    log.scan(&secrets, &keys)
}

#[test]
fn a_log_that_tells_nothing_is_good() {
    let line =
        r#"{"message":"answered","http.route":"/api/log_in","span":{"request.id":"00000000000000000000000000000001"}}"#;
    assert_eq!(scan(&[line, ""]), Scan { lines: 2, told: Vec::new() });
}

#[test]
fn every_kind_of_secret_is_found_with_its_line() {
    let lines = [
        ("the password is Vq7!tramline-000007", "a password"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "a token"),
        ("stored as $argon2id$v=19$m=64,t=1,p=1$c2FsdA$aGFzaA", "a password hash"),
        ("id=rotation-id-0001-000000000002", "a rotation id"),
        ("-----BEGIN PRIVATE KEY-----", "a key"),
        ("rider-000007 is taken", "a name"),
        (r#"{"next":"XSYR1aTdK0Cyd9_bXs9bSYGRUNfVxi9O75YMsMJNsgw"}"#, "a secret of this run"),
        ("/api/sessions/XSYR1aTdK0Cyd9_bXs9bSYGRUNfVxi9O75YMsMJNsgw/", "a secret of this run"),
        ("key=MC4CAQAwBQYDK2VwBCIEIOplusAnd+And/And==, of someone", "a secret of this run"),
    ];
    let found = scan(&lines.map(|(line, _)| line));
    let wanted: Vec<(usize, &str)> = lines.iter().enumerate().map(|(index, (_, what))| (index + 1, *what)).collect();
    assert_eq!(found, Scan { lines: lines.len(), told: wanted });
}
