//! Attempts, counted in windows of time. Each key is somebody's own: there is no counter that everybody shares.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::call::Call as _;
use super::error::{StoreError, condition_failed};
use super::item::{Attributes, Reader, Unreadable, number, text};
use super::{Client, Table, Users, keys};
use crate::clock::Timestamp;
use crate::domain::lane::Lane;
use crate::domain::throttle::{AddressBlock, Limit, RisingDelay, Tally, Wait};
use crate::domain::user::UserId;
use crate::randomness::Randomness;

/// The counted attempts of one table; clones share the connection.
#[derive(Clone, Debug)]
pub struct Throttles {
    table: Table,
    randomness: Randomness,
    /// Whether anything is counted at all.
    enabled: bool,
}

/// What came of asking for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// It is counted, and may be made.
    Taken,
    /// There were too many: the next window begins after so many seconds.
    Full {
        /// At least one.
        retry_after_seconds: u32,
    },
}

/// What came of asking for an attempt at a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is counted, as the last of so many, and may be made.
    Taken(u32),
    /// It is not.
    Refused(Wait),
}

impl Throttles {
    /// The attempts in the table `name`; where it is not `enabled`, every attempt may be made.
    #[must_use]
    pub const fn new(client: Client, name: String, randomness: Randomness, enabled: bool) -> Self {
        Self { table: Table { client, name }, randomness, enabled }
    }

    /// Whether anything is counted at all.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Counts an attempt under `key`, if `limit` leaves room at `now`. One conditional write.
    ///
    /// A repeated call whose first answer was lost counts twice.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn take(&self, limit: &Limit, key: &str, now: Timestamp) -> Result<Slot, StoreError> {
        if !self.enabled || limit.most == 0 {
            return Ok(Slot::Taken);
        }
        let window = limit.window(now);
        let update = self
            .update(&keys::throttle(limit.scope, key, window))
            .update_expression("SET expires_at = :expires ADD attempts :one")
            .condition_expression("attribute_not_exists(attempts) OR attempts < :most")
            .expression_attribute_values(":expires", number(window.plus_seconds(limit.window_seconds).seconds()))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(limit.most));
        match update.call().await {
            Ok(_) => Ok(Slot::Taken),
            Err(error) if condition_failed(&error) => Ok(Slot::Full { retry_after_seconds: limit.seconds_left(now) }),
            Err(error) => Err(self.table.failed("UpdateItem", &error)),
        }
    }

    /// Who has the name that a person typed as `typed`, and whether `limit` leaves room at `now` for another attempt from
    /// `block`, without counting one. One batch read, also for what is no username.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn find_id(
        &self,
        users: &Users,
        typed: &str,
        (limit, block, now): (Limit, Option<AddressBlock>, Timestamp),
    ) -> Result<(Option<UserId>, Slot), StoreError> {
        let block = block.filter(|_| self.enabled && limit.most > 0);
        let window = block.map(|block| keys::throttle(limit.scope, &block.to_string(), limit.window(now)));
        let (id, window) = users.find_id_beside(typed, window).await?;
        let attempts: u32 = window.and_then(|item| Reader(&item).optional_number("attempts")).unwrap_or_default();
        let full = block.is_some() && attempts >= limit.most;
        Ok((id, if full { Slot::Full { retry_after_seconds: limit.seconds_left(now) } } else { Slot::Taken }))
    }

    /// Counts an attempt at a password in `lane`, if `rule` allows one at `now`. One conditional write, which comes before
    /// anything is hashed: attempts at the same time cannot outrun it. A repeated call that meets its own first attempt, whose
    /// answer was lost, counts once.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn take_turn(&self, rule: &RisingDelay, lane: &Lane, now: Timestamp) -> Result<Turn, StoreError> {
        if !self.enabled {
            return Ok(Turn::Taken(0));
        }
        let (day, request_id) = (RisingDelay::day(now), self.randomness.hex_128());
        let update = self
            .update(&keys::throttle(lane.scope, &lane.key, day))
            .update_expression("SET expires_at = :expires, last_at = :now, request_id = :request ADD attempts :one")
            .expression_attribute_values(":expires", number(RisingDelay::end(day).seconds()))
            .expression_attribute_values(":request", text(&request_id))
            .expression_attribute_values(":now", number(now.milliseconds()))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match if_in_time(update, rule, now).call().await {
            Ok(output) => Ok(Turn::Taken(Reader(&output.attributes.unwrap_or_default()).number("attempts")?)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    let item = refused.item().ok_or(StoreError::Inconsistent("a turn was refused without a reason"))?;
                    if Reader(item).is_written_by(&request_id) {
                        return Ok(Turn::Taken(Reader(item).number("attempts")?));
                    }
                    Ok(Turn::Refused(rule.wait(tally_of(item)?, now)))
                }
                _ => Err(self.table.failed("UpdateItem", &error)),
            },
        }
    }

    /// Gives back the `attempts` in `lane` that a success shows to have been its owner's: those up to its own, and none that
    /// somebody else has begun since. One conditional write; one more where a success at the same time has given some of them
    /// back already: then its own alone.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn give_back(&self, lane: &Lane, attempts: u32, taken_at: Timestamp) -> Result<(), StoreError> {
        let is_given = self.give_back_all(lane, attempts, taken_at).await?;
        if !is_given && attempts > 1 {
            self.give_back_all(lane, 1, taken_at).await?;
        }
        Ok(())
    }

    /// Gives back `attempts` if there are so many; whether there were.
    async fn give_back_all(&self, lane: &Lane, attempts: u32, taken_at: Timestamp) -> Result<bool, StoreError> {
        let request_id = self.randomness.hex_128();
        let update = self
            .update(&keys::throttle(lane.scope, &lane.key, RisingDelay::day(taken_at)))
            .update_expression("SET given_back_by = :request ADD attempts :fewer")
            // They may have been forgotten in between; and a repeated call takes nothing twice.
            .condition_expression(
                "attempts >= :many AND (attribute_not_exists(given_back_by) OR given_back_by <> :request)",
            )
            .expression_attribute_values(":request", text(&request_id))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_values(":many", number(attempts))
            .expression_attribute_values(":fewer", number(-i64::from(attempts)));
        match update.call().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    let given_by = refused.item().and_then(|item| Reader(item).optional_text("given_back_by"));
                    Ok(given_by == Some(request_id))
                }
                _ => Err(self.table.failed("UpdateItem", &error)),
            },
        }
    }

    fn update(&self, key: &keys::Key) -> UpdateItemFluentBuilder {
        self.table.client.update_item().table_name(&self.table.name).set_key(Some(key.attributes()))
    }
}

/// `update`, on the condition that `rule` allows an attempt at `now`: `RisingDelay::wait` as DynamoDB reads it, one
/// alternative for each step of the delay.
fn if_in_time(update: UpdateItemFluentBuilder, rule: &RisingDelay, now: Timestamp) -> UpdateItemFluentBuilder {
    let long_ago = |seconds: i64| number(now.plus_seconds(-seconds).milliseconds());
    let mut in_time = "attempts < :free OR last_at <= :longest".to_owned();
    let mut update = update
        .expression_attribute_values(":free", number(rule.free))
        .expression_attribute_values(":longest", long_ago(rule.max_seconds));
    for (step, (attempts, seconds)) in rule.steps().enumerate() {
        in_time = format!("{in_time} OR (attempts <= :attempts{step} AND last_at <= :before{step})");
        update = update
            .expression_attribute_values(format!(":attempts{step}"), number(attempts))
            .expression_attribute_values(format!(":before{step}"), long_ago(seconds));
    }
    let mut condition = format!("({in_time}) AND request_id <> :request");
    if rule.most_a_day > 0 {
        condition.push_str(" AND attempts < :most");
        update = update.expression_attribute_values(":most", number(rule.most_a_day));
    }
    update.condition_expression(format!("attribute_not_exists(attempts) OR ({condition})"))
}

fn tally_of(item: &Attributes) -> Result<Tally, Unreadable> {
    Ok(Tally { attempts: Reader(item).number("attempts")?, last_at: Reader(item).milliseconds("last_at")? })
}
