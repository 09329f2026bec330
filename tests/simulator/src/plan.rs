//! What others do in a schedule: a thief's plan, the user who logs out, the copy that is restored.

use rand::RngExt as _;

use crate::case::Kind;
use crate::generator::Writer;
use crate::message::{HOUR, MINUTE, Milliseconds, SECOND};
use crate::schedule::What;
use crate::thief::{Tactic, Theft};
use crate::weather::Random;

/// Adds what others do to a schedule whose client refreshes at about `occasions`.
pub(crate) fn others(writer: &mut Writer, kind: Kind, occasions: &[Milliseconds]) {
    match kind {
        Kind::Honest => {
            if writer.random.random_bool(0.1) {
                let at = some_time(&mut writer.random, occasions);
                let worker = writer.random.random_range(0..2);
                let request = {
                    writer.add(at, What::LogOut { worker });
                    writer.add(at + 1, What::Send { worker, retry: false })
                };
                writer.add(at + 300, What::Serve { request, skew: 0, fails: false });
            }
        }
        Kind::Restore => {
            for _ in 0..writer.random.random_range(1..=2) {
                let at = some_time(&mut writer.random, occasions);
                let age = writer.random.random_range(1..=8);
                writer.add(at, What::Restore { age });
            }
        }
        Kind::Theft(theft) => steal(writer, theft, occasions),
    }
}

fn some_time(random: &mut Random, occasions: &[Milliseconds]) -> Milliseconds {
    let occasion = random.random_range(0..occasions.len());
    occasions.get(occasion).copied().unwrap_or_default() + random.random_range(0..50 * MINUTE)
}

/// When the thief acts.
#[derive(Clone, Copy, Debug)]
enum Rhythm {
    /// As soon as it has stolen, before the client acts again.
    AtOnce,
    /// Several times as soon as it has stolen.
    Burst,
    /// After the client's next refresh.
    AfterNext,
    /// After each refresh of the client: one step behind.
    Behind,
    /// Before each refresh of the client.
    Ahead,
    /// At any times.
    AnyTime,
    /// About every hour, as a client would.
    Living,
}

const RHYTHMS: [Rhythm; 7] =
    [Rhythm::AtOnce, Rhythm::Burst, Rhythm::AfterNext, Rhythm::Behind, Rhythm::Ahead, Rhythm::AnyTime, Rhythm::Living];

fn steal(writer: &mut Writer, theft: Theft, occasions: &[Milliseconds]) {
    let random = &mut writer.random;
    let occasion = random.random_range(occasions.len() / 8..occasions.len() * 5 / 8);
    let begins = occasions.get(occasion).copied().unwrap_or_default();
    // One millisecond after a worker has sent a request, no server has it yet.
    let in_flight = random.random_bool(0.4);
    let stolen = begins + if in_flight { 1 } else { random.random_range(SECOND..50 * MINUTE) };
    let age = if random.random_bool(0.5) { 0 } else { random.random_range(0..=6) };
    writer.add(stolen, What::Steal { theft, age });
    // Who can be first often is.
    let rhythms = if in_flight && writer.random.random_bool(0.5) { 2 } else { RHYTHMS.len() };
    let rhythm = RHYTHMS.get(writer.random.random_range(0..rhythms)).copied().unwrap_or(Rhythm::AtOnce);
    let later = occasions.get(occasion + 1..).unwrap_or_default();
    let style = writer.random.random_range(0..4);
    for (place, at) in times(&mut writer.random, rhythm, (stolen, later)).into_iter().enumerate() {
        let tactic = tactic(&mut writer.random, style, place == 0);
        let skew = writer.climate.skewed(&mut writer.random);
        writer.add(at.max(stolen), What::Act { tactic, skew });
    }
}

fn times(random: &mut Random, rhythm: Rhythm, (stolen, later): (Milliseconds, &[Milliseconds])) -> Vec<Milliseconds> {
    let count: u8 = random.random_range(1..=12);
    let each = Milliseconds::from(count);
    // Half of them know that what is lost is often given again for a while.
    let soon = random.random_bool(0.5);
    let after = |random: &mut Random| {
        if soon { random.random_range(SECOND..25 * SECOND) } else { random.random_range(SECOND..50 * MINUTE) }
    };
    match rhythm {
        Rhythm::AtOnce => vec![stolen + 1],
        Rhythm::Burst => (0..each).map(|place| stolen + 1 + place * random.random_range(100..2000)).collect(),
        Rhythm::AfterNext => later.iter().take(1).map(|at| at + after(random)).collect(),
        Rhythm::Behind => later.iter().take(usize::from(count)).map(|at| at + after(random)).collect(),
        Rhythm::Ahead => {
            later.iter().take(usize::from(count)).map(|at| at - random.random_range(1..5 * MINUTE)).collect()
        }
        Rhythm::Living => {
            (0..each * 4).map(|hour| stolen + 1 + hour * HOUR + random.random_range(0..10 * MINUTE)).collect()
        }
        Rhythm::AnyTime if later.is_empty() => Vec::new(),
        Rhythm::AnyTime => {
            let mut times: Vec<Milliseconds> = (0..each).map(|_| some_time(random, later)).collect();
            times.sort_unstable();
            times
        }
    }
}

/// How the thief asks: some go on with what they got, some repeat what they took, some drop the ids, some do all.
fn tactic(random: &mut Random, style: u32, is_first: bool) -> Tactic {
    match style {
        0 if is_first => Tactic::Repeat,
        1 if is_first => Tactic::Fork,
        0 | 1 => Tactic::GoOn,
        2 if random.random_bool(0.8) => Tactic::Repeat,
        2 => Tactic::WithoutIds,
        _ => match random.random_range(0..4) {
            0 => Tactic::Repeat,
            1 => Tactic::Fork,
            2 => Tactic::WithoutIds,
            _ => Tactic::GoOn,
        },
    }
}
