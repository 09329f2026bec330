//! The second reading: users are written in batches, several on their way at a time, and noted in the order of the file.

use std::sync::Arc;

use faregate::domain::administration::Deed;
use faregate::domain::user::User;
use faregate::randomness::Randomness;
use faregate::service::Service;
use faregate::store::{Brought, Bulk, MOST_BROUGHT, StoreError};
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::oneshot;

use super::Rules;
use super::arguments::ImportArguments;
use super::checkpoint::{Behind, Checkpoint};
use super::source::{self, Entry, SourceError};
use super::tally::Tally;
use crate::failure::Failure;
use crate::output;
use crate::patience::patiently;
use crate::progress;

/// How many batches are on their way at a time.
const BATCHES_AT_ONCE: usize = 8;

/// How an import ended.
pub(super) enum End {
    /// All is written.
    Whole,
    /// By Ctrl-C.
    Interrupted,
}

/// A user and where it stands in the file.
pub(super) type Numbered = (u64, User);

/// Writes what the checkpoint does not have.
///
/// Ctrl-C lets what is on its way arrive; a second one does not wait for it.
pub(super) async fn write(
    service: &Service,
    (arguments, rules): (&Arc<ImportArguments>, Rules),
    tally: &mut Tally,
    checkpoint: &mut Checkpoint,
) -> Result<End, Failure> {
    let (sender, receiver) = mpsc::channel(BATCHES_AT_ONCE);
    let (read, behind) = (Arc::clone(arguments), checkpoint.behind());
    tally.before = checkpoint.users();
    let reading = tokio::task::spawn_blocking(move || send_batches(&read, rules, behind, &sender));
    let mut interrupts = signal(SignalKind::interrupt()).map_err(|error| Failure::Refused(error.to_string()))?;
    let bar = progress::users(tally.accepted, "writing");
    bar.set_position(tally.before);
    bar.reset_eta();
    let (bulk, randomness, deed) = (service.bulk(), &service.randomness, Deed::of_operator(service.clock.now()));
    let (stop, stopped) = oneshot::channel::<()>();
    let mut stop = Some(stop);
    let batches = stream::unfold(receiver, next_batch).take_until(stopped);
    let mut written = Box::pin(batches.map(|batch| bring((&bulk, &deed), randomness, batch)).buffered(BATCHES_AT_ONCE));
    loop {
        let next = tokio::select! {
            biased;
            _signal = interrupts.recv() => {
                // Dropped: no more batches are taken.
                if stop.take().is_none() {
                    return Ok(End::Interrupted);
                }
                bar.suspend(|| output::tell("finishing what is on its way; Ctrl-C again ends at once"));
                continue;
            }
            next = written.next() => next,
        };
        let Some((batch, outcomes)) = next else { break };
        tally.note(&batch, &outcomes?)?;
        // Who was refused is told again by the run that goes on.
        if let (Some((_, last)), false) = (batch.last(), tally.is_refused_by_table()) {
            checkpoint.advance(batch.len() as u64, last.id)?;
        }
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    // The reader, which may wait for somebody to take its next batch, is told that nobody will.
    drop(written);
    let ended = reading.await.map_err(|_panicked| Failure::Refused("the reader ended early".to_owned()))??;
    // The reader may have come to the end of the file before Ctrl-C did, and what it had read was not taken any more.
    let is_cut_short = stop.is_none() && !tally.is_complete();
    Ok(if is_cut_short { End::Interrupted } else { ended })
}

async fn next_batch(mut receiver: Receiver<Vec<Numbered>>) -> Option<(Vec<Numbered>, Receiver<Vec<Numbered>>)> {
    receiver.recv().await.map(|batch| (batch, receiver))
}

/// Reads the file, on a thread of its own, and sends those who can be written and are `behind` the noted place.
fn send_batches(
    arguments: &ImportArguments,
    mut rules: Rules,
    mut behind: Behind,
    sender: &Sender<Vec<Numbered>>,
) -> Result<End, Failure> {
    let mut batch = Vec::with_capacity(MOST_BROUGHT);
    let mut trouble = None;
    let read = source::read(arguments, &mut |entry: Entry| {
        let number = entry.number;
        match rules.judge(entry) {
            Err(failure) => trouble = Some(failure),
            // Refused by the first reading as well.
            Ok(Err(_reason)) => {}
            Ok(Ok(accepted)) => match behind.is_written(accepted.user.id) {
                Ok(true) => {}
                Ok(false) => batch.push((number, accepted.user)),
                Err(moved) => trouble = Some(moved),
            },
        }
        trouble.is_none() && (batch.len() < MOST_BROUGHT || sender.blocking_send(std::mem::take(&mut batch)).is_ok())
    });
    match (trouble, read) {
        (Some(trouble), _) => Err(trouble),
        // Nobody wants the rest.
        (None, Err(SourceError::Stopped)) => Ok(End::Interrupted),
        (None, Err(error)) => Err(error.into()),
        (None, Ok(())) if batch.is_empty() || sender.blocking_send(batch).is_ok() => Ok(End::Whole),
        (None, Ok(())) => Ok(End::Interrupted),
    }
}

/// Writes one batch, however often it takes.
async fn bring(
    (bulk, deed): (&Bulk, &Deed),
    randomness: &Randomness,
    batch: Vec<Numbered>,
) -> (Vec<Numbered>, Result<Vec<Brought>, StoreError>) {
    let users: Vec<User> = batch.iter().map(|(_, user)| user.clone()).collect();
    let outcomes = patiently(randomness, || bulk.bring(&users, deed)).await;
    (batch, outcomes)
}
