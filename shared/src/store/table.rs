//! Reading and clearing, for every kind of item.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures_util::StreamExt as _;

use super::Table;
use super::call::Call as _;
use super::error::StoreError;
use super::item::{Attributes, Reader, text};
use super::keys::{Key, PARTITION, SORT};

/// How many items are removed at a time.
const DELETES_AT_ONCE: usize = 16;
/// How often DynamoDB is asked for what it left out of a batch.
const BATCH_ATTEMPTS: usize = 3;

impl Table {
    /// [`StoreError::of`] this table.
    pub(super) fn failed<E, R>(&self, operation: &'static str, error: &SdkError<E, R>) -> StoreError
    where
        E: ProvideErrorMetadata + RequestId,
    {
        StoreError::of(operation, &self.name, error)
    }

    /// The item under `key`, read consistently.
    pub(super) async fn get(&self, key: &Key) -> Result<Option<Attributes>, StoreError> {
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key.attributes()));
        let output = request.consistent_read(true).call().await;
        output.map(|output| output.item).map_err(|error| self.failed("GetItem", &error))
    }

    /// The items under `wanted`, read consistently in one call; those that are missing are left out. With `projection`,
    /// only the attributes that it names, separated by commas: what is not asked for need not be allowed.
    pub(super) async fn get_batch(
        &self,
        wanted: &[Key],
        projection: Option<&str>,
    ) -> Result<Vec<Attributes>, StoreError> {
        const OPERATION: &str = "BatchGetItem";
        let mut found = Vec::new();
        let mut outstanding = Some(wanted.iter().map(Key::attributes).collect::<Vec<_>>());
        for _attempt in 0..BATCH_ATTEMPTS {
            let keys = KeysAndAttributes::builder().set_keys(outstanding.take()).consistent_read(true);
            let keys = keys.set_projection_expression(projection.map(str::to_owned)).build();
            let keys =
                keys.map_err(|error| StoreError::Unavailable { operation: OPERATION, reason: error.to_string() })?;
            let output = self.client.batch_get_item().request_items(&self.name, keys).call().await;
            let output = output.map_err(|error| self.failed(OPERATION, &error))?;
            found.extend(output.responses.unwrap_or_default().remove(&self.name).unwrap_or_default());
            // Under throttling DynamoDB answers a part and lists the rest.
            let rest = output.unprocessed_keys.unwrap_or_default().remove(&self.name).map(|keys| keys.keys);
            match rest.filter(|keys| !keys.is_empty()) {
                None => return Ok(found),
                keys => outstanding = keys,
            }
        }
        Err(StoreError::Unavailable { operation: OPERATION, reason: "unprocessed keys remain".to_owned() })
    }

    /// At most `most` items (and one page, 1 MB) of `partition` from the sort key `from` on, read consistently.
    pub(super) async fn query_from(
        &self,
        partition: &str,
        from: &str,
        most: usize,
    ) -> Result<Vec<Attributes>, StoreError> {
        self.query_attributes((partition, from), most, None).await
    }

    /// The same; with `projection`, only the attributes that it names, separated by commas.
    pub(super) async fn query_attributes(
        &self,
        (partition, from): (&str, &str),
        most: usize,
        projection: Option<&str>,
    ) -> Result<Vec<Attributes>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .set_projection_expression(projection.map(str::to_owned))
            .key_condition_expression("pk = :partition AND sk >= :from")
            .expression_attribute_values(":partition", text(partition))
            .expression_attribute_values(":from", text(from));
        let output = query.call().await.map_err(|error| self.failed("Query", &error))?;
        Ok(output.items.unwrap_or_default())
    }

    /// Removes every item of `partition` but those under the sort keys `kept`, page by page.
    pub(super) async fn clear_partition(&self, partition: &str, kept: &[&str]) -> Result<(), StoreError> {
        loop {
            let items = self.query_from(partition, " ", usize::MAX).await?;
            let sort_keys: Vec<String> = items.iter().filter_map(|item| Reader(item).optional_text(SORT)).collect();
            let doomed: Vec<String> = sort_keys.into_iter().filter(|sort| !kept.contains(&sort.as_str())).collect();
            if doomed.is_empty() {
                return Ok(());
            }
            let deletes = doomed.into_iter().map(|sort: String| {
                let delete = self.client.delete_item().table_name(&self.name);
                delete.key(PARTITION, text(partition)).key(SORT, text(sort)).call()
            });
            let mut deleting = futures_util::stream::iter(deletes).buffer_unordered(DELETES_AT_ONCE);
            while let Some(deleted) = deleting.next().await {
                deleted.map_err(|error| self.failed("DeleteItem", &error))?;
            }
        }
    }
}
