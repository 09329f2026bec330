//! Ending every session of a user but one: the user's epoch and that session's birth epoch move together.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};

use super::error::{StoreError, unbuildable};
use super::item::{flag, number, text};
use super::keys::{self, Key};
use super::transaction::Transacted;
use super::users::{IfUnchanged, Users};
use crate::domain::password::PasswordHash;
use crate::domain::session::SessionId;
use crate::domain::user::{Kept, User};

impl Users {
    /// Ends every session of `user`, as it was read, but `kept`; with `new_password` that becomes the password too. One
    /// transaction; the user says which session was kept, for who reads one of the two before and the other after.
    ///
    /// Without `kept`, of a token that belongs to no session, all of them are over.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn end_other_sessions(
        &self,
        user: &User,
        kept: Option<SessionId>,
        new_password: Option<&PasswordHash>,
    ) -> Result<IfUnchanged, StoreError> {
        let mut profile = self
            .revocation(user, &keys::profile(user.id))
            .condition_expression("revocations = :known AND is_active = :active AND password_hash = :hash")
            .expression_attribute_values(":active", flag(true))
            .expression_attribute_values(":hash", text(user.password_hash.as_str()));
        let mut assignments = "SET revocations = :next".to_owned();
        if let Some(new) = new_password {
            assignments.push_str(", password_hash = :new");
            profile = profile.expression_attribute_values(":new", text(new.as_str()));
        }
        if let Some(session_id) = kept {
            assignments.push_str(", kept_session = :kept");
            let kept = Kept { session_id, revocations: user.epochs.revocations + 1 };
            profile = profile.expression_attribute_values(":kept", text(kept.to_string()));
        }
        let profile = profile.update_expression(assignments);
        let session = kept.map(|id| {
            self.revocation(user, &keys::session(user.id, id))
                .condition_expression("revocations = :known AND attribute_not_exists(ended_at)")
                .update_expression("SET revocations = :next")
        });
        let mut updates = Vec::new();
        for update in std::iter::once(profile).chain(session) {
            let update = update.build().map_err(|error| unbuildable(&error))?;
            updates.push(TransactWriteItem::builder().update(update).build());
        }
        match self.table.transact(updates, &self.randomness).await? {
            Transacted::Done => Ok(IfUnchanged::Done),
            Transacted::Refused(_) => Ok(IfUnchanged::Changed),
        }
    }

    fn revocation(&self, user: &User, key: &Key) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(key.attributes()))
            .expression_attribute_values(":known", number(user.epochs.revocations))
            .expression_attribute_values(":next", number(user.epochs.revocations + 1))
    }
}
