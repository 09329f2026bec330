//! Plays a case: its schedule under its algorithm.

use crate::algorithms::{Algorithm, Anchored, Faithful, Model, Name};
use crate::case::Case;
use crate::client::Client;
use crate::generator::generate;
use crate::ledger::Progress;
use crate::message::Milliseconds;
use crate::properties::{Property, Violation};
use crate::schedule::Action;
use crate::shrink::shorten;
use crate::story::Line;
use crate::world::{Happened, World};

/// What became of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Somebody can go on with it.
    Open,
    /// It was ended.
    Ended,
    /// It ran out.
    RanOut,
}

/// What became of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What became of the session.
    pub session: Fate,
    /// Whether the client lost the session though it had not run out and the user had not logged out.
    pub is_lost: bool,
    /// How far the theft came.
    pub theft: Progress,
    /// How many refreshes of the client a server processed after the thief's success, up to the first refused.
    pub refreshes_since: u32,
    /// How much access the thief had.
    pub gained: Milliseconds,
}

impl Outcome {
    /// Whether a theft succeeded, and the session is open though the client refreshed after that.
    #[must_use]
    pub fn is_undetected(&self) -> bool {
        self.theft >= Progress::Succeeded && self.session == Fate::Open && self.refreshes_since > 0
    }
}

/// Plays `case` under `seed`, on servers whose clocks are wrong by up to `skew`. What became of it, or what it
/// violates: only ours is held to the properties.
///
/// # Errors
///
/// When a property does not hold.
pub fn play(case: &Case, (seed, skew): (u64, Milliseconds)) -> Result<Outcome, Violation> {
    let actions = generate(case.seed(seed), (case.weather, case.kind), skew);
    match case.algorithm {
        Name::Model(kind) => Ok(play_unchecked(Model::open(kind), &actions)),
        Name::WithoutIds => Ok(play_unchecked(Anchored::<Faithful>::open(None), &actions)),
        Name::Ours => play_checked(Anchored::<Faithful>::open(Some(Client::first_id())), &actions),
    }
}

/// Plays `case` in the same way and tells what happened.
#[must_use]
pub fn tell(case: &Case, (seed, skew): (u64, Milliseconds)) -> Vec<Line> {
    let actions = generate(case.seed(seed), (case.weather, case.kind), skew);
    match case.algorithm {
        Name::Model(kind) => narrate(Model::open(kind), &actions, false),
        Name::WithoutIds => narrate(Anchored::<Faithful>::open(None), &actions, false),
        Name::Ours => narrate(Anchored::<Faithful>::open(Some(Client::first_id())), &actions, true),
    }
}

/// Plays `actions` on `server`, up to the first property that does not hold.
///
/// # Errors
///
/// When one does not.
pub fn play_checked<A: Algorithm>(server: A, actions: &[Action]) -> Result<Outcome, Violation> {
    let mut world = World::new(server);
    world.run(actions)?;
    Ok(outcome(&world))
}

/// Plays `actions` on `server`, whatever does not hold.
pub fn play_unchecked<A: Algorithm>(server: A, actions: &[Action]) -> Outcome {
    let mut world = World::unchecked(server);
    // Nothing is checked, so nothing stops it.
    let _unchecked = world.run(actions);
    outcome(&world)
}

/// The shortest part found of the schedule of `case` after which `property` does not hold, and what happens in it.
#[must_use]
pub fn shortest(case: &Case, (seed, skew): (u64, Milliseconds), property: Property) -> Vec<Line> {
    let actions = generate(case.seed(seed), (case.weather, case.kind), skew);
    let server = || Anchored::<Faithful>::open(Some(Client::first_id()));
    narrate(server(), &shortest_of(server, &actions, property), true)
}

/// The shortest part found of `actions` after which `property` does not hold.
pub fn shortest_of<A: Algorithm>(server: impl Fn() -> A, actions: &[Action], property: Property) -> Vec<Action> {
    let fails = |part: &[Action]| play_checked(server(), part).is_err_and(|violation| violation.property == property);
    shorten(actions, fails)
}

/// What happens to `server` under `actions`, line by line, without what is skipped. If it is checked, the first
/// violation is the last line.
#[must_use]
pub fn narrate<A: Algorithm>(server: A, actions: &[Action], is_checked: bool) -> Vec<Line> {
    let mut world = if is_checked { World::new(server) } else { World::unchecked(server) };
    let mut lines = Vec::new();
    for action in actions {
        match world.step(action) {
            Ok(Happened::Skipped) => {}
            Ok(happened) => lines.push(Line::Happened(*action, happened)),
            Err(violation) => {
                let served = world.last_served().unwrap_or(Happened::Done);
                lines.push(Line::Violated(*action, served, violation));
                return lines;
            }
        }
    }
    lines.push(Line::Outcome(outcome(&world)));
    lines
}

fn outcome<A: Algorithm>(world: &World<A>) -> Outcome {
    let (view, ledger, client) = (world.view(), world.ledger(), world.client());
    let session = match (ledger.was_ended, view.is_open(world.now())) {
        (true, _) => Fate::Ended,
        (false, true) => Fate::Open,
        (false, false) => Fate::RanOut,
    };
    Outcome {
        session,
        is_lost: !client.user_left() && (ledger.was_ended || (ledger.was_refused && client.is_out())),
        theft: ledger.theft,
        refreshes_since: ledger.refreshes_since,
        gained: ledger.gained,
    }
}
