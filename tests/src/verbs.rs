//! What an actor does: the routes as verbs.

use axum::http::Method;
use faregate::domain::administration::{Deed, UserChange};
use faregate::domain::user::{User, UserId};
use faregate::store::{Brought, Outcome};
use serde_json::{Value, json};

use super::requests::{empty_request, json_request, with_bearer};
use super::{PASSWORD, Reply, TestApp, Tokens};

impl TestApp {
    /// Applies an operator's change to the user `id`.
    pub async fn change(&self, id: UserId, change: UserChange) {
        let deed = Deed::of_operator(self.clock.now());
        let changed = self.service.administration().change_now(id, &change, &deed).await;
        assert!(changed.expect("a change that is made").is_some(), "no such user");
    }

    /// Brings `users` in, as an import does.
    pub async fn bring(&self, users: &[User]) -> Vec<Brought> {
        let deed = Deed::of_operator(self.clock.now());
        self.service.bulk().bring(users, &deed).await.expect("what came of each")
    }

    /// Deletes the user `id`, as an operator does.
    pub async fn delete(&self, id: UserId) {
        let user = self.service.users().find(id).await.expect("a read").expect("a user");
        let deed = Deed::of_operator(self.clock.now());
        let deleted = self.service.administration().delete(&user, &deed).await;
        assert_eq!(deleted.expect("a deletion"), Outcome::Done);
    }

    /// Sends `body` as JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(json_request(Method::POST, path, body)).await
    }

    /// Asks for a user with the usual password.
    pub async fn sign_up(&self, username: &str) -> Reply {
        let body = json!({"username": username, "password1": PASSWORD, "password2": PASSWORD,
            "first_name": "Test", "last_name": "User"});
        self.post("/api/sign_up/", &body).await
    }

    /// Tries to log in.
    pub async fn try_log_in(&self, username: &str, password: &str) -> Reply {
        self.post("/api/log_in/", &json!({"username": username, "password": password})).await
    }

    /// Logs in with the usual password.
    pub async fn log_in(&self, username: &str) -> Tokens {
        let reply = self.try_log_in(username, PASSWORD).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        Tokens { access: reply.field("access"), refresh: reply.field("refresh") }
    }

    /// A new user, logged in.
    pub async fn user(&self, username: &str) -> Tokens {
        let reply = self.sign_up(username).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        self.log_in(username).await
    }

    /// Presents a refresh token.
    pub async fn refresh(&self, refresh: &str) -> Reply {
        self.post("/api/token/refresh/", &json!({"refresh": refresh})).await
    }

    /// Asks whether a token is good.
    pub async fn verify(&self, token: &str) -> Reply {
        self.post("/api/token/verify/", &json!({"token": token})).await
    }

    /// Ends a session.
    pub async fn log_out(&self, refresh: &str) -> Reply {
        self.post("/api/log_out/", &json!({"refresh": refresh})).await
    }

    /// Asks who an access token belongs to.
    pub async fn me(&self, access: &str) -> Reply {
        self.send(with_bearer(empty_request(Method::GET, "/api/me/"), access)).await
    }

    /// Posts `body` as the holder of an access token.
    pub async fn post_as(&self, access: &str, path: &str, body: &Value) -> Reply {
        self.send(with_bearer(json_request(Method::POST, path, body), access)).await
    }

    /// The open sessions of the holder of an access token.
    pub async fn sessions(&self, access: &str) -> Reply {
        self.send(with_bearer(empty_request(Method::GET, "/api/sessions/"), access)).await
    }

    /// Ends one of them.
    pub async fn end_session(&self, access: &str, id: &str) -> Reply {
        self.send(with_bearer(empty_request(Method::DELETE, &format!("/api/sessions/{id}/")), access)).await
    }

    /// Changes the usual password to `new`.
    pub async fn change_password(&self, access: &str, new: &str) -> Reply {
        let body = json!({"old_password": PASSWORD, "new_password1": new, "new_password2": new});
        self.post_as(access, "/api/password/change/", &body).await
    }
}
