//! What can go wrong between us and DynamoDB: always our trouble, never the client's.

use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};

use aws_sdk_dynamodb::error::ConnectorError;

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

impl StoreError {
    /// Maps the SDK's error of `operation`; takes the code and the kind, never a message that could quote a value.
    pub(super) fn of<E, R>(operation: &'static str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + aws_sdk_dynamodb::operation::RequestId,
    {
        let reason = match error {
            SdkError::ServiceError(service) => {
                let code = service.err().code().unwrap_or("an error without a code");
                let id = service.err().request_id().unwrap_or("-");
                let hint = if code == "ResourceNotFoundException" {
                    ": there is no such table; see FAREGATE_TABLE and FAREGATE_KEYS_TABLE"
                } else {
                    ""
                };
                format!("{code} (request {id}){hint}")
            }
            SdkError::TimeoutError(_) => "no answer in time".to_owned(),
            SdkError::DispatchFailure(failure) => format!("no connection: {}", innermost(failure.as_connector_error())),
            SdkError::ResponseError(_) => "an answer that cannot be read".to_owned(),
            _ => "the request could not be made; is there a region (AWS_REGION)?".to_owned(),
        };
        Self::Unavailable { operation, reason }
    }
}
