//! Which of the offered subprotocols the server takes (RFC 6455, 4.2.2): exactly one, and never the token.

/// The first that was offered, unless it is the token behind `bearer`. `lines` are the values of
/// `Sec-WebSocket-Protocol`.
pub(crate) fn chosen(lines: &[&str]) -> Option<String> {
    let joined = lines.join(",");
    let offered: Vec<&str> = joined.split(',').map(str::trim).filter(|protocol| !protocol.is_empty()).collect();
    let token = offered.iter().position(|protocol| *protocol == "bearer").map(|index| index + 1);
    let mut usable = offered.iter().enumerate().filter(|(index, _)| Some(*index) != token);
    usable.next().map(|(_, protocol)| (*protocol).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_offered_is_taken_and_never_the_token() {
        assert_eq!(chosen(&["bearer, a.b.c"]).as_deref(), Some("bearer"));
        assert_eq!(chosen(&["bearer", "a.b.c"]).as_deref(), Some("bearer"));
        assert_eq!(chosen(&["taxi.v1, bearer, a.b.c"]).as_deref(), Some("taxi.v1"));
        assert_eq!(chosen(&["taxi.v1"]).as_deref(), Some("taxi.v1"));
        assert_eq!(chosen(&[]), None);
        assert_eq!(chosen(&[" , "]), None);
    }
}
