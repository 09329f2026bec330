//! Many users, put into the table as they would be after signing up and logging in, without a hash and a request for each.

use std::collections::HashMap;
use std::ops::Range;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use faregate::domain::password::PasswordHash;
use faregate::domain::session::SessionId;
use faregate::domain::user::{NewUser, User, UserId};
use faregate::domain::username::Username;
use faregate::store::keys;
use futures_util::StreamExt as _;

use super::{PASSWORD, TestApp};

/// Items that DynamoDB takes in one call (`BatchWriteItem`).
const BATCH: usize = 25;
/// Calls under way at a time.
const AT_ONCE: usize = 4;
/// One user in so many has an open session.
const ONE_WITH_SESSION: usize = 4;
/// The first users may not log in; few may not, and as few in every crowd.
const INACTIVE: Range<usize> = 0..16;
/// The next ones are staff.
const STAFF: Range<usize> = 16..24;

type Item = HashMap<String, AttributeValue>;

/// Users, each with identifier and profile, one in four with a session; they are in the list where the service has them.
#[derive(Debug)]
pub struct Crowd<'a> {
    app: &'a TestApp,
    /// What a user who signed up and logged in left behind: the others are made like it.
    profile: Item,
    identifier: Item,
    session: Item,
    /// How many there are.
    users: usize,
}

impl<'a> Crowd<'a> {
    /// Nobody yet but a model.
    pub async fn new(app: &'a TestApp) -> Self {
        let mut phone = app.phone("203.0.113.1");
        phone.sign_up("model").await.is(201);
        let access = phone.log_in("model", PASSWORD).await.field("access");
        let is_identifier = |item: &Item| item.get(keys::PARTITION) == Some(&text("USERNAME#model"));
        Self {
            app,
            profile: app.profile_item(&access).await,
            identifier: app.items().await.into_iter().find(is_identifier).expect("the model's identifier"),
            session: app.session_item(&access).await,
            users: 0,
        }
    }

    /// The name of the user with this number; all have [`PASSWORD`].
    pub fn name(number: usize) -> String {
        format!("rider{number:07}")
    }

    /// The name of the user in the middle, who is active, no staff, and has a session.
    pub fn middle(&self) -> String {
        Self::name(self.users / 2 / ONE_WITH_SESSION * ONE_WITH_SESSION)
    }

    /// Adds users until there are so many.
    pub async fn grow(&mut self, users: usize) {
        let numbers = self.users..users;
        let batches = numbers.clone().step_by(BATCH).map(|from| from..numbers.end.min(from + BATCH));
        let writing = futures_util::stream::iter(batches).map(|batch| self.put(batch));
        writing.buffer_unordered(AT_ONCE).collect::<()>().await;
        self.users = users;
    }

    async fn put(&self, numbers: Range<usize>) {
        let items: Vec<Item> = numbers.flat_map(|number| self.items(number)).collect();
        for batch in items.chunks(BATCH) {
            let puts = batch.iter().map(|item| {
                let put = PutRequest::builder().set_item(Some(item.clone())).build().expect("an item");
                WriteRequest::builder().put_request(put).build()
            });
            let call = self.app.client.batch_write_item();
            let written = call.request_items(&self.app.service.settings.table, puts.collect()).send().await;
            assert!(written.expect("an answer").unprocessed_items.unwrap_or_default().is_empty());
        }
    }

    fn items(&self, number: usize) -> Vec<Item> {
        let user = self.user(number);
        let (name, id) = (user.username.as_str().to_owned(), text(user.id.to_string()));
        let mut profile = self.profile.clone();
        profile.extend([
            (keys::PARTITION.to_owned(), text(keys::user_partition(user.id))),
            ("user_id".to_owned(), id.clone()),
            ("username".to_owned(), text(&name)),
            (keys::USERNAME_KEY.to_owned(), text(&name)),
            (keys::LIST_PARTITION.to_owned(), text(keys::list_partition(&user))),
            ("is_active".to_owned(), AttributeValue::Bool(user.is_active)),
            ("is_staff".to_owned(), AttributeValue::Bool(user.is_staff)),
        ]);
        let mut identifier = self.identifier.clone();
        identifier.extend([
            (keys::PARTITION.to_owned(), text(format!("USERNAME#{name}"))),
            ("user_id".to_owned(), id.clone()),
        ]);
        let mut items = vec![profile, identifier];
        if number.is_multiple_of(ONE_WITH_SESSION) {
            let session = SessionId::new(self.app.service.randomness.uuid_v7(user.created_at));
            let keys::Key { partition, sort } = keys::session(user.id, session);
            let mut item = self.session.clone();
            item.extend([
                (keys::PARTITION.to_owned(), text(partition)),
                (keys::SORT.to_owned(), text(sort)),
                ("session_id".to_owned(), text(session.to_string())),
                ("user_id".to_owned(), id),
            ]);
            items.push(item);
        }
        items
    }

    /// The user with this number, who came a second after the one before. The last digit of the id, by which the list is
    /// spread, goes round, so that no part of the list is fuller than the others.
    fn user(&self, number: usize) -> User {
        let at = self.app.clock.now().plus_seconds(i64::try_from(number).expect("a small number"));
        let id = self.app.service.randomness.uuid_v7(at).to_string();
        let id = format!("{}{:x}", id.get(..35).expect("36 digits"), number % 16);
        let id: UserId = id.parse().expect("an id");
        let new = NewUser {
            username: Username::parse(&Self::name(number)).expect("a name"),
            first_name: String::new(),
            last_name: String::new(),
            password_hash: PasswordHash::from_stored(String::new()),
        };
        let mut user = User::new(id, new, at);
        user.is_active = !INACTIVE.contains(&number);
        user.is_staff = STAFF.contains(&number);
        user
    }
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}
