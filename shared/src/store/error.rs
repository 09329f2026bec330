//! What can go wrong between us and DynamoDB: always our trouble, never the client's.

use aws_sdk_dynamodb::error::{BuildError, ConnectorError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;

use super::item::Unreadable;

/// DynamoDB did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It did not answer in time, or answered with a fault, after all retries.
    #[error("DynamoDB failed at {operation}: {reason}")]
    Unavailable {
        /// The operation, as DynamoDB calls it.
        operation: &'static str,
        /// What happened, without any value of the request.
        reason: String,
    },
    /// A write would have touched what belongs to another user.
    #[error("{0}")]
    Inconsistent(&'static str),
    /// An item is not as we write it.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The table is from before there was a list of users.
    #[error(
        "the table {table} has no list of users: it was made by an earlier Faregate; start another one with --data PATH, or remove it"
    )]
    NoIndexes {
        /// The table's name.
        table: String,
    },
    /// The table was made with the other setting of `FAREGATE_USERNAME_CASE_SENSITIVE`.
    #[error(
        "FAREGATE_USERNAME_CASE_SENSITIVE is {asked}, but this table was started with {recorded}: \
         changing it would make names meet or part; start another table with it (locally: --memory or --data PATH)"
    )]
    CaseSettingDiffers {
        /// What the settings say.
        asked: bool,
        /// What the table says.
        recorded: bool,
    },
}

/// Whether a conditional write was refused because its condition did not hold.
pub(super) fn condition_failed(error: &impl ProvideErrorMetadata) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// A part of a transaction lacks what it must have: a mistake of ours, found before anything is sent.
pub(super) fn unbuildable(error: &BuildError) -> StoreError {
    StoreError::Unavailable { operation: "TransactWriteItems", reason: error.to_string() }
}

/// The first cause of a connector's error: what the operating system or the credentials provider says. No value of the
/// request is in it.
fn innermost(error: Option<&ConnectorError>) -> String {
    let Some(error) = error else { return "unknown cause".to_owned() };
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// What DynamoDB says: its code, and what an operator has to look at. Of its message no more is taken than the name of a
/// right, since a message can quote a value.
fn service_says(table: &str, error: &(impl ProvideErrorMetadata + RequestId)) -> String {
    let code = error.code().unwrap_or("an error without a code");
    let id = error.request_id().unwrap_or("-");
    let cause = match code {
        "ResourceNotFoundException" => {
            format!(": there is no table {table}; see FAREGATE_TABLE and FAREGATE_KEYS_TABLE")
        }
        "AccessDeniedException" => {
            let right = error.message().and_then(missing_right).unwrap_or("that");
            format!(": the function's role lacks {right} there; see its policy in infra/template.yaml")
        }
        _ => String::new(),
    };
    format!("{code} on table {table} (request {id}){cause}")
}

/// The action in "... is not authorized to perform: dynamodb:GetItem on resource: ..." (IAM's wording).
fn missing_right(message: &str) -> Option<&str> {
    let action = message.split_once("not authorized to perform: ")?.1.split_whitespace().next()?;
    let (service, operation) = action.split_once(':')?;
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_word(service) && is_word(operation)).then_some(action)
}

/// DynamoDB's codes for what another attempt meets again.
const LASTING: [&str; 4] =
    ["ResourceNotFoundException", "AccessDeniedException", "ValidationException", "UnrecognizedClientException"];

impl StoreError {
    /// Whether another attempt, later, may succeed.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unavailable { reason, .. } => !LASTING.iter().any(|code| reason.starts_with(code)),
            _ => false,
        }
    }

    /// Maps the SDK's error of `operation` on `table`; takes the code and the kind, never a message that could quote a value.
    pub(super) fn of<E, R>(operation: &'static str, table: &str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + RequestId,
    {
        let reason = match error {
            SdkError::ServiceError(service) => service_says(table, service.err()),
            SdkError::TimeoutError(_) => "no answer in time".to_owned(),
            SdkError::DispatchFailure(failure) => format!("no connection: {}", innermost(failure.as_connector_error())),
            SdkError::ResponseError(_) => "an answer that cannot be read".to_owned(),
            _ => "the request could not be made; is there a region (AWS_REGION)?".to_owned(),
        };
        Self::Unavailable { operation, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_the_right_and_nothing_else() {
        let message = "User: arn:aws:sts::123456789012:assumed-role/a/b is not authorized to perform: dynamodb:GetItem on \
                       resource: arn:aws:dynamodb:eu-central-1:123456789012:table/t because no policy allows it";
        assert_eq!(missing_right(message), Some("dynamodb:GetItem"));
        for other in
            ["", "not authorized to perform: ", "not authorized to perform: a b", "not authorized to perform: a:"]
        {
            assert_eq!(missing_right(other), None, "{other}");
        }
    }
}
