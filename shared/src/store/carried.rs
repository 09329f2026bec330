//! Sessions that begin with a refresh token of the Django that users were imported from: each such token opens one, unless a
//! log-out came before.

use aws_sdk_dynamodb::types::TransactWriteItem;

use super::error::StoreError;
use super::item::{Reader, Writer, number, text};
use super::keys;
use super::session_item::session_item;
use super::sessions::{SessionKey, Sessions};
use super::transaction::Transacted;
use crate::clock::Timestamp;
use crate::domain::session::Session;

/// A token that is to be used.
#[derive(Clone, Debug)]
pub struct CarriedToken {
    /// The hash of its id.
    pub hash: String,
    /// When it expires, and with it the memory of it.
    pub expires_at: Timestamp,
}

/// What came of a use of a token: each is good for one, to open a session or to be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// It was the first, and is done.
    First,
    /// The token was ended before; nothing was written.
    AfterEnd,
    /// The token opened this session before; nothing was written.
    AfterOpening(SessionKey),
}

impl Sessions {
    /// Uses `token` to store `session`. One transaction.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn exchange(&self, token: &CarriedToken, session: &Session) -> Result<TokenUse, StoreError> {
        let memory = memory(token)
            .with("user_id", text(session.user_id.to_string()))
            .with("session_id", text(session.id.to_string()))
            .finish();
        let puts = vec![self.table.put_new(memory)?, self.table.put_new(session_item(session))?];
        Ok(match self.use_carried(puts).await? {
            // A repeated call met its own first attempt, later than DynamoDB remembers the transaction.
            TokenUse::AfterOpening(before) if before.session_id == session.id => TokenUse::First,
            outcome => outcome,
        })
    }

    /// Uses `token` up, so that it opens no session. One transaction.
    ///
    /// # Errors
    ///
    /// When DynamoDB fails.
    pub async fn end_carried(&self, token: &CarriedToken) -> Result<TokenUse, StoreError> {
        self.use_carried(vec![self.table.put_new(memory(token).finish())?]).await
    }

    /// Carries out `puts`, the first of which is the memory of a token.
    async fn use_carried(&self, puts: Vec<TransactWriteItem>) -> Result<TokenUse, StoreError> {
        let reasons = match self.table.transact(puts, &self.randomness).await? {
            Transacted::Done => return Ok(TokenUse::First),
            Transacted::Refused(reasons) => reasons,
        };
        let Some(item) = reasons.first().and_then(|reason| reason.item()) else {
            return Err(StoreError::Inconsistent("a token's first use was refused for something else than the token"));
        };
        let read = Reader(item);
        Ok(match read.optional_parsed("session_id")? {
            Some(session_id) => TokenUse::AfterOpening(SessionKey { user_id: read.parsed("user_id")?, session_id }),
            None => TokenUse::AfterEnd,
        })
    }
}

/// The memory of `token`, kept a day longer than it is good.
fn memory(token: &CarriedToken) -> Writer {
    let ttl = number(token.expires_at.plus_seconds(86_400).seconds());
    Writer::new(&keys::carried(&token.hash)).with(keys::TTL, ttl)
}
