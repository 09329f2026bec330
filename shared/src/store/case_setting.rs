//! How usernames are compared, recorded at the first start: changed later, names would meet or part.

use super::call::Call as _;
use super::error::{StoreError, condition_failed};
use super::item::{Reader, Writer, flag};
use super::{Client, Table, keys};
use crate::domain::username::CaseSensitivity;

const ATTRIBUTE: &str = "case_sensitive";

/// How the table `name` compares usernames; `None` before its first start. One read.
///
/// # Errors
///
/// When DynamoDB fails.
pub async fn recorded_case(client: &Client, name: &str) -> Result<Option<CaseSensitivity>, StoreError> {
    let table = Table { client: client.clone(), name: name.to_owned() };
    let sensitive = table.recorded_case().await?;
    Ok(sensitive.map(|sensitive| if sensitive { CaseSensitivity::Sensitive } else { CaseSensitivity::Insensitive }))
}

impl Table {
    /// Records `case` if nothing is recorded yet, else compares.
    ///
    /// One read; at the first start of all also one write.
    pub(super) async fn agree_on_case(&self, case: CaseSensitivity) -> Result<(), StoreError> {
        let asked = case == CaseSensitivity::Sensitive;
        let recorded = match self.recorded_case().await? {
            Some(recorded) => recorded,
            None => self.record_case(asked).await?,
        };
        if recorded == asked { Ok(()) } else { Err(StoreError::CaseSettingDiffers { asked, recorded }) }
    }

    /// What is recorded, if anything is.
    async fn recorded_case(&self) -> Result<Option<bool>, StoreError> {
        let found = self.get(&keys::username_case()).await?;
        Ok(found.map(|item| Reader(&item).flag(ATTRIBUTE)).transpose()?)
    }

    /// Writes the setting unless another start was faster; what then stands.
    async fn record_case(&self, asked: bool) -> Result<bool, StoreError> {
        let item = Writer::new(&keys::username_case()).with(ATTRIBUTE, flag(asked)).finish();
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)");
        match put.call().await {
            Ok(_) => Ok(asked),
            Err(error) if condition_failed(&error) => Ok(self.recorded_case().await?.unwrap_or(asked)),
            Err(error) => Err(self.failed("PutItem", &error)),
        }
    }
}
