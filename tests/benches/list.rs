//! What a page of the admin site's list costs, with few users and with many: DynamoDB calls and milliseconds for each page, in
//! one run. The calls are the same; the embedded DynamoDB's time says little of AWS's.
//!
//!     cargo bench --package faregate-tests --bench list -- 1000000

#![expect(clippy::unwrap_used, reason = "a benchmark: a panic is a failure")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::indexing_slicing, reason = "a benchmark: a panic is a failure")]

use std::collections::HashMap;
use std::time::Instant;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use faregate::domain::password::PasswordHash;
use faregate::domain::user::{NewUser, User, UserId};
use faregate::domain::username::Username;
use faregate::store::keys;
use faregate_tests::{Browser, TestApp};
use futures_util::StreamExt as _;

/// The most users, when the command line names no number.
const USERS: usize = 10_000;
/// Items that DynamoDB takes in one call (`BatchWriteItem`).
const BATCH: usize = 25;
/// Calls under way at a time.
const AT_ONCE: usize = 4;
/// How often each page is asked for; the median counts.
const ROUNDS: usize = 9;

/// The pages: all users, those of a name, active staff, and one in the middle of all.
const PAGES: [&str; 4] = [
    "/admin/users/",
    "/admin/users/?q=rider5",
    "/admin/users/?staff=yes&active=yes",
    "/admin/users/?active=yes&staff=no&after=MIDDLE",
];

#[tokio::main]
async fn main() {
    let most = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(USERS);
    let app = TestApp::start().await;
    let mut browser = app.administrator("boss").await;
    let (model, mut made) = (model(&app).await, 0);
    println!("{:>10} | {}", "users", PAGES.map(|page| format!("{page:>46}")).join(" | "));
    for users in [100, most] {
        make(&app, &model, made..users).await;
        made = users;
        let middle = id_of(&app, users / 2).to_string();
        let mut cells = Vec::new();
        for page in PAGES {
            cells.push(measured(&app, &mut browser, &page.replace("MIDDLE", &middle)).await);
        }
        println!("{users:>10} | {}", cells.join(" | "));
    }
}

/// Calls and milliseconds of a page.
async fn measured(app: &TestApp, browser: &mut Browser<'_>, page: &str) -> String {
    let mut rounds = Vec::new();
    let mut calls = Vec::new();
    for _ in 0..ROUNDS {
        app.calls.take();
        let started = Instant::now();
        browser.get(page).await.is(200);
        rounds.push(started.elapsed());
        calls = app.calls.take();
    }
    rounds.sort();
    format!("{:>28} calls, {:>7.1} ms", calls.len(), rounds[ROUNDS / 2].as_secs_f64() * 1000.0)
}

/// The item of a user, which the others are made like.
async fn model(app: &TestApp) -> HashMap<String, AttributeValue> {
    app.sign_up("model").await.is(201);
    let is_model =
        |item: &HashMap<String, AttributeValue>| item.get("username").is_some_and(|name| name == &text("model"));
    app.items().await.into_iter().find(is_model).unwrap()
}

/// Puts the users with these numbers into the table.
async fn make(app: &TestApp, model: &HashMap<String, AttributeValue>, numbers: std::ops::Range<usize>) {
    let batches = numbers.clone().step_by(BATCH).map(|from| from..numbers.end.min(from + BATCH));
    let writing = futures_util::stream::iter(batches).map(|batch| async move {
        let puts = batch.map(|number| {
            let put = PutRequest::builder().set_item(Some(user(app, model, number))).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let call = app.client.batch_write_item().request_items(&app.service.settings.table, puts.collect());
        assert!(call.send().await.unwrap().unprocessed_items.unwrap_or_default().is_empty());
    });
    writing.buffer_unordered(AT_ONCE).collect::<()>().await;
}

fn user(app: &TestApp, model: &HashMap<String, AttributeValue>, number: usize) -> HashMap<String, AttributeValue> {
    let name = format!("rider{number}");
    let new = NewUser {
        username: Username::parse(&name).unwrap(),
        first_name: String::new(),
        last_name: String::new(),
        password_hash: PasswordHash::from_stored(String::new()),
    };
    let user = User::new(id_of(app, number), new, app.clock.now());
    let mut item = model.clone();
    item.extend([
        (keys::PARTITION.to_owned(), text(keys::user_partition(user.id))),
        ("user_id".to_owned(), text(user.id.to_string())),
        ("username".to_owned(), text(&name)),
        (keys::USERNAME_KEY.to_owned(), text(name)),
        (keys::LIST_PARTITION.to_owned(), text(keys::list_partition(&user))),
    ]);
    item
}

/// An id of the user with this number, who comes a second after the one before.
fn id_of(app: &TestApp, number: usize) -> UserId {
    UserId::new(app.service.randomness.uuid_v7(app.clock.now().plus_seconds(i64::try_from(number).unwrap())))
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}
