//! Every user of the table, for commands that look at all of them.

use faregate::domain::user::User;
use faregate::randomness::Randomness;
use faregate::service::Service;
use faregate::store::{Bulk, OutPage, PageEnd, Segment, StoreError};
use futures_util::{Stream, StreamExt as _, stream};

use crate::failure::Failure;
use crate::patience::patiently;
use crate::progress;

/// Hands every user of the table to `take`, read from `segments` segments side by side, with a bar that says what is `doing`.
///
/// # Errors
///
/// Those of `take`; when DynamoDB fails, for long; when somebody presses Ctrl-C.
pub(crate) async fn each(
    service: &Service,
    (segments, doing): (u16, &'static str),
    mut take: impl FnMut(User) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let bulk = service.bulk();
    // A bar needs to know how far it is to the end; nothing else does.
    let total = bulk.items().await.ok().filter(|total| *total > 0);
    let bar = progress::items(total, doing);
    let mut interrupted = Box::pin(tokio::signal::ctrl_c());
    let mut pages = Box::pin(all_pages(&bulk, &service.randomness, segments));
    loop {
        let next = tokio::select! {
            biased;
            _signal = &mut interrupted => return Err(Failure::Interrupted),
            next = pages.next() => next,
        };
        let Some(page) = next else { break };
        let OutPage { users, items, .. } = page?;
        users.into_iter().try_for_each(&mut take)?;
        bar.inc(items);
    }
    bar.finish_and_clear();
    Ok(())
}

/// Every page of the table, from `segments` segments at a time, in no order.
fn all_pages(bulk: &Bulk, randomness: &Randomness, segments: u16) -> impl Stream<Item = Result<OutPage, StoreError>> {
    let of = usize::from(segments);
    stream::select_all((0..of).map(|number| Box::pin(pages(bulk, randomness, Segment { number, of }))))
}

/// Where a segment's next page begins.
enum Next {
    First,
    After(PageEnd),
    Nowhere,
}

fn pages(bulk: &Bulk, randomness: &Randomness, segment: Segment) -> impl Stream<Item = Result<OutPage, StoreError>> {
    stream::unfold(Next::First, move |next| async move {
        let from = match next {
            Next::First => None,
            Next::After(end) => Some(end),
            Next::Nowhere => return None,
        };
        let mut page = patiently(randomness, || bulk.page(segment, from.clone())).await;
        let next = page.as_mut().ok().and_then(|page| page.next.take()).map_or(Next::Nowhere, Next::After);
        Some((page, next))
    })
}
