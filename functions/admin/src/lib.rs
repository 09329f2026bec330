//! `/admin/`: the admin site, where staff look after users. Pages for a browser, told by a cookie; it needs no JavaScript.
//!
//! A request passes the gate first (`web`): its cookie names an administrator, and what changes something comes from a page of
//! ours. Then a handler calls one use case and shows what came of it.

mod log_in;
mod manage_users;
mod trail;
mod web;

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use faregate::administrator::AdminAuthenticator;
use faregate::clock::Clock;
use faregate::credentials::Credentials;
use faregate::domain::password_policy::PasswordPolicy;
use faregate::domain::session::Reactivation;
use faregate::passwords::Passwords;
use faregate::randomness::Randomness;
use faregate::reaper::Reaper;
use faregate::service::{Service, StartError, check_case};
use faregate::store::{AdminBrowsers, Administration, Listing, Sessions, Trail, Users};
use futures_util::FutureExt as _;

use crate::web::{Gate, Route, add, list, log_out, user};

/// What this function may touch: users (all but their tokens), their list, the sessions on this site, the trail, counted
/// attempts, `ws-reaper` (invoke). Of the key of tokens that may be shared with a Django it asks no more than whether there is
/// one: sessions then outlive a deactivation.
pub struct Deps {
    users: Users,
    sessions: Sessions,
    administration: Administration,
    listing: Listing,
    trail: Trail,
    authenticator: AdminAuthenticator,
    credentials: Credentials,
    browsers: Option<AdminBrowsers>,
    passwords: Passwords,
    policy: PasswordPolicy,
    reactivation: Reactivation,
    reaper: Reaper,
    clock: Clock,
    randomness: Randomness,
    /// Whether there is a site at all.
    is_open: bool,
}

impl Deps {
    /// Takes its part of the service and warms it.
    ///
    /// # Errors
    ///
    /// When the password engine does not work here or the table was started with other settings.
    pub async fn start(service: &Service) -> Result<Self, StartError> {
        let users = service.users();
        check_case(&users).await?;
        Ok(Self {
            users,
            sessions: service.sessions(),
            administration: service.administration(),
            listing: service.listing(),
            trail: service.trail(),
            authenticator: service.admin_authenticator(),
            credentials: service.credentials()?,
            browsers: service.admin_browsers(),
            passwords: service.passwords()?,
            policy: service.settings.password_policy,
            reactivation: service.settings.sessions.reactivation,
            reaper: service.reaper(),
            clock: service.clock.clone(),
            randomness: service.randomness.clone(),
            is_open: service.settings.admin.is_served,
        })
    }
}

/// The pages, each with and without the last slash.
const ROUTES: [Route; 9] = [
    Route {
        path: "/admin",
        gate: Gate::Administrators { get: |_visit| ready(Ok(web::to_the_list())).boxed(), post: None },
    },
    Route { path: "/admin/login", gate: Gate::Open },
    Route {
        path: "/admin/logout",
        gate: Gate::Administrators {
            get: |_visit| ready(Ok(web::to_the_list())).boxed(),
            post: Some(|visit| log_out(visit).boxed()),
        },
    },
    Route { path: "/admin/users", gate: Gate::Administrators { get: |visit| list::show(visit).boxed(), post: None } },
    Route {
        path: "/admin/users/add",
        gate: Gate::Administrators {
            get: |visit| ready(Ok(add::form(&visit))).boxed(),
            post: Some(|visit| add::add(visit).boxed()),
        },
    },
    Route {
        path: "/admin/users/{id}",
        gate: Gate::Administrators {
            get: |visit| user::show(visit).boxed(),
            post: Some(|visit| user::change(visit).boxed()),
        },
    },
    Route {
        path: "/admin/users/{id}/password",
        gate: Gate::Administrators {
            get: |visit| web::password::form(visit).boxed(),
            post: Some(|visit| web::password::set(visit).boxed()),
        },
    },
    Route {
        path: "/admin/users/{id}/delete",
        gate: Gate::Administrators {
            get: |visit| web::delete::confirm(visit).boxed(),
            post: Some(|visit| web::delete::delete(visit).boxed()),
        },
    },
    Route {
        path: "/admin/trail",
        gate: Gate::Administrators { get: |visit| web::trail::show(visit).boxed(), post: None },
    },
];

/// `/admin/` and what is below it; nothing where the site is switched off.
pub fn router(deps: Deps) -> Router {
    if !deps.is_open {
        return Router::new();
    }
    let deps = Arc::new(deps);
    ROUTES.into_iter().fold(Router::new(), |router, route| route.added_to(router, &deps))
}
