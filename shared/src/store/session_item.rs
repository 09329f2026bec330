//! A session as an item, and one rotation as the change of an item.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{Attributes, REQUEST_ID, Reader, Unreadable, Writer, number, text};
use super::keys;
use super::users::epochs_of;
use crate::clock::Timestamp;
use crate::domain::device::{Client, Device, DeviceName};
use crate::domain::rotation::{Rotation, SLOTS, Spent, TokenPlace};
use crate::domain::session::Session;

/// The attributes of the memory of spent tokens, by slot.
const SLOT_ATTRIBUTES: [&str; SLOTS] = ["s0", "s1", "s2", "s3"];

/// When DynamoDB may remove a session, ended or not: a day after it would have ended whatever happens, which no token of
/// it outlives.
const fn ttl_of(session: &Session) -> i64 {
    session.absolute_expires_at.plus_seconds(86_400).seconds()
}

/// The condition under which the token in `place` is the good one at `now`: `Session::is_good` for DynamoDB.
pub(super) fn if_good(update: UpdateItemFluentBuilder, place: TokenPlace, now: Timestamp) -> UpdateItemFluentBuilder {
    let open = "attribute_exists(pk) AND attribute_not_exists(ended_at) AND #counter = :counter \
                AND expires_at_ms > :now AND absolute_expires_at_ms > :now";
    let update = update
        .expression_attribute_names("#counter", "counter")
        .expression_attribute_values(":counter", number(place.counter))
        .expression_attribute_values(":now", number(now.milliseconds()));
    match place.anchor {
        None => update.condition_expression(format!("{open} AND attribute_not_exists(next_hash)")),
        Some(anchor) => update
            .condition_expression(format!("{open} AND next_hash = :anchor"))
            .expression_attribute_values(":anchor", text(anchor.to_string())),
    }
}

/// The change that `rotation` makes: `Session::rotated` for DynamoDB. `:now` is its time already.
pub(super) fn rotate(update: UpdateItemFluentBuilder, rotation: &Rotation) -> UpdateItemFluentBuilder {
    let slot = SLOT_ATTRIBUTES.get(rotation.slot()).copied().unwrap_or_default();
    let mut assignments = format!(
        "SET #counter = :next, rotated_at = :now, last_used_at = :now, expires_at_ms = :expires, \
         {slot} = :spent, {REQUEST_ID} = :request"
    );
    let mut update = update
        .expression_attribute_values(":next", number(rotation.counter()))
        .expression_attribute_values(":expires", number(rotation.expires_at.milliseconds()))
        .expression_attribute_values(":spent", spent_value(rotation.spent));
    // A token without an anchor is spent while the item has none either: there is never one to remove.
    if let Some(next) = rotation.spent.next {
        assignments.push_str(", next_hash = :next_hash");
        update = update.expression_attribute_values(":next_hash", text(next.to_string()));
    }
    match &rotation.kid {
        Some(kid) => {
            assignments.push_str(", kid = :kid");
            update = update.expression_attribute_values(":kid", text(kid));
        }
        None => assignments.push_str(" REMOVE kid"),
    }
    update.update_expression(assignments)
}

fn spent_value(spent: Spent) -> AttributeValue {
    let mut members = HashMap::from([("n".to_owned(), number(spent.counter))]);
    if let Some(next) = spent.next {
        members.insert("next_hash".to_owned(), text(next.to_string()));
    }
    AttributeValue::M(members)
}

pub(super) fn session_item(session: &Session) -> Attributes {
    let mut writer = Writer::new(&keys::session(session.user_id, session.id))
        .with("session_id", text(session.id.to_string()))
        .with("user_id", text(session.user_id.to_string()))
        .with("revocations", number(session.epochs.revocations))
        .with("deactivations", number(session.epochs.deactivations))
        .with("counter", number(session.counter))
        .with("rotated_at", number(session.rotated_at.milliseconds()))
        .with("created_at", number(session.created_at.milliseconds()))
        .with("last_used_at", number(session.last_used_at.milliseconds()))
        .with("expires_at_ms", number(session.expires_at.milliseconds()))
        .with("absolute_expires_at_ms", number(session.absolute_expires_at.milliseconds()))
        .with(keys::TTL, number(ttl_of(session)));
    let anchor = session.anchor.map(|anchor| anchor.to_string());
    let optional = [
        ("next_hash", anchor.as_deref()),
        ("kid", session.kid.as_deref()),
        ("device_name", session.device.name.as_ref().map(DeviceName::as_str)),
        ("client", session.device.client.as_ref().map(Client::as_str)),
    ];
    for (attribute, value) in optional {
        if let Some(value) = value {
            writer = writer.with(attribute, text(value));
        }
    }
    writer.with(REQUEST_ID, text(session.id.to_string())).finish()
}

pub(super) fn session_of(item: &Attributes) -> Result<Session, Unreadable> {
    let read = Reader(item);
    let mut spent = [None; SLOTS];
    for (slot, attribute) in spent.iter_mut().zip(SLOT_ATTRIBUTES) {
        *slot = read.optional_map(attribute).map(spent_of).transpose()?;
    }
    Ok(Session {
        id: read.parsed("session_id")?,
        user_id: read.parsed("user_id")?,
        epochs: epochs_of(read)?,
        counter: read.number("counter")?,
        anchor: read.optional_parsed("next_hash")?,
        spent,
        kid: read.optional_text("kid"),
        rotated_at: read.milliseconds("rotated_at")?,
        created_at: read.milliseconds("created_at")?,
        last_used_at: read.milliseconds("last_used_at")?,
        expires_at: read.milliseconds("expires_at_ms")?,
        absolute_expires_at: read.milliseconds("absolute_expires_at_ms")?,
        ended_at: read.optional_number("ended_at").map(Timestamp::from_milliseconds),
        device: Device {
            name: read.optional_text("device_name").map(DeviceName::from_stored),
            client: read.optional_text("client").map(Client::from_stored),
        },
    })
}

fn spent_of(members: &Attributes) -> Result<Spent, Unreadable> {
    let read = Reader(members);
    Ok(Spent { counter: read.number("n")?, next: read.optional_parsed("next_hash")? })
}
