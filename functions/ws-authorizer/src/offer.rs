//! What a client shows to open a socket, in one of three ways, looked at in this order. The first that is there counts,
//! good or bad; a token in the query is none of them, since addresses end up in logs.

use faregate::events::{Authorization, Event};
use faregate::tokens::Ticket;

/// What a client shows.
pub(crate) enum Offer {
    /// An access token.
    Token(String),
    /// A ticket.
    Ticket(Ticket),
}

/// Finds it; nothing when there is none, or when what is there is odd.
pub(crate) fn of(event: Event<'_>) -> Option<Offer> {
    match event.authorization() {
        Authorization::Absent => {}
        Authorization::Bearer(token) => return Some(Offer::Token(token)),
        Authorization::Odd => return None,
    }
    let protocols = event.header("sec-websocket-protocol").join(",");
    let protocols: Vec<&str> = protocols.split(',').map(str::trim).collect();
    if protocols.contains(&"bearer") {
        return following(&protocols).map(|token| Offer::Token(token.to_owned()));
    }
    match event.query("ticket").as_slice() {
        [ticket] => Ticket::parse(ticket).map(Offer::Ticket),
        _ => None,
    }
}

/// What follows the one `bearer`.
fn following<'a>(protocols: &[&'a str]) -> Option<&'a str> {
    let mut bearers = protocols.iter().enumerate().filter(|(_, protocol)| **protocol == "bearer");
    match (bearers.next(), bearers.next()) {
        (Some((index, _)), None) => protocols.get(index + 1).copied(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn token(event: &Value) -> Option<String> {
        match of(Event::new(event))? {
            Offer::Token(token) => Some(token),
            Offer::Ticket(_) => None,
        }
    }

    #[test]
    fn the_header_comes_before_the_protocol_and_the_protocol_before_the_ticket() {
        let ticket = "A".repeat(43);
        let mut event = json!({
            "headers": {"Authorization": "Bearer h", "Sec-WebSocket-Protocol": "bearer, p"},
            "queryStringParameters": {"ticket": ticket},
        });
        assert_eq!(token(&event).as_deref(), Some("h"));
        event["headers"]["Authorization"] = json!(7);
        assert_eq!(token(&event).as_deref(), Some("p"));
        event["headers"]["Sec-WebSocket-Protocol"] = json!("taxi.v1");
        assert!(matches!(of(Event::new(&event)), Some(Offer::Ticket(_))));
    }

    #[test]
    fn what_is_odd_does_not_fall_through_to_the_next_way() {
        let ticket = json!({"ticket": "A".repeat(43)});
        for headers in [
            json!({"Authorization": ["Basic x"]}),
            json!({"Authorization": ["Bearer"]}),
            json!({"Authorization": ["Bearer a b"]}),
            json!({"Authorization": ["Bearer a", "Bearer a"]}),
            json!({"Sec-WebSocket-Protocol": ["bearer"]}),
            json!({"Sec-WebSocket-Protocol": ["bearer, a, bearer, a"]}),
        ] {
            let event = json!({"multiValueHeaders": headers, "queryStringParameters": ticket});
            assert!(of(Event::new(&event)).is_none(), "{event}");
        }
    }

    #[test]
    fn the_token_is_what_follows_bearer_wherever_that_stands() {
        for (protocols, wanted) in [
            (json!(["bearer, a"]), "a"),
            (json!(["bearer", "a"]), "a"),
            (json!(["taxi.v1 ,bearer,a"]), "a"),
            (json!(["bearer,a,taxi.v1"]), "a"),
        ] {
            let event = json!({"multiValueHeaders": {"sec-websocket-protocol": protocols}});
            assert_eq!(token(&event).as_deref(), Some(wanted), "{event}");
        }
    }

    #[test]
    fn a_ticket_comes_once_and_a_token_in_the_query_is_nothing() {
        let twice = json!({"multiValueQueryStringParameters": {"ticket": ["A".repeat(43), "A".repeat(43)]}});
        let token = json!({"queryStringParameters": {"token": "a.b.c", "access_token": "a.b.c", "ticket": "a.b.c"}});
        assert!(of(Event::new(&twice)).is_none());
        assert!(of(Event::new(&token)).is_none());
    }
}
